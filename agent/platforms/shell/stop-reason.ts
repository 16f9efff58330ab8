import { failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { Attempt, CancelReason } from '../platform.ts';

/** Why the attempt's signal was aborted. */
export function stopReason(attempt: Attempt): CancelReason {
  const reason: unknown = attempt.signal.reason;
  if (typeof reason === 'object' && reason !== null && 'kind' in reason && 'graceMs' in reason) {
    const { kind, graceMs } = reason;
    if ((kind === 'cancel' || kind === 'timeout') && typeof graceMs === 'number') return { kind, graceMs };
  }
  return { kind: 'cancel', graceMs: attempt.task.cancelGraceMs };
}

/** The result of work that was stopped; `confirmed`: its end was seen at the target. */
export function stoppedResult(attempt: Attempt, touched: boolean, confirmed: boolean, where: string): AttemptResult {
  const seen = confirmed ? 'the target confirms that nothing of it runs' : 'the target did not confirm its end';
  if (stopReason(attempt).kind === 'cancel') {
    return {
      outcome: 'CANCELED',
      failure: failure('CANCELED', `stopped on ${where}; ${seen}`),
      touched,
      confirmed,
    };
  }
  return {
    outcome: 'FAILED',
    failure: failure('STEP_TIMEOUT', `it took longer than ${attempt.task.timeoutMs} ms on ${where}; ${seen}`, {
      details: { confirmed },
    }),
    touched,
    ...(confirmed ? {} : { notes: [`Not confirmed: it may still run on ${where}.`] }),
  };
}
