import { canonicalJson } from '@fairlead/proto/model/json.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import { checkId } from '../../ports/limits.ts';
import { INSTANCE_FIELDS } from '../../ports/rows.ts';
import type { InstanceFilter, InstanceRow, Rows } from '../../ports/rows.ts';
import type { Database, SqlValue, Statement } from './database.ts';
import type { GroupCommit } from './group-commit.ts';

interface Row {
  readonly id: string;
  readonly at: number;
  readonly seq: number;
  readonly application: string;
  readonly service: string;
  readonly environment: string;
  readonly infrastructure: string;
  readonly host: string;
  readonly build: string;
  readonly execution_id: string;
  readonly details: string;
}

export type InstanceRows = Pick<Rows, 'putInstances' | 'listInstances' | 'listDeployments'>;

const COLUMNS = 'id, at, seq, application, service, environment, infrastructure, host, build, execution_id, details';
const PLACES = COLUMNS.replaceAll(/\w+/g, '?');
const columnOf = (field: string): string => (field === 'executionId' ? 'execution_id' : field);

export function createInstanceRows(database: Database, group: GroupCommit): InstanceRows {
  const put = database.prepare(
    `INSERT INTO instances (${COLUMNS}) VALUES (${PLACES})
     ON CONFLICT (id) DO UPDATE SET
       at = excluded.at, seq = excluded.seq, application = excluded.application, service = excluded.service,
       environment = excluded.environment, infrastructure = excluded.infrastructure, host = excluded.host,
       build = excluded.build, execution_id = excluded.execution_id, details = excluded.details
     WHERE (excluded.at, excluded.seq, excluded.execution_id) >= (instances.at, instances.seq, instances.execution_id)`,
  );
  const remember = database.prepare(
    `INSERT INTO deployments (${COLUMNS}) VALUES (${PLACES}) ON CONFLICT (at, execution_id, id) DO NOTHING`,
  );
  // The text depends only on which filters are used, so there are few statements.
  const statements = new Map<string, Statement>();
  const prepared = (text: string): Statement => {
    const known = statements.get(text) ?? database.prepare(text);
    statements.set(text, known);
    return known;
  };
  const select = (table: string, order: string, terms: readonly string[]): Statement =>
    prepared(`SELECT * FROM ${table} WHERE ${['TRUE', ...terms].join(' AND ')} ORDER BY ${order} LIMIT ?`);

  return {
    async putInstances(rows) {
      for (const row of rows) checkId('instance', row.id);
      const values = rows.map(toValues);
      if (values.length === 0) return;
      await group.writeSeveral(() => {
        for (const each of values) {
          put.run(each);
          remember.run(each);
        }
      });
    },
    async listInstances(filter, { after, limit }) {
      const { terms, values } = conditionsOf(filter);
      const statement = select('instances', 'id', [...terms, ...(after === undefined ? [] : ['id > ?'])]);
      const all = [...values, ...(after === undefined ? [] : [after]), limit];
      return database.reading(() => statement.all<Row>(all).map(toRow));
    },
    async listDeployments(filter, { cursor, limit }) {
      const { terms, values } = conditionsOf(filter);
      const before = cursor === undefined ? [] : ['(at, execution_id, id) < (?, ?, ?)'];
      const statement = select('deployments', 'at DESC, execution_id DESC, id DESC', [...terms, ...before]);
      const all = [...values, ...(cursor === undefined ? [] : [cursor.at, cursor.executionId, cursor.id]), limit];
      return database.reading(() => statement.all<Row>(all).map(toRow));
    },
  };
}

function conditionsOf(filter: InstanceFilter): {
  readonly terms: readonly string[];
  readonly values: readonly SqlValue[];
} {
  const used = INSTANCE_FIELDS.flatMap((field) => {
    const value = filter[field];
    return value === undefined ? [] : [{ field, value }];
  });
  return { terms: used.map(({ field }) => `${columnOf(field)} = ?`), values: used.map(({ value }) => value) };
}

const toValues = (row: InstanceRow): SqlValue[] => [
  row.id,
  row.at,
  row.seq,
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
  seq: row.seq,
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
