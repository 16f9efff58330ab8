/** When time alone will change something: the moment at which a `tick` is worth deciding. */
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { Execution, Phase, Run } from './execution.ts';
import { LIMITS } from './limits.ts';
import type { StepPlan } from './plan.ts';
import { isBroken } from './rules/abort.ts';
import { isToStartAgain } from './nodes.ts';
import { openAttemptsOf } from './open-attempts.ts';
import { nextExpiry } from './rules/expire.ts';
import { retryDue } from './rules/verdict.ts';
import { groupsOf } from './rules/phase.ts';
import { earliestStart } from './rules/step.ts';
import { planOfRun, sectionsOf } from './plan-of.ts';
import { takesBack } from './turn.ts';

/** Milliseconds since the epoch; null: only another input can change anything. */
export function nextDeadline(execution: Execution): number | null {
  if (isBroken(execution)) return null;
  const times = [nextExpiry(execution) ?? Infinity, ...execution.runs.flatMap((run) => timesOf(execution, run))];
  const next = Math.min(...times.filter((time) => time > execution.lastAt));
  return Number.isFinite(next) ? next : null;
}

function timesOf(execution: Execution, run: Run): readonly number[] {
  if (isTerminal(run.status)) return [];
  if (run.abort !== null) return [run.abort.at + LIMITS.abortMs];
  const phase = run.phases.at(-1);
  if (phase === undefined || isTerminal(phase.status) || (execution.pause !== null && !takesBack(execution, run)))
    return [];
  // A forward path that was stopped only waits for its attempts to end.
  return run.rollback !== null && phase.kind !== 'ROLLBACK' ? [] : waits(execution, run, phase);
}

/** Wait intervals of the group of steps at hand, and retries that are due later. */
function waits(execution: Execution, run: Run, phase: Phase): readonly number[] {
  const section = phase.sections.at(-1);
  if (section === undefined || isTerminal(section.status)) return [];
  const plan = sectionsOf(planOfRun(execution, run), run, phase).find((each) => each.id === section.planId);
  if (plan === undefined) return [];
  const started = (step: StepPlan) => section.steps.find((each) => each.planId === step.id);
  const group =
    groupsOf(plan).find((each) => each.some((step) => !isTerminal(started(step)?.status ?? 'QUEUED'))) ?? [];
  const waiting = group.filter((step) => {
    const known = started(step);
    return known === undefined || isToStartAgain(known);
  });
  if (waiting.length > 0) return waiting.map((step) => earliestStart(section, step, group));
  const steps = group.flatMap((step) => started(step) ?? []);
  if (steps.some((step) => step.waiting !== null || openAttemptsOf(step).length > 0)) return []; // Siblings are waited for first.
  return steps.flatMap((step) => retryDue(execution, { run, phase, section, plan }, step) ?? []);
}
