import type { ExecutionListRow } from '@fairlead/proto/live.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { Status } from '@fairlead/proto/model/status.ts';
import { compareText } from './order.ts';

/** A line of the executions list, as everybody sees it: an older row (by `seq`) never replaces a newer one. */
export type ExecutionRow = ExecutionListRow;

/** What a step put on a host or broke off putting there, or what a rollback took away from it. */
export interface InstanceRow {
  /** `<application>/<service>/<environment>/<infrastructure>/<host>` */
  readonly id: string;
  /** When it was done there. */
  readonly at: number;
  /** Of the journal when the row was made; of two things done in the same instant the higher one counts. */
  readonly seq: number;
  readonly application: string;
  readonly service: string;
  readonly environment: string;
  readonly infrastructure: string;
  readonly host: string;
  readonly build: string;
  readonly executionId: ExecutionId;
  readonly details: JsonObject;
}

/** The order of what was done at one place: by time, then journal sequence, then execution. */
export const isNewerInstance = (left: InstanceRow, right: InstanceRow): boolean =>
  left.at !== right.at
    ? left.at > right.at
    : left.seq !== right.seq
      ? left.seq > right.seq
      : compareText(left.executionId, right.executionId) > 0;

export const INSTANCE_FIELDS = [
  'application',
  'service',
  'environment',
  'infrastructure',
  'host',
  'build',
  'executionId',
] as const;
export type InstanceFilter = Partial<Readonly<Record<(typeof INSTANCE_FIELDS)[number], string>>>;

/** The last row of the page before. */
export type DeploymentCursor = Pick<InstanceRow, 'at' | 'executionId' | 'id'>;

/** A workflow that succeeded on a mapping, on its own or in a pipeline. */
export interface Success {
  readonly name: string;
  readonly mapping: string;
  /** When the workflow had succeeded: a pipeline may have begun long before it. Milliseconds since the epoch. */
  readonly at: number;
}

/** For `lastSuccess`: what `summary.successes` says; a row without it speaks of its own name when it was a success. */
export function successesOf(row: ExecutionRow): readonly Success[] {
  const { successes, mappings } = row.summary;
  // Rows of older releases do not say when.
  const since = row.endedAt ?? row.startedAt;
  if (Array.isArray(successes)) return successes.flatMap((each: unknown) => successFrom(each, since));
  if (row.status !== 'SUCCESS' || !Array.isArray(mappings)) return [];
  return mappings.flatMap((mapping) => (typeof mapping === 'string' ? [{ name: row.name, mapping, at: since }] : []));
}

function successFrom(value: unknown, since: number): readonly Success[] {
  if (typeof value !== 'object' || value === null) return [];
  const { name, mapping, at } = value as Partial<Success>; // Looked at just below.
  if (typeof name !== 'string' || typeof mapping !== 'string') return [];
  return [{ name, mapping, at: typeof at === 'number' ? at : since }];
}

/** When that workflow had succeeded on that mapping, by this row; null: it does not say that it has. */
export function successAt(row: ExecutionRow, { name, mapping }: Omit<Success, 'at'>): number | null {
  const times = successesOf(row).flatMap((each) => (each.name === name && each.mapping === mapping ? [each.at] : []));
  return times.length === 0 ? null : Math.max(...times);
}

export interface ExecutionFilter {
  readonly application?: string;
  readonly name?: string;
  readonly environment?: string;
  /** Any of these; an empty list matches nothing. */
  readonly statuses?: readonly Status[];
  /** startedAt, inclusive and exclusive. */
  readonly from?: number;
  readonly to?: number;
  /** Every word of it occurs, in any case, somewhere in `searchedIn` of the row. */
  readonly text?: string;
}

/** The words of a search: lower case, not too many. */
export const wordsOf = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
    .slice(0, 8);

/** What a search looks at: ids and names, who started it, and the builds it deployed. */
export function searchedIn(row: ExecutionRow): string {
  const artifacts = row.summary['artifacts'];
  const builds = (Array.isArray(artifacts) ? (artifacts as readonly unknown[]) : []).flatMap((each) =>
    typeof each === 'object' && each !== null && 'build' in each
      ? ['service' in each ? String(each.service) : '', String(each.build)]
      : [],
  );
  const { executionId, application, name, environment, actor } = row;
  return [executionId, application, name, environment ?? '', actor, ...builds].join(' ').toLowerCase();
}

/**
 * Projections. Order of writers does not matter: a row older than the stored one is dropped.
 *
 * - `list` is newest first: (startedAt, executionId) descending; `cursor` is the last row of the page before.
 * - Orders by id are binary orders of UTF-8.
 * - A row of equal `seq` replaces the stored one.
 * - `putInstances` takes any number of rows of a place. The newest (`isNewerInstance`) is what `listInstances` answers for
 *   the place, in order of id, `after` being the last id of the page before. All of them, one per place, time and
 *   execution, are what `listDeployments` answers: newest first, by (at, executionId, id) descending. It may be applied in
 *   part when it rejects.
 * - `find` resolves a short id: every execution whose id starts with the text, newest first, at most `limit`.
 * - `lastSuccess` answers the lookup of orchestration 10.3: of the rows of which `successesOf` has that workflow name and
 *   mapping, the one where it succeeded last, by (at, executionId). The row itself may be a pipeline, may have begun
 *   before any other, and may have failed.
 */
export interface Rows {
  putExecution(row: ExecutionRow): Promise<void>;
  getExecution(executionId: ExecutionId): Promise<ExecutionRow | null>;
  list(
    filter: ExecutionFilter,
    page: {
      readonly cursor?: { readonly startedAt: number; readonly executionId: ExecutionId };
      readonly limit: number;
    },
  ): Promise<readonly ExecutionRow[]>;
  find(prefix: string, limit: number): Promise<readonly ExecutionRow[]>;
  lastSuccess(query: Omit<Success, 'at'>): Promise<ExecutionRow | null>;
  putInstances(rows: readonly InstanceRow[]): Promise<void>;
  listInstances(
    filter: InstanceFilter,
    page: { readonly after?: string; readonly limit: number },
  ): Promise<readonly InstanceRow[]>;
  listDeployments(
    filter: InstanceFilter,
    page: { readonly cursor?: DeploymentCursor; readonly limit: number },
  ): Promise<readonly InstanceRow[]>;
}
