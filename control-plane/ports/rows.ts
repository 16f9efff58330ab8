import type { ExecutionListRow } from '@fairlead/proto/live.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { Status } from '@fairlead/proto/model/status.ts';

/** A line of the executions list, as everybody sees it: an older row (by `seq`) never replaces a newer one. */
export type ExecutionRow = ExecutionListRow;

/** What runs where: one row per service, infrastructure and host; the projection of successful installs. */
export interface InstanceRow {
  /** `<application>/<service>/<environment>/<infrastructure>/<host>` */
  readonly id: string;
  /** Orders writers: end time of the deploying task, then journal seq. */
  readonly at: number;
  readonly application: string;
  readonly service: string;
  readonly environment: string;
  readonly infrastructure: string;
  readonly host: string;
  readonly build: string;
  readonly executionId: ExecutionId;
  readonly details: JsonObject;
}

/** The mappings a row was about, for `lastSuccess`. */
export function mappingsOf(row: ExecutionRow): readonly string[] {
  const mappings = row.summary['mappings'];
  return Array.isArray(mappings) ? mappings.filter((each) => typeof each === 'string') : [];
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
}

/**
 * Projections. Order of writers does not matter: a row with a smaller `seq` (or `at`) than the stored one is dropped.
 *
 * - `list` is newest first: (startedAt, executionId) descending; `cursor` is the last row of the page before.
 * - Orders by id are binary orders of UTF-8; `listInstances` is in order of id.
 * - A row of equal `seq` (or `at`) replaces the stored one. `putInstances` may be applied in part when it rejects.
 * - `find` resolves a short id: every execution whose id starts with the text, newest first, at most `limit`.
 * - `lastSuccess` answers the lookup of orchestration 10.3: the newest row of a name with the given `mapping` in
 *   `summary.mappings` (an array of strings) and status SUCCESS.
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
  lastSuccess(query: { readonly name: string; readonly mapping: string }): Promise<ExecutionRow | null>;
  putInstances(rows: readonly InstanceRow[]): Promise<void>;
  listInstances(filter: {
    readonly application?: string;
    readonly service?: string;
    readonly environment?: string;
  }): Promise<readonly InstanceRow[]>;
}
