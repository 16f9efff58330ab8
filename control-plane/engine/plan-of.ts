/** What the plan says about a node of the tree. */
import type { Execution, Phase, Run, Section } from './execution.ts';
import { once } from './once.ts';
import type { PhasePlace } from './place.ts';
import type { PhasePlan, RunPlan, SectionPlan, StepPlan } from './plan.ts';
import { findPhase, findRun, pathInPhase } from './tree.ts';
import { PRE, undoOfPre } from './undo-pre.ts';

export function planOfRun(execution: Execution, run: Run): RunPlan {
  for (const stage of execution.plan.stages) {
    if (stage.id !== run.stageId) continue;
    const found = stage.runs.find((each) => each.id === run.planId);
    if (found !== undefined) return found;
  }
  throw new Error(`no plan for run ${run.id}`);
}

/** What people call it: its name in the pipeline, or its workflow's. */
export const nameOfRun = ({ name, workflow }: Pick<RunPlan, 'name' | 'workflow'>): string => name ?? workflow.name;

/** In the stage that takes its stage back. */
export const idOfUndoing = (planId: string): string => `${planId}u`;

/** Null for the pre- and post-deployment sections, which belong to no phase of the plan. */
export const planOfPhase = (plan: RunPlan, phase: Phase): PhasePlan | null =>
  plan.phases.find((each) => each.id === phase.planId) ?? null;

/** The sections a phase run goes through, in order. */
export function sectionsOf(plan: RunPlan, run: Run, phase: Phase): readonly SectionPlan[] {
  const all = allSections(plan, planOfPhase(plan, phase), phase);
  if (phase.kind !== 'ROLLBACK') return all;
  if (phase.planId === PRE) return listOf(undoOfPre(plan, run));
  const undone = run.phases.find((each) => each.id === phase.undoes);
  return all.filter((each) => each.undoes === null || isUndone(each, undone?.sections ?? []));
}

/** What was skipped needs no undoing; where nothing was to be done, somebody may have written what is to be done on the way back. */
export function isUndone({ undoes, steps }: SectionPlan, forward: readonly Section[]): boolean {
  const reached = forward.find((each) => each.planId === undoes);
  if (reached === undefined) return false;
  return reached.status !== 'SKIPPED' || (reached.steps.length === 0 && steps.length > 0);
}

/** Everything the plan says about a step, found by the id of the step, of one of its tasks or of an attempt. */
export interface PlannedStep extends StepPlan {
  readonly of: PhasePlace & {
    readonly runPlan: RunPlan;
    readonly phasePlan: PhasePlan | null;
    readonly section: SectionPlan;
  };
}

export function planOfStep(execution: Execution, id: string): PlannedStep {
  const { step, ...of } = find(execution, id);
  return { ...step, of };
}

/** The step's own part of it alone: asked for with every decision. */
export const stepPlanOf = (execution: Execution, id: string): StepPlan => find(execution, id).step;

interface Found extends Readonly<PlannedStep['of']> {
  readonly step: StepPlan;
}

function find(execution: Execution, id: string): Found {
  const run = findRun(execution, id);
  const phase = findPhase(execution, id);
  if (run === undefined || phase === undefined) throw new Error(`no step ${id}`);
  const runPlan = planOfRun(execution, run);
  const phasePlan = planOfPhase(runPlan, phase);
  const place = stepsByPath(allSections(runPlan, phasePlan, phase)).get(pathInPhase(id));
  if (place === undefined) throw new Error(`no plan for step ${id}`);
  return { run, runPlan, phase, phasePlan, ...place };
}

/** Steps of these sections by `section/step`. */
const stepsByPath = once(
  (sections: readonly SectionPlan[]) =>
    new Map<string, { readonly section: SectionPlan; readonly step: StepPlan }>(
      sections.flatMap((section) =>
        section.steps.map((step) => [`${section.id}/${step.id}`, { section, step }] as const),
      ),
    ),
);

/** Whether the run goes through them or not. */
function allSections(plan: RunPlan, phasePlan: PhasePlan | null, phase: Phase): readonly SectionPlan[] {
  if (phase.kind === 'PRE') return listOf(plan.pre);
  if (phase.kind === 'POST') return listOf(plan.post);
  if (phase.planId === PRE) return listOf(plan.undoPre ?? null);
  if (phasePlan === null) return [];
  if (phase.kind === 'CLEAN_UP') return listOf(phasePlan.cleanUp ?? null);
  return phase.kind === 'FORWARD' ? phasePlan.sections : phasePlan.rollback;
}

const listOf = (section: SectionPlan | null): readonly SectionPlan[] => (section === null ? [] : [section]);
