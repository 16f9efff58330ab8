import type { AttemptId, ExecutionId } from '@fairlead/proto/model/ids.ts';

/** A stretch of an attempt's log. Offsets count bytes of the whole log as the agent saw it, gaps included. */
export interface LogChunk {
  readonly attemptId: AttemptId;
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Bytes dropped by the agent's spool directly before this chunk (they lie before `offset`); 0 normally. */
  readonly gap: number;
  /** When the agent read it, milliseconds since the epoch. */
  readonly at: number;
}

/** The offset after its last byte. */
export const chunkEnd = (chunk: LogChunk): number => chunk.offset + chunk.bytes.byteLength;

/** The chunk without its bytes before `place`; its gap lies before them and goes too. */
export function chunkFrom(chunk: LogChunk, place: number): LogChunk {
  if (chunk.offset >= place) return chunk;
  return { ...chunk, offset: place, bytes: chunk.bytes.subarray(place - chunk.offset), gap: 0 };
}

/**
 * Logs, apart from journals: losing one never harms an execution.
 *
 * - `append` is idempotent by (attemptId, offset): what is already stored is not stored again; it resolves durable.
 *   Chunks of one attempt come in order of offset from one sender, possibly repeated after a reconnect and then perhaps
 *   cut at other places: bytes before the stored end are dropped (with the gap before them), bytes beyond it are kept.
 *   A chunk is at most 1 MB (TOO_LARGE otherwise). A rejection means the outcome is unknown: append the same again.
 * - `read` returns chunks in order of offset whose end lies beyond `from`, the first one cut so that it starts at `from`,
 *   about `limit` bytes (default 1 MB), at least one chunk where there is one.
 * - `lengths` are the ends of the last stored bytes (0 where there is none).
 * - `attempts` lists the attempts of an execution that have a log, in order of id.
 */
export interface Logs {
  append(chunks: readonly LogChunk[]): Promise<void>;
  read(attemptId: AttemptId, from: number, limit?: number): Promise<readonly LogChunk[]>;
  lengths(attemptIds: readonly AttemptId[]): Promise<ReadonlyMap<AttemptId, number>>;
  attempts(executionId: ExecutionId): Promise<readonly AttemptId[]>;
}
