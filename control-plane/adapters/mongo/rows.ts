import type { Rows } from '../../ports/rows.ts';
import type { Connection } from './connection.ts';
import { createExecutionRows } from './execution-rows.ts';
import { createInstanceRows } from './instance-rows.ts';

export function createRows(connection: Connection): Rows {
  return { ...createExecutionRows(connection), ...createInstanceRows(connection) };
}
