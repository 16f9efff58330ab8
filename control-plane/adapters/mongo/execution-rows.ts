import type { Filter, Sort } from 'mongodb';
import { canonicalJson } from '@fairlead/proto/model/json.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import { checkId } from '../../ports/limits.ts';
import { compareText } from '../../ports/order.ts';
import { searchedIn, successAt, successesOf, wordsOf } from '../../ports/rows.ts';
import type { ExecutionFilter, ExecutionRow, Rows, Success } from '../../ports/rows.ts';
import type { Connection } from './connection.ts';
import type { InstanceRows } from './instance-rows.ts';
import { putNewest } from './newest-wins.ts';
import { idsFrom } from './range.ts';

interface Stored extends Omit<ExecutionRow, 'executionId' | 'summary'> {
  readonly _id: string;
  /** Canonical text, as in documents; what is searched stands beside it. */
  readonly summary: string;
  readonly successes: readonly string[];
  /** The last of them; missing where an older release wrote it. */
  readonly succeededAt: number | null;
  readonly search: string;
}

const NEWEST_FIRST = { startedAt: -1, _id: -1 } as const;

export function createExecutionRows(connection: Connection): Omit<Rows, keyof InstanceRows> {
  const executions = connection.collection<Stored>('executions');
  const rows = async (filter: Filter<Stored>, order: Sort, limit = 0): Promise<ExecutionRow[]> => {
    const found = await connection.run(() => executions.find(filter).sort(order).limit(limit).toArray());
    return found.map(toRow);
  };
  const newest = (filter: Filter<Stored>, limit: number): Promise<ExecutionRow[]> => rows(filter, NEWEST_FIRST, limit);

  return {
    async putExecution(row) {
      checkId('execution', row.executionId);
      const { executionId, summary, ...rest } = row;
      const succeeded = successesOf(row);
      const successes = succeeded.map(successKey);
      const succeededAt = succeeded.length === 0 ? null : Math.max(...succeeded.map(({ at }) => at));
      const shown = { _id: executionId, ...rest, summary: canonicalJson(summary) };
      const stored = { ...shown, successes, succeededAt, search: searchedIn(row) };
      await connection.run(() => putNewest<Stored>(executions, stored, 'seq'));
    },
    async getExecution(executionId) {
      const stored = await connection.run(() => executions.findOne({ _id: executionId }));
      return stored === null ? null : toRow(stored);
    },
    async list(filter, { cursor, limit }) {
      if (limit === 0) return [];
      return newest({ $and: [fieldsOf(filter), timesOf(filter), textOf(filter), afterCursor(cursor)] }, limit);
    },
    async find(prefix, limit) {
      return limit === 0 ? [] : newest(idsFrom(prefix), limit);
    },
    async lastSuccess(query) {
      const successes = successKey(query);
      const at = (row: ExecutionRow): number => successAt(row, query) ?? 0;
      const [first] = await rows({ successes }, { succeededAt: -1, ...NEWEST_FIRST }, 1);
      if (first === undefined) return null;
      // A pipeline may have succeeded elsewhere after this: whatever was later here is among those that were later at all.
      const later = await rows({ successes, succeededAt: { $gte: at(first) } }, NEWEST_FIRST);
      return [first, ...later].reduce((last, row) =>
        at(row) > at(last) || (at(row) === at(last) && compareText(row.executionId, last.executionId) > 0) ? row : last,
      );
    },
  };
}

/** No name has a line break. */
const successKey = ({ name, mapping }: Omit<Success, 'at'>): string => `${name}\n${mapping}`;

const fieldsOf = ({ application, name, environment, statuses }: ExecutionFilter): Filter<Stored> => ({
  ...(application === undefined ? {} : { application }),
  ...(name === undefined ? {} : { name }),
  ...(environment === undefined ? {} : { environment }),
  ...(statuses === undefined ? {} : { status: { $in: [...statuses] } }),
});

const timesOf = ({ from, to }: ExecutionFilter): Filter<Stored> =>
  from === undefined && to === undefined
    ? {}
    : { startedAt: { ...(from === undefined ? {} : { $gte: from }), ...(to === undefined ? {} : { $lt: to }) } };

/** Each word literally, whatever it would mean to a regular expression. */
function textOf({ text = '' }: ExecutionFilter): Filter<Stored> {
  const words = wordsOf(text).map((word) => ({ search: { $regex: word.replaceAll(/[^\p{L}\p{N}_\s]/gu, '\\$&') } }));
  return words.length === 0 ? {} : { $and: words };
}

function afterCursor(cursor: { readonly startedAt: number; readonly executionId: string } | undefined): Filter<Stored> {
  if (cursor === undefined) return {};
  const { startedAt, executionId } = cursor;
  return { $or: [{ startedAt: { $lt: startedAt } }, { startedAt, _id: { $lt: executionId } }] };
}

function toRow({
  _id,
  summary,
  successes: _successes,
  succeededAt: _at,
  search: _search,
  ...rest
}: Stored): ExecutionRow {
  // Written by canonicalJson from a JsonObject.
  return { executionId: _id, ...rest, summary: JSON.parse(summary) as JsonObject };
}
