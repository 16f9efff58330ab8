/**
 * Pause and resume (orchestration 6.8): what runs goes on to its end, nothing new begins, and no consequence is drawn from
 * a failure until it is resumed. The time of waiting steps runs on. What takes back is never paused.
 */
import { failure } from '@fairlead/proto/model/failure.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { Execution } from '../execution.ts';
import type { Input } from '../inputs.ts';
import { takesBack, type Turn } from '../turn.ts';

export function requestPause(turn: Turn, input: Extract<Input, { input: 'pause' }>): void {
  const refusal = whyNotPause(turn.execution);
  if (refusal !== null) return refuse(turn, 'pause', refusal);
  turn.emit({ event: 'PauseRequested', actor: input.actor, reason: input.reason });
}

export function resume(turn: Turn, input: Extract<Input, { input: 'resume' }>): void {
  const { execution } = turn;
  if (execution.endedAt !== null) return refuse(turn, 'resume', 'it has ended already');
  if (execution.pause === null) return refuse(turn, 'resume', 'it is not paused');
  const open = execution.runs.filter((run) => !isTerminal(run.status));
  if (open.every((run) => run.abort !== null)) return refuse(turn, 'resume', 'it is being aborted');
  turn.emit({ event: 'Resumed', actor: input.actor });
}

function whyNotPause(execution: Execution): string | null {
  if (execution.endedAt !== null) return 'it has ended already';
  if (execution.pause !== null) return `it was paused already, by ${execution.pause.actor}`;
  const open = execution.runs.filter((run) => !isTerminal(run.status));
  if (open.every((run) => run.abort !== null)) return 'it is being aborted';
  if (open.every((run) => run.abort !== null || takesBack(execution, run))) {
    return 'it is rolling back, which is never paused; it can be aborted';
  }
  return null;
}

function refuse(turn: Turn, input: 'pause' | 'resume', why: string): void {
  turn.emit({ event: 'InputRejected', input, failure: failure('ILLEGAL_STATE', why) });
}
