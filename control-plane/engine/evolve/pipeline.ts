/** The bookkeeping of pipelines: runs that are planned late, stages that are appended, and what people answered. */
import { changedExecution, changedRun } from '../changed.ts';
import type { EventOf } from '../events.ts';
import type { Execution, Run } from '../execution.ts';
import type { Plan, RunPlan, StagePlan } from '../plan.ts';
import { updateRun, updateStep } from '../tree.ts';
import { withRunPlans } from './run-plan.ts';

type PipelineEvent = EventOf<
  | 'RunReached'
  | 'InputsGiven'
  | 'RunPlanned'
  | 'RollbackAsked'
  | 'StageAppended'
  | 'ApprovalAnswered'
  | 'OthersRejected'
>;

export function evolvePipeline(execution: Execution, event: PipelineEvent): Execution {
  switch (event.event) {
    case 'RunReached':
      return updateRun(execution, event.runId, (run) => ({
        inputs: { of: run.planId, since: event.at, until: event.until, given: null },
      }));
    case 'InputsGiven': {
      const given = { values: event.values, actor: event.actor, at: event.at };
      return updateRun(execution, event.runId, (run) =>
        run.inputs === null ? {} : { inputs: { ...run.inputs, given } },
      );
    }
    case 'RunPlanned':
      return replaced(execution, event);
    case 'RollbackAsked':
      return changedExecution(execution, {
        rollbackAsked: { actor: event.actor, reason: event.reason, at: event.at },
      });
    case 'StageAppended': {
      const { plan } = execution;
      const runs = runsOfStage(plan, event.stage);
      return changedExecution(execution, {
        plan: { ...plan, stages: [...plan.stages, event.stage] },
        runs: [...execution.runs, ...runs],
      });
    }
    case 'ApprovalAnswered': {
      const { answer, actor, comment, variables, at } = event;
      const approval = { answer, actor, comment, variables, at, othersRejected: false };
      return updateStep(execution, event.stepId, () => ({ status: 'RUNNING', waiting: null, approval }));
    }
    case 'OthersRejected':
      return updateStep(execution, event.stepId, (step) =>
        step.approval === null ? {} : { approval: { ...step.approval, othersRejected: true } },
      );
  }
}

/** The planned runs stand where the one stood that they were planned for. */
function replaced(execution: Execution, { runId, plans }: EventOf<'RunPlanned'>): Execution {
  const before = execution.runs.find((run) => run.id === runId);
  if (before === undefined) return execution;
  const { plan } = execution;
  const inPlace = plans.map((each): RunPlan => ({ ...each, skip: null, inputs: null, deferred: false }));
  const fresh = inPlace.map((each) => changedRun(newRun(plan, before.stageId, each), { inputs: before.inputs }));
  return changedExecution(execution, {
    plan: withRunPlans(plan, before, () => inPlace),
    runs: execution.runs.flatMap((run) => (run.id === runId ? fresh : [run])),
  });
}

export const plannedRuns = (plan: Plan): readonly Run[] => plan.stages.flatMap((stage) => runsOfStage(plan, stage));

const runsOfStage = (plan: Plan, stage: StagePlan): readonly Run[] =>
  stage.runs.map((each) => {
    const run = newRun(plan, stage.id, each);
    const before = stage.takenOver?.find(({ runId }) => runId === each.id);
    return before === undefined
      ? run
      : changedRun(run, { status: before.status, startedAt: before.startedAt, endedAt: before.endedAt });
  });

const newRun = (plan: Plan, stageId: string, run: RunPlan): Run => ({
  id: `${plan.executionId}/${run.id}`,
  planId: run.id,
  stageId,
  status: 'QUEUED',
  startedAt: null,
  endedAt: null,
  failure: null,
  lock: null,
  phases: [],
  abort: null,
  rollback: null,
  held: false,
  inputs: null,
});
