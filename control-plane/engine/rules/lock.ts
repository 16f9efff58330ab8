/** The infrastructure lock of a run (orchestration 8.1): asked for after pre-deployment, held until the run is settled. */
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { Lock, Run } from '../execution.ts';
import type { Input } from '../inputs.ts';
import type { RunPlan } from '../plan.ts';
import type { Turn } from '../turn.ts';
import { refuseLock } from './refuse-lock.ts';

/** True when the run may go on to its first phase. */
export function holdsLock(turn: Turn, run: Run, plan: RunPlan): boolean {
  if (plan.lock === null || plan.lock.keys.length === 0) return true;
  if (run.lock === null) {
    if (turn.isPaused(run.id)) return false;
    turn.emit({ event: 'LockRequested', runId: run.id, requestId: run.id, keys: plan.lock.keys });
    return false;
  }
  return run.lock.state === 'HELD';
}

export function answerLock(turn: Turn, input: Extract<Input, { input: 'lockAnswered' }>): void {
  const run = turn.execution.runs.find((each) => each.id === input.runId);
  if (run === undefined || run.lock?.requestId !== input.requestId) return;
  const waits = run.lock.state === 'REQUESTED' || run.lock.state === 'QUEUED';
  if (!waits || isTerminal(run.status) || run.abort !== null || run.rollback !== null) return;
  const { answer } = input;
  if (answer.state === 'HELD') {
    const { fences, found = [] } = answer;
    turn.emit({ event: 'LockGranted', runId: run.id, fences, ...(found.length === 0 ? {} : { found }) });
  } else if (answer.state === 'QUEUED') {
    if (run.lock.position !== answer.position) {
      turn.emit({ event: 'LockQueued', runId: run.id, position: answer.position });
    }
  } else {
    refuseLock(turn, run, answer.failure);
  }
}

export function releaseLock(turn: Turn, input: Extract<Input, { input: 'lockReleased' }>): void {
  const run = turn.execution.runs.find((each) => each.id === input.runId);
  if (run === undefined || run.lock?.requestId !== input.requestId || run.lock.state === 'RELEASED') return;
  if (isTerminal(run.status) || isGivenUp(run, run.lock)) turn.emit({ event: 'LockReleased', runId: run.id });
}

/**
 * It goes back without having had it, which only takes back what was provisioned before: others need not wait for that,
 * however long it takes.
 */
export const isGivenUp = ({ rollback }: Run, { state }: Lock): boolean => rollback !== null && state !== 'HELD';
