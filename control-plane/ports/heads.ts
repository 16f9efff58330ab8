import type { ExecutionId, ReplicaId } from '@fairlead/proto/model/ids.ts';

/**
 * What the sweeper needs to know of an execution without reading its journal. Inserted before the first event; only a
 * hint, except `settled`, which is final.
 */
export interface Head {
  readonly executionId: ExecutionId;
  readonly settled: boolean;
  /** When somebody must look at it even if nothing happens; null: only if its driver dies. */
  readonly dueAt: number | null;
  readonly driver: ReplicaId | null;
  readonly epoch: number;
  /** How many drivers took it and did not live to say that they loaded it. */
  readonly strikes: number;
  /** Set when its interpretation threw: nobody drives it until a person acts. */
  readonly parked: string | null;
  readonly createdAt: number;
}

export const isSameHead = (left: Head, right: Head): boolean =>
  left.executionId === right.executionId &&
  left.settled === right.settled &&
  left.dueAt === right.dueAt &&
  left.driver === right.driver &&
  left.epoch === right.epoch &&
  left.strikes === right.strikes &&
  left.parked === right.parked &&
  left.createdAt === right.createdAt;

/**
 * - `insert` resolves durable. Where a head stands already it is returned, with `inserted` false, unless it is identical
 *   to ours: then it was our own earlier try whose answer was lost, and `inserted` is true.
 * - `claim` is a compare-and-set on (driver, epoch): of two claimants exactly one gets true. It adds one strike. When
 *   `next` already stands there it was our own earlier try whose answer was lost: true, and no further strike. False also
 *   when there is no head.
 * - `patch` merges fields; a settled head never becomes unsettled again (such a patch of `settled` is refused as a bug,
 *   as is a patch of a head that does not exist). It looks at neither driver nor epoch.
 * - `sweepable` is the sweeper's one query: unsettled, not parked, and (driver null, or not among the live, or due). The
 *   driverless come first, oldest first; then those that are due, longest due first; equals in order of id.
 * - `parked` are the unsettled that are parked, in order of id, those after `after` (null: from the first).
 * - A rejection means the outcome is unknown; the same call may be made again (a `claim` that then answers false may have
 *   been applied and overtaken: its strike stands, its driver does not).
 */
export interface Heads {
  insert(head: Head): Promise<{ readonly inserted: boolean; readonly head: Head }>;
  get(executionId: ExecutionId): Promise<Head | null>;
  claim(
    executionId: ExecutionId,
    expected: { readonly driver: ReplicaId | null; readonly epoch: number },
    next: { readonly driver: ReplicaId; readonly epoch: number },
  ): Promise<boolean>;
  patch(
    executionId: ExecutionId,
    fields: Partial<Pick<Head, 'settled' | 'dueAt' | 'strikes' | 'parked'>>,
  ): Promise<void>;
  sweepable(query: {
    readonly now: number;
    readonly live: readonly ReplicaId[];
    readonly limit: number;
  }): Promise<readonly Head[]>;
  parked(query: { readonly after: ExecutionId | null; readonly limit: number }): Promise<readonly Head[]>;
}
