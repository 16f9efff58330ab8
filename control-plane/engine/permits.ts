/** Which permits still count, and what the lock store calls them: functions of the state. */
import { isFailed, isTerminal } from '@fairlead/proto/model/status.ts';
import type { Execution, Permits, Phase, Run } from './execution.ts';
import { openAttempts, openAttemptsOf } from './open-attempts.ts';
import { waitingSteps } from './rules/waiting.ts';
import { findPhase, findRun } from './tree.ts';

/** One document of the lock store per constraint and unit. */
export const keyOfPermits = ({ constraint, unit }: Pick<Permits, 'constraint' | 'unit'>): string =>
  `guard:${constraint.id}/${unit}`;

/** Its step waits for just these. */
export function isAskedFor(execution: Execution, { stepId, requestId }: Permits): boolean {
  const run = findRun(execution, stepId);
  const waiting = run === undefined ? [] : waitingSteps(run);
  return waiting.some((step) => step.waiting.on === 'PERMITS' && step.waiting.requestId === requestId);
}

/** Held ones with the end of their owner; others as soon as nobody waits for them: no place may be left behind. */
export function mayBeReleased(execution: Execution, permits: Permits): boolean {
  if (permits.state === 'RELEASED') return false;
  return permits.state === 'HELD' ? isOver(execution, permits.owner) : !isAskedFor(execution, permits);
}

/** Ended, and nothing of it can still be at work at a target. */
function isOver(execution: Execution, owner: string): boolean {
  if (owner === execution.id) return execution.runs.every(isRunOver);
  const run = findRun(execution, owner);
  if (run === undefined || isRunOver(run)) return true;
  const phase = findPhase(execution, owner);
  return phase !== undefined && isPhaseOver(run, phase);
}

const isRunOver = (run: Run): boolean => isTerminal(run.status) && openAttempts(run).length === 0;

/** A phase that failed is over when it is taken back, or its run is. */
function isPhaseOver(run: Run, phase: Phase): boolean {
  if (!isTerminal(phase.status)) return false;
  const open = phase.sections.some((section) => section.steps.some((step) => openAttemptsOf(step).length > 0));
  if (open || !isFailed(phase.status)) return !open;
  const undo = run.phases.find((each) => each.undoes === phase.id);
  return undo !== undefined && isTerminal(undo.status) && !isFailed(undo.status);
}

/** What the run itself, or its execution as a whole, goes on holding of the same guard and unit. */
export const heldAlready = (execution: Execution, run: Run, of: Pick<Permits, 'constraint' | 'unit'>): number =>
  execution.permits
    .filter((each) => each.state === 'HELD' && keyOfPermits(each) === keyOfPermits(of))
    .filter((each) => each.owner === execution.id || findRun(execution, each.owner)?.id === run.id)
    .filter((each) => !mayBeReleased(execution, each))
    .reduce((sum, each) => sum + each.permits, 0);
