import type { Run } from '../execution.ts';
import type { Plan, RunPlan } from '../plan.ts';

/** The plan with these in the place of what it said of the run. */
export const withRunPlans = (
  plan: Plan,
  { stageId, planId }: Pick<Run, 'stageId' | 'planId'>,
  change: (before: RunPlan) => readonly RunPlan[],
): Plan => ({
  ...plan,
  stages: plan.stages.map((stage) =>
    stage.id === stageId
      ? { ...stage, runs: stage.runs.flatMap((run) => (run.id === planId ? change(run) : [run])) }
      : stage,
  ),
});
