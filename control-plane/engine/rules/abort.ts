/** Abort (orchestration 10.4): stops where it is, no rollback, ABORTED within a bound whatever the targets answer. */
import { failure } from '@fairlead/proto/model/failure.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { Execution, Run } from '../execution.ts';
import type { Input } from '../inputs.ts';
import { LIMITS } from '../limits.ts';
import type { Turn } from '../turn.ts';
import { closeOpenNodes } from './close.ts';
import { openAttempts } from '../open-attempts.ts';
import { endCanceled } from './report.ts';

export function requestAbort(turn: Turn, input: Extract<Input, { input: 'abort' }>): void {
  const runs = turn.execution.runs.filter((run) => input.runId === undefined || run.id === input.runId);
  const open = runs.filter((run) => !isTerminal(run.status));
  const broken = isBroken(turn.execution);
  if (open.length === 0 && !(broken && runs.length > 0)) {
    const why = runs.length === 0 ? `there is no run ${input.runId ?? ''} in it` : 'it has ended already';
    turn.emit({ event: 'InputRejected', input: 'abort', failure: failure('ILLEGAL_STATE', why) });
    return;
  }
  for (const run of open) if (run.abort === null) abortRun(turn, run, input.actor, input.reason);
  if (!broken) return;
  // It is not advanced any more, but an abort ends it all the same.
  for (const run of open) endAborted(turn, run);
  if (turn.execution.runs.some((run) => !isTerminal(run.status))) return;
  turn.emit({ event: 'ExecutionEnded', status: 'ABORTED' });
}

/** Parked, and not ended by an abort since. */
export const isBroken = (execution: Execution): boolean => execution.parked !== null && execution.endedAt === null;

export function abortRun(turn: Turn, run: Run, actor: string, reason: string): void {
  turn.emit({ event: 'AbortRequested', runId: run.id, actor, reason });
  cancelOpenAttempts(turn, run, reason);
}

/** What no agent has yet simply ends; the rest is asked to stop. */
export function cancelOpenAttempts(turn: Turn, run: Run, reason: string): void {
  for (const attempt of openAttempts(run)) {
    if (attempt.state === 'PENDING') endCanceled(turn, attempt, reason);
    else if (attempt.cancel === null) turn.emit({ event: 'CancelRequested', attemptId: attempt.id, reason });
  }
}

/** Ends the run once every attempt has, or when the bound is reached: the rest stays listed as not confirmed. */
export function advanceAbort(turn: Turn, run: Run): void {
  if (run.abort === null) return;
  const due = turn.now >= run.abort.at + LIMITS.abortMs;
  if (openAttempts(run).length === 0 || due) endAborted(turn, run);
}

function endAborted(turn: Turn, run: Run): void {
  closeOpenNodes(turn, turn.run(run.id), 'ABORTED');
  if (run.rollback !== null && run.rollback.result === null) {
    turn.emit({ event: 'RollbackEnded', runId: run.id, result: 'PARTIAL' });
  }
  const reason = turn.run(run.id).abort?.reason ?? '';
  turn.emit({ event: 'RunEnded', runId: run.id, status: 'ABORTED', failure: failure('CANCELED', reason) });
}
