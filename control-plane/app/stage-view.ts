/** The stages of a pipeline as people see them: what runs beside what, what each run waits for, and why one does not run. */
import type { StageRunView, StageView } from '@fairlead/proto/live.ts';
import { isFailed } from '@fairlead/proto/model/status.ts';
import type { Execution, Run } from '../engine/execution.ts';
import { nameOfRun, planOfRun } from '../engine/plan-of.ts';
import type { StagePlan } from '../engine/plan.ts';
import { statusOfRun } from './run-status.ts';
import { waitOfRun } from './run-waiting.ts';

/** A workflow has no stages that anybody would want to see. */
export function stagesOf(execution: Execution): readonly StageView[] {
  const { kind, stages } = execution.plan;
  if (kind === 'WORKFLOW') return [];
  return stages.map((stage) => ({
    id: stage.id,
    name: stage.name,
    takesBack: stage.takesBack === undefined ? null : nameOfStage(execution, stage.takesBack),
    runs: runsOf(execution, stage).map((run) => runView(execution, stage, run)),
  }));
}

const NOTHING_TO_DO = 'none of its steps had to run';

const nameOfStage = ({ plan }: Execution, id: string): string => plan.stages.find((each) => each.id === id)?.name ?? id;

const runsOf = (execution: Execution, stage: StagePlan): readonly Run[] =>
  execution.runs.filter((run) => run.stageId === stage.id);

function runView(execution: Execution, stage: StagePlan, run: Run): StageRunView {
  const wait = waitOfRun(execution, run);
  const takenOver = stage.takenOver?.some((each) => each.runId === run.planId) ?? false;
  return {
    id: run.id,
    name: nameOfRun(planOfRun(execution, run)),
    status: statusOfRun(run),
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    takenOver,
    isApproval: planOfRun(execution, run).type === 'APPROVAL',
    note:
      wait?.text ??
      run.failure?.message ??
      (run.status === 'SKIPPED' && !takenOver ? whySkipped(execution, run) : null),
    until: wait?.until ?? null,
  };
}

function whySkipped(execution: Execution, run: Run): string | null {
  if (run.startedAt !== null) return run.phases.find((phase) => phase.skipped !== null)?.skipped ?? NOTHING_TO_DO;
  const { skip = null } = planOfRun(execution, run);
  if (skip === 'always') return 'switched off in the pipeline';
  const { rollbackAsked } = execution;
  if (rollbackAsked !== null && rollbackAsked.at <= (run.endedAt ?? 0))
    return 'the pipeline was rolled back before it was reached';
  if (isAfterFailure(execution, run)) return 'a stage before it did not succeed';
  return skip === null ? null : `its condition holds: ${skip}`;
}

function isAfterFailure({ plan, runs }: Execution, { stageId }: Run): boolean {
  const before = plan.stages
    .slice(
      0,
      plan.stages.findIndex((stage) => stage.id === stageId),
    )
    .map(({ id }) => id);
  return runs.some((each) => before.includes(each.stageId) && isFailed(each.status));
}
