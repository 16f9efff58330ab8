/** Deadlines, evaluated before anything else in every decision. What is due when, is told by `nextDeadline`. */
import { failure } from '@fairlead/proto/model/failure.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { Attempt, Execution, Phase, Run, Step } from '../execution.ts';
import { LIMITS } from '../limits.ts';
import { openAttempts, openAttemptsOf, openInPhase, openInSection } from '../open-attempts.ts';
import { planOfRun, stepPlanOf } from '../plan-of.ts';
import type { Turn } from '../turn.ts';
import { expireLate, lateDeadline } from './late-planning.ts';
import { refuseLock } from './refuse-lock.ts';
import { expireWaiting, nextGivingUp } from './waiting.ts';

export function expire(turn: Turn): void {
  for (const run of turn.execution.runs) {
    expireLock(turn, run);
    expireLate(turn, run);
    expireWaiting(turn, run);
    for (const attempt of openAttempts(run)) expireAttempt(turn, attempt);
  }
}

function expireLock(turn: Turn, run: Run): void {
  const deadline = lockDeadline(turn.execution, run);
  if (deadline === null || turn.now < deadline) return;
  const lock = failure('LOCK_TIMEOUT', `the infrastructure was not free in time (${run.lock?.keys.join(', ') ?? ''})`);
  refuseLock(turn, run, lock);
}

const lockDeadline = (execution: Execution, run: Run): number | null =>
  !isTerminal(run.status) && run.rollback === null && (run.lock?.state === 'REQUESTED' || run.lock?.state === 'QUEUED')
    ? run.lock.requestedAt + (planOfRun(execution, run).lock?.timeoutMs ?? 0)
    : null;

function expireAttempt(turn: Turn, attempt: Attempt): void {
  const { id } = attempt;
  if (attempt.state === 'PENDING') {
    const { unassignable } = attempt;
    if (unassignable === null || turn.now < unassignable.since + LIMITS.noAgentMs) return;
    turn.emit({
      event: 'AttemptEnded',
      attemptId: id,
      result: { outcome: 'FAILED', failure: unassignable.failure, touched: false },
    });
    return;
  }
  if (attempt.deadline === null || turn.now < attempt.deadline) return;
  const stopped = attempt.deadline + stepPlanOf(turn.execution, id).cancelGraceMs;
  if (turn.now >= stopped + LIMITS.lostForGoodMs) {
    const result = { outcome: 'FAILED', failure: unheardOf(attempt), touched: true } as const;
    turn.emit({ event: 'AttemptEnded', attemptId: id, result });
  } else if (turn.now >= stopped + LIMITS.overdueMs && attempt.cancel === null) {
    turn.emit({ event: 'CancelRequested', attemptId: id, reason: 'its time is over' });
  }
}

/**
 * Was it asked to stop because its time was over? Told by when it was: until then nobody has asked, from then on everybody
 * comes too late to be the first.
 */
export const wasOverdue = (execution: Execution, { id, cancel, deadline }: Attempt): boolean =>
  cancel !== null &&
  deadline !== null &&
  cancel.at >= deadline + stepPlanOf(execution, id).cancelGraceMs + LIMITS.overdueMs;

/** The agent kills the work at its deadline by itself, so after a grace nothing can be running; what it did, nobody knows. */
const unheardOf = (attempt: Attempt) =>
  attempt.state === 'UNKNOWN'
    ? failure('OUTCOME_UNKNOWN', 'its agent was lost and did not come back before the deadline; look at the target')
    : failure('STEP_TIMEOUT', 'its agent did not report before the deadline', { details: { confirmed: false } });

/** When `expire` will next have something to do; null: never without another input. */
export function nextExpiry(execution: Execution): number | null {
  let next = Infinity;
  for (const run of execution.runs) {
    next = Math.min(next, lockDeadline(execution, run) ?? Infinity, nextGivingUp(run), lateDeadline(execution, run));
    for (const phase of run.phases) {
      if (openInPhase(phase).length > 0) next = Math.min(next, phaseExpiry(execution, phase));
    }
  }
  return next === Infinity ? null : next;
}

function phaseExpiry(execution: Execution, phase: Phase): number {
  let next = Infinity;
  for (const section of phase.sections) {
    if (openInSection(section).length === 0) continue;
    for (const step of section.steps) next = Math.min(next, stepExpiry(execution, step));
  }
  return next;
}

function stepExpiry(execution: Execution, step: Step): number {
  const open = openAttemptsOf(step);
  if (open.length === 0) return Infinity;
  const { cancelGraceMs } = stepPlanOf(execution, step.id);
  let next = Infinity;
  for (const attempt of open) next = Math.min(next, attemptExpiry(attempt, cancelGraceMs));
  return next;
}

function attemptExpiry(attempt: Attempt, cancelGraceMs: number): number {
  if (attempt.state === 'PENDING') return (attempt.unassignable?.since ?? Infinity) + LIMITS.noAgentMs;
  if (attempt.deadline === null) return Infinity;
  const stopped = attempt.deadline + cancelGraceMs;
  return stopped + (attempt.cancel === null ? LIMITS.overdueMs : LIMITS.lostForGoodMs);
}
