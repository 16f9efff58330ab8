import type { ExecutionId } from '@fairlead/proto/model/ids.ts';

/** One append to an execution's journal. The body is opaque here: JSON text made by the codec. */
export interface JournalRecord {
  readonly executionId: ExecutionId;
  /** 1, 2, 3 … without gaps, per execution. */
  readonly seq: number;
  /** The driver's epoch in which it was decided. */
  readonly epoch: number;
  /** Milliseconds since the epoch; never less than that of the record before. */
  readonly now: number;
  /** At most 1 MB. */
  readonly body: string;
}

/**
 * The truth. (executionId, seq) is the optimistic lock: of two writers of one seq exactly one wins.
 *
 * - `append` resolves after the record is durable (fsync, or majority and journaled).
 * - `appended` also when the stored record is identical to ours: it was our own earlier try whose answer was lost.
 * - `conflict` when another record stands there; nothing was written.
 * - A rejection means the outcome is unknown: the caller may simply append the same record again.
 * - Appends of different executions are independent; appends of one execution never leave a gap, because seq n+1 is
 *   only ever offered after n was seen (the adapter need not check).
 * - `read` returns records in order of seq, and sees every append that resolved before it was called, on any replica.
 */
export interface Journal {
  append(record: JournalRecord): Promise<'appended' | 'conflict'>;
  /** Records with seq > after, at most `limit` (default: all). */
  read(executionId: ExecutionId, after: number, limit?: number): Promise<readonly JournalRecord[]>;
  /** The last seq of each, 0 where there is none. */
  lastSeqs(executionIds: readonly ExecutionId[]): Promise<ReadonlyMap<ExecutionId, number>>;
}
