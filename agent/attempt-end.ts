import { failure } from '@fairlead/proto/model/failure.ts';
import { formatDuration } from '@fairlead/proto/model/duration.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { Scheduler, Timer } from '@fairlead/proto/model/system.ts';
import type { CancelReason } from './platforms/platform.ts';

export interface AttemptEnd {
  /** Resolves in the platform's place when it does not end after it was told to. */
  readonly givenUp: Promise<AttemptResult>;
  /** What the platform's result means, given why it was told to stop. */
  judge(result: AttemptResult, timeoutMs: number): AttemptResult;
  close(): void;
}

/** Watches over the end of an attempt that is told to stop. */
export function endOf(signal: AbortSignal, scheduler: Scheduler, giveUpMs: number): AttemptEnd {
  let timer: Timer | null = null;
  let told: () => void = () => {};
  const givenUp = new Promise<AttemptResult>((resolve) => {
    told = () => {
      timer = scheduler.after(reasonOf(signal).graceMs + giveUpMs, () => {
        const message = 'the work was told to stop, and nobody saw it end';
        resolve({ outcome: 'CANCELED', failure: failure('CANCELED', message), touched: true, confirmed: false });
      });
    };
    if (signal.aborted) told();
    else signal.addEventListener('abort', told, { once: true });
  });
  return {
    givenUp,
    judge(result, timeoutMs) {
      if (result.outcome !== 'CANCELED' || !signal.aborted || reasonOf(signal).kind !== 'timeout') return result;
      const { confirmed, ...rest } = result;
      const text = `it ran longer than its timeout of ${formatDuration(timeoutMs)}`;
      return confirmed === true
        ? { ...rest, outcome: 'FAILED', failure: failure('STEP_TIMEOUT', `${text} and was stopped`) }
        : {
            ...rest,
            outcome: 'FAILED',
            failure: failure('OUTCOME_UNKNOWN', `${text}, and its end at the target could not be confirmed`),
          };
    },
    close() {
      signal.removeEventListener('abort', told);
      timer?.cancel();
    },
  };
}

// Only the executor aborts an attempt's signal, always with a CancelReason.
const reasonOf = (signal: AbortSignal): CancelReason => signal.reason as CancelReason;
