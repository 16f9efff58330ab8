/** Which hosts a rollback goes to. A host nobody reached needs none (orchestration 10.1). */
import type { Phase, Run } from '../execution.ts';
import type { PhasePlan, RunPlan } from '../plan.ts';
import { planOfPhase } from '../plan-of.ts';
import { mayHaveTouched } from '../undo-pre.ts';
import { allHosts } from './select-nodes.ts';

/** Those of the phase where something was, or may have been, changed; null: nothing was, not even from the agent. */
export function touchedHosts(plan: PhasePlan | null, phase: Phase): readonly string[] | null {
  const tasks = phase.sections.flatMap((section) => section.steps.flatMap((step) => step.tasks));
  const touched = new Set(tasks.filter((task) => task.attempts.some(mayHaveTouched)).map((task) => task.target));
  if (touched.size === 0) return null;
  return (phase.hosts ?? allHosts(plan)).filter((host) => touched.has(host));
}

/** Of every phase on the mapping of this one that the rollback takes back: for a step that does it at once. */
export function touchedByAll(plan: RunPlan, run: Run, phase: Phase): readonly string[] {
  const own = phase.hosts ?? [];
  const onlyThis = run.rollback?.scope === 'PHASE';
  const mapping = planOfPhase(plan, phase)?.mapping ?? null;
  const others = run.phases
    .toReversed()
    .filter((each) => each.kind === 'FORWARD' && planOfPhase(plan, each)?.mapping === mapping)
    .filter((each) => !onlyThis || each.planId === phase.planId)
    .flatMap((each) => touchedHosts(planOfPhase(plan, each), each) ?? []);
  return [...new Set([...own, ...others])];
}
