import { canonicalJson } from '@fairlead/proto/model/json.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { Status } from '@fairlead/proto/model/status.ts';
import { checkId } from '../../ports/limits.ts';
import { successorOf } from '../../ports/order.ts';
import { searchedIn, successesOf, wordsOf } from '../../ports/rows.ts';
import type { ExecutionFilter, ExecutionRow, Rows } from '../../ports/rows.ts';
import type { Database, SqlValue, Statement } from './database.ts';
import type { GroupCommit } from './group-commit.ts';
import type { InstanceRows } from './instance-rows.ts';

interface Row {
  readonly execution_id: string;
  readonly seq: number;
  readonly application: string;
  readonly name: string;
  readonly kind: ExecutionRow['kind'];
  readonly status: Status;
  readonly environment: string | null;
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly actor: string;
  readonly summary: string;
}

const NEWEST_FIRST = 'ORDER BY started_at DESC, execution_id DESC LIMIT ?';

export function createExecutionRows(database: Database, group: GroupCommit): Omit<Rows, keyof InstanceRows> {
  // Most updates change nothing that is indexed; this one touches no index.
  const refresh = database.prepare(
    `UPDATE executions SET seq = ?, ended_at = ?, actor = ?, summary = ?
     WHERE execution_id = ? AND seq <= ? AND status = ? AND status <> 'SUCCESS'
       AND application = ? AND name = ? AND kind = ? AND environment IS ? AND started_at = ? AND search = ?`,
  );
  const put = database.prepare(
    `INSERT INTO executions
       (execution_id, seq, application, name, kind, status, environment, started_at, ended_at, actor, summary, search)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (execution_id) DO UPDATE SET
       seq = excluded.seq, application = excluded.application, name = excluded.name, kind = excluded.kind,
       status = excluded.status, environment = excluded.environment, started_at = excluded.started_at,
       ended_at = excluded.ended_at, actor = excluded.actor, summary = excluded.summary,
       search = excluded.search
     WHERE excluded.seq >= executions.seq`,
  );
  const forget = database.prepare('DELETE FROM successes WHERE execution_id = ?');
  const remember = database.prepare(
    'INSERT INTO successes (name, mapping, at, execution_id) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const standing = database.prepare('SELECT * FROM executions WHERE execution_id = ?');
  const starting = database.prepare(
    `SELECT * FROM executions WHERE execution_id >= ? AND (? IS NULL OR execution_id < ?) ${NEWEST_FIRST}`,
  );
  const newestSuccess = database.prepare(
    `SELECT executions.* FROM successes JOIN executions USING (execution_id)
     WHERE successes.name = ? AND successes.mapping = ?
     ORDER BY successes.at DESC, successes.execution_id DESC LIMIT 1`,
  );
  const lists = new Map<string, Statement>();
  const listing = (text: string): Statement => {
    const known = lists.get(text);
    if (known !== undefined) return known;
    const statement = database.prepare(text);
    lists.set(text, statement);
    return statement;
  };

  return {
    async putExecution(row) {
      checkId('execution', row.executionId);
      const summary = canonicalJson(row.summary);
      const successes = successesOf(row);
      const { executionId: id, seq, application, name, kind, status, environment, startedAt, endedAt, actor } = row;
      const search = searchedIn(row);
      const indexed = [application, name, kind, environment, startedAt, search];
      await group.writeSeveral(() => {
        const plain = successes.length === 0;
        if (plain && refresh.run([seq, endedAt, actor, summary, id, seq, status, ...indexed]) === 1) return;
        const shown = [id, seq, application, name, kind, status, environment, startedAt, endedAt, actor, summary];
        const values = [...shown, search];
        if (put.run(values) === 0) return;
        forget.run([id]);
        for (const success of successes) remember.run([success.name, success.mapping, success.at, id]);
      });
    },
    async getExecution(executionId) {
      const row = await database.reading(() => standing.get<Row>([executionId]));
      return row === null ? null : toRow(row);
    },
    async list(filter, { cursor, limit }) {
      const { text, values } = listOf(filter, cursor, limit);
      return database.reading(() => listing(text).all<Row>(values).map(toRow));
    },
    async find(prefix, limit) {
      const end = successorOf(prefix);
      return database.reading(() => starting.all<Row>([prefix, end, end, limit]).map(toRow));
    },
    async lastSuccess({ name, mapping }) {
      const row = await database.reading(() => newestSuccess.get<Row>([name, mapping]));
      return row === null ? null : toRow(row);
    },
  };
}

interface Query {
  readonly text: string;
  readonly values: readonly SqlValue[];
}

type Cursor = { readonly startedAt: number; readonly executionId: string } | undefined;

/** The text depends only on which filters are used and how many statuses are asked for, so there are few statements. */
function listOf(filter: ExecutionFilter, cursor: Cursor, limit: number): Query {
  const { terms, values } = conditionsOf(filter, cursor);
  const statuses = [...new Set(filter.statuses)];
  if (filter.statuses === undefined) return plainList(terms, values, limit);
  // Text stands in the index of all executions only, which is walked once and not for each status.
  if (wordsOf(filter.text ?? '').length > 0 || statuses.length === 0) {
    const among = '+status IN (SELECT value FROM json_each(?))';
    return plainList([...terms, among], [...values, JSON.stringify(statuses)], limit);
  }
  if (statuses.length === 1) return plainList([...terms, 'status = ?'], [...values, ...statuses], limit);
  // The newest of each, merged: the index of statuses finds what is rare at once, wherever it is in the list.
  const one = `SELECT execution_id FROM executions ${whereOf([...terms, 'status = ?'])} ${NEWEST_FIRST}`;
  const all = statuses.map(() => `SELECT * FROM (${one})`).join(' UNION ALL ');
  return {
    text: `SELECT * FROM executions WHERE execution_id IN (${all}) ${NEWEST_FIRST}`,
    values: [...statuses.flatMap((status) => [...values, status, limit]), limit],
  };
}

const plainList = (terms: readonly string[], values: readonly SqlValue[], limit: number): Query => ({
  text: `SELECT * FROM executions ${whereOf(terms)} ${NEWEST_FIRST}`,
  values: [...values, limit],
});

const whereOf = (terms: readonly string[]): string => (terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`);

function conditionsOf(
  filter: ExecutionFilter,
  cursor: Cursor,
): { readonly terms: readonly string[]; readonly values: readonly SqlValue[] } {
  const terms: string[] = [];
  const values: SqlValue[] = [];
  const add = (term: string, ...more: SqlValue[]): void => {
    terms.push(term);
    values.push(...more);
  };
  if (filter.application !== undefined) add('application = ?', filter.application);
  if (filter.name !== undefined) add('name = ?', filter.name);
  if (filter.environment !== undefined) add('environment = ?', filter.environment);
  for (const word of wordsOf(filter.text ?? '')) add('instr(search, ?) > 0', word);
  if (filter.from !== undefined) add('started_at >= ?', filter.from);
  if (filter.to !== undefined) add('started_at < ?', filter.to);
  if (cursor !== undefined) add('(started_at, execution_id) < (?, ?)', cursor.startedAt, cursor.executionId);
  return { terms, values };
}

const toRow = (row: Row): ExecutionRow => ({
  executionId: row.execution_id,
  seq: row.seq,
  application: row.application,
  name: row.name,
  kind: row.kind,
  status: row.status,
  environment: row.environment,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  actor: row.actor,
  // Written by canonicalJson from a JsonObject.
  summary: JSON.parse(row.summary) as JsonObject,
});
