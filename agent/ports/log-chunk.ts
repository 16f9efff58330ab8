import type { AttemptId } from '@fairlead/proto/model/ids.ts';

/** A stretch of an attempt's log on its way up; the same words as in the control plane's log store. */
export interface LogChunk {
  readonly attemptId: AttemptId;
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Bytes dropped directly before it. */
  readonly gap: number;
  readonly at: number;
}
