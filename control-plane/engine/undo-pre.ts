/** The provisioners of pre-deployment in a rollback (orchestration 9.3, 10.1). */
import type { Attempt, Phase, Run } from './execution.ts';
import type { RunPlan, SectionPlan } from './plan.ts';

/** Id, in the plan, of the pre-deployment section and of what takes it back. */
export const PRE = 'pre';

/** What takes back the provisioners that did, or may have done, something; null: nothing is to be taken back. */
export function undoOfPre(plan: RunPlan, run: Run): SectionPlan | null {
  const pre = run.phases.find((phase) => phase.kind === 'PRE');
  if (plan.undoPre == null || pre === undefined) return null;
  const touched = touchedSteps(pre);
  const steps = plan.undoPre.steps.filter((step) => touched.has(step.id));
  if (steps.length === 0) return null;
  return { ...plan.undoPre, steps: run.rollback?.provisioners === 'AFTER' ? steps.toReversed() : steps };
}

const touchedSteps = (phase: Phase): ReadonlySet<string> =>
  new Set(
    phase.sections
      .flatMap((section) => section.steps)
      .filter((step) => step.tasks.some((task) => task.attempts.some(mayHaveTouched)))
      .map((step) => step.planId),
  );

/** Something was, or may have been, changed by it. */
export const mayHaveTouched = (attempt: Attempt): boolean =>
  attempt.startedAt !== null && (attempt.result === null || attempt.result.touched);
