import type { Filter } from 'mongodb';
import { canonicalJson } from '@fairlead/proto/model/json.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import { checkId } from '../../ports/limits.ts';
import { searchedIn, successesOf, wordsOf } from '../../ports/rows.ts';
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
  readonly search: string;
}

const NEWEST_FIRST = { startedAt: -1, _id: -1 } as const;

export function createExecutionRows(connection: Connection): Omit<Rows, keyof InstanceRows> {
  const executions = connection.collection<Stored>('executions');
  const newest = async (filter: Filter<Stored>, limit: number): Promise<ExecutionRow[]> => {
    const found = await connection.run(() => executions.find(filter).sort(NEWEST_FIRST).limit(limit).toArray());
    return found.map(toRow);
  };

  return {
    async putExecution(row) {
      checkId('execution', row.executionId);
      const { executionId, summary, ...rest } = row;
      const successes = successesOf(row).map(successKey);
      const shown = { _id: executionId, ...rest, summary: canonicalJson(summary) };
      const stored = { ...shown, successes, search: searchedIn(row) };
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
    async lastSuccess({ name, mapping }) {
      const [last] = await newest({ successes: successKey({ name, mapping }) }, 1);
      return last ?? null;
    },
  };
}

/** No name has a line break. */
const successKey = ({ name, mapping }: Success): string => `${name}\n${mapping}`;

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

function toRow({ _id, summary, successes: _successes, search: _search, ...rest }: Stored): ExecutionRow {
  // Written by canonicalJson from a JsonObject.
  return { executionId: _id, ...rest, summary: JSON.parse(summary) as JsonObject };
}
