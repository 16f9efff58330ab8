import { canonicalJson } from '@fairlead/proto/model/json.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import { checkId } from '../../ports/limits.ts';
import type { InstanceRow, Rows } from '../../ports/rows.ts';
import type { Database, SqlValue } from './database.ts';
import type { GroupCommit } from './group-commit.ts';

interface Row {
  readonly id: string;
  readonly at: number;
  readonly application: string;
  readonly service: string;
  readonly environment: string;
  readonly infrastructure: string;
  readonly host: string;
  readonly build: string;
  readonly execution_id: string;
  readonly details: string;
}

const FIELDS = ['application', 'service', 'environment'] as const;

export function createInstanceRows(
  database: Database,
  group: GroupCommit,
): Pick<Rows, 'putInstances' | 'listInstances'> {
  const put = database.prepare(
    `INSERT INTO instances
       (id, at, application, service, environment, infrastructure, host, build, execution_id, details)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET
       at = excluded.at, application = excluded.application, service = excluded.service,
       environment = excluded.environment, infrastructure = excluded.infrastructure, host = excluded.host,
       build = excluded.build, execution_id = excluded.execution_id, details = excluded.details
     WHERE excluded.at >= instances.at`,
  );
  // One statement per combination of filters, so that each can use its index.
  const lists = Array.from({ length: 8 }, (_, bits) => {
    const used = FIELDS.filter((_field, index) => (bits >> index) & 1);
    const where = used.length === 0 ? '' : `WHERE ${used.map((field) => `${field} = ?`).join(' AND ')}`;
    return database.prepare(`SELECT * FROM instances ${where} ORDER BY id`);
  });

  return {
    async putInstances(rows) {
      for (const row of rows) checkId('instance', row.id);
      const values = rows.map(toValues);
      if (values.length > 0) await group.writeSeveral(() => values.forEach((each) => put.run(each)));
    },
    async listInstances(filter) {
      const used = FIELDS.map((field) => filter[field]);
      const bits = used.reduce((sum, value, index) => sum + (value === undefined ? 0 : 1 << index), 0);
      const values = used.filter((value) => value !== undefined);
      return database.reading(() => (lists[bits]?.all<Row>(values) ?? []).map(toRow));
    },
  };
}

const toValues = (row: InstanceRow): SqlValue[] => [
  row.id,
  row.at,
  row.application,
  row.service,
  row.environment,
  row.infrastructure,
  row.host,
  row.build,
  row.executionId,
  canonicalJson(row.details),
];

const toRow = (row: Row): InstanceRow => ({
  id: row.id,
  at: row.at,
  application: row.application,
  service: row.service,
  environment: row.environment,
  infrastructure: row.infrastructure,
  host: row.host,
  build: row.build,
  executionId: row.execution_id,
  // Written by canonicalJson from a JsonObject.
  details: JSON.parse(row.details) as JsonObject,
});
