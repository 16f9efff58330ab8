import type { Execution, Phase, Run } from './execution.ts';
import type { PhasePlan, RunPlan, SectionPlan, StepPlan } from './plan.ts';
import { findPhase, findRun } from './tree.ts';
import { planOfPhase, planOfRun } from './turn.ts';

/** Everything the plan says about a step, found by the id of the step, of one of its tasks or of an attempt. */
export interface PlannedStep extends StepPlan {
  readonly of: {
    readonly run: Run;
    readonly runPlan: RunPlan;
    readonly phase: Phase;
    readonly phasePlan: PhasePlan | null;
    readonly section: SectionPlan;
  };
}

export function planOfStep(execution: Execution, id: string): PlannedStep {
  const run = findRun(execution, id);
  const phase = findPhase(execution, id);
  const [, , , sectionId, stepId] = id.split('@', 1).join('').split('/');
  if (run === undefined || phase === undefined) throw new Error(`no step ${id}`);
  const runPlan = planOfRun(execution, run);
  const phasePlan = planOfPhase(runPlan, phase);
  const section = allSections(runPlan, phasePlan, phase).find((each) => each.id === sectionId);
  const step = section?.steps.find((each) => each.id === stepId);
  if (section === undefined || step === undefined) throw new Error(`no plan for step ${id}`);
  return { ...step, of: { run, runPlan, phase, phasePlan, section } };
}

function allSections(plan: RunPlan, phasePlan: PhasePlan | null, phase: Phase): readonly SectionPlan[] {
  if (phase.kind === 'PRE') return plan.pre === null ? [] : [plan.pre];
  if (phase.kind === 'POST') return plan.post === null ? [] : [plan.post];
  if (phasePlan === null) return [];
  return phase.kind === 'FORWARD' ? phasePlan.sections : phasePlan.rollback;
}
