/** What a resumed pipeline carries over of the stages before the one it goes on with (orchestration 6.6). */
import type { Execution, Run } from '../engine/execution.ts';
import type { Restored, Resumed, StagePlan, TakenOver } from '../engine/plan.ts';
import { rollbackRunOf } from '../engine/rollback-plan.ts';
import { forwardStages } from '../engine/rules/take-back.ts';
import { planOfRun } from '../engine/plan-of.ts';

/** `index`: of the first stage that runs again. */
export function resumedFrom(execution: Execution, index: number): Resumed {
  const { id, plan } = execution;
  return {
    chain: plan.resumes?.chain ?? id,
    from: id,
    stage: forwardStages(execution)[index]?.name ?? '',
    outputs: outputsOf(execution, index),
    collected: collectedBefore(execution, index),
  };
}

export const takenOverStages = (execution: Execution, index: number): readonly StagePlan[] =>
  forwardStages(execution)
    .slice(0, index)
    .map((stage) => ({ ...stage, takenOver: takenOver(execution, stage) }));

/** What was there before stages that are taken over is known since they ran (or stands in their runs); of the others it is what is there now. */
export function restoresOf(
  { plan }: Execution,
  taken: readonly StagePlan[],
  now: readonly Restored[],
): readonly Restored[] {
  const places = new Set(
    taken.flatMap(({ runs }) =>
      runs.flatMap((run) => run.phases.map((phase) => `${run.workflow.name}/${phase.mapping}`)),
    ),
  );
  const isTaken = ({ workflow, mapping }: Restored): boolean => places.has(`${workflow}/${mapping}`);
  return [...(plan.restores ?? []).filter(isTaken), ...now.filter((each) => !isTaken(each))];
}

const runsOf = (execution: Execution, stage: StagePlan): readonly Run[] =>
  execution.runs.filter((run) => run.stageId === stage.id);

function takenOver(execution: Execution, stage: StagePlan): readonly TakenOver[] {
  return runsOf(execution, stage).map((run) => {
    const { status, startedAt, endedAt } = run;
    const before = stage.takenOver?.find((each) => each.runId === run.planId);
    if (before !== undefined) return before;
    const rollback = status === 'SUCCESS' ? rollbackRunOf(planOfRun(execution, run), run, execution.outputs) : null;
    const done = { executionId: execution.id, status, startedAt, endedAt };
    return { runId: run.planId, ...done, rollback: rollback?.phases.length === 0 ? null : rollback };
  });
}

/** For all of the pipeline, without what only stages that run again publish. */
function outputsOf(execution: Execution, index: number): Resumed['outputs'] {
  const stages = forwardStages(execution);
  const before = new Set(stages.slice(0, index).flatMap(publishedBy));
  const again = new Set(stages.slice(index).flatMap(publishedBy));
  const owner: string = execution.id;
  return execution.outputs
    .filter((output) => output.owner === owner && (before.has(output.name) || !again.has(output.name)))
    .map(({ name, values }) => ({ name, values }));
}

const publishedBy = (stage: StagePlan): readonly string[] =>
  stage.runs.flatMap(({ pre, phases, post }) =>
    [pre, ...phases.flatMap((phase) => [...phase.sections, ...phase.rollback]), post].flatMap((section) =>
      (section?.steps ?? []).flatMap(({ publish }) => (publish?.scope === 'PIPELINE' ? [publish.name] : [])),
    ),
  );

function collectedBefore(execution: Execution, index: number): NonNullable<Resumed['collected']> {
  const before = new Set(
    forwardStages(execution)
      .slice(0, index)
      .map((stage) => stage.id),
  );
  return execution.collected.flatMap(({ runId, stepId, artifact }) => {
    const run = execution.runs.find((each) => each.id === runId);
    return run !== undefined && before.has(run.stageId) ? [{ run: run.planId, stepId, artifact }] : [];
  });
}
