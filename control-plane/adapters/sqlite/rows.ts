import type { Rows } from '../../ports/rows.ts';
import type { Database } from './database.ts';
import { createExecutionRows } from './execution-rows.ts';
import type { GroupCommit } from './group-commit.ts';
import { createInstanceRows } from './instance-rows.ts';

export function createRows(database: Database, group: GroupCommit): Rows {
  return { ...createExecutionRows(database, group), ...createInstanceRows(database, group) };
}
