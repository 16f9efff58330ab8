import type { BlobHash } from './ids.ts';
import type { Failure } from './failure.ts';
import type { JsonObject } from './json.ts';

/** How an attempt ended, as its agent (or whoever found out for it) reports it. Success and failure share one shape. */
export type AttemptOutcome = 'SUCCESS' | 'FAILED' | 'CANCELED';

export interface AttemptResult {
  readonly outcome: AttemptOutcome;
  /** Present exactly when the outcome is not SUCCESS. */
  readonly failure?: Failure;
  /** Values the step gives to later steps; never a secret. */
  readonly outputs?: JsonObject;
  /** Larger results, by hash. */
  readonly blobs?: Readonly<Record<string, BlobHash>>;
  /** Did anything change at the target, as far as the agent knows? Decides whether there is something to roll back. */
  readonly touched: boolean;
  /** CANCELED only: was the end of the work seen at the target? False is listed as "not confirmed". */
  readonly confirmed?: boolean;
  /** Lines for the page: "skipped: already on this version" … */
  readonly notes?: readonly string[];
  /**
   * How long its log is, dropped bytes included: it travels beside the reports, and may arrive after the last of them.
   * Absent: its agent cannot tell, being an older one, or having been restarted since the attempt began.
   */
  readonly logBytes?: number;
}
