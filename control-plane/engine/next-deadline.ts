/** When time alone will change something: the moment at which a `tick` is worth deciding. */
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { Execution, Phase, Run } from './execution.ts';
import { LIMITS } from './limits.ts';
import { nextExpiry } from './rules/expire.ts';
import { retryDue } from './rules/outcome.ts';
import { earliestStart } from './rules/step.ts';
import { planOfRun, sectionsOf } from './turn.ts';

/** Milliseconds since the epoch; null: only another input can change anything. */
export function nextDeadline(execution: Execution): number | null {
  const times = [nextExpiry(execution) ?? Infinity, ...execution.runs.flatMap((run) => timesOf(execution, run))];
  const next = Math.min(...times.filter((time) => time > execution.lastAt));
  return Number.isFinite(next) ? next : null;
}

function timesOf(execution: Execution, run: Run): readonly number[] {
  if (isTerminal(run.status)) return [];
  if (run.abort !== null) return [run.abort.at + LIMITS.abortMs];
  const phase = run.phases.at(-1);
  return phase === undefined || isTerminal(phase.status) ? [] : waits(execution, run, phase);
}

/** Wait intervals of the open section, and retries that are due later. */
function waits(execution: Execution, run: Run, phase: Phase): readonly number[] {
  const section = phase.sections.at(-1);
  if (section === undefined || isTerminal(section.status)) return [];
  const plan = sectionsOf(planOfRun(execution, run), run, phase).find((each) => each.id === section.planId);
  if (plan === undefined) return [];
  const place = { run, phase, section, plan };
  const starts = plan.steps
    .filter((step) => !section.steps.some((each) => each.planId === step.id))
    .map((step) => earliestStart(section, step));
  return [section.notBefore, ...starts, ...section.steps.flatMap((step) => retryDue(execution, place, step) ?? [])];
}
