/**
 * Taking back what the stages of a pipeline did (orchestration 6.5): after a failure where the pipeline says so, or when a
 * person asks for it. Stages are appended, newest first; one that fails does not stop the others.
 */
import { failure } from '@fairlead/proto/model/failure.ts';
import { isFailed, isTerminal } from '@fairlead/proto/model/status.ts';
import type { Execution, Run } from '../execution.ts';
import type { Input } from '../inputs.ts';
import type { RunPlan, StagePlan } from '../plan.ts';
import { rollbackRunOf } from '../rollback-plan.ts';
import { idOfUndoing, nameOfRun, planOfRun } from '../plan-of.ts';
import type { Turn } from '../turn.ts';
import { abortRun, cancelOpenAttempts } from './abort.ts';
import { closeOpenNodes } from './close.ts';
import { startRollback } from './rollback.ts';
import { onlyQueues, refusalOf } from './rollback-refusal.ts';

export const forwardStages = (execution: Execution): readonly StagePlan[] =>
  execution.plan.stages.filter((stage) => stage.takesBack === undefined);

export const backwardStages = (execution: Execution): readonly StagePlan[] =>
  execution.plan.stages.filter((stage) => stage.takesBack !== undefined);

/** What runs is stopped and rolled back; what has not begun never will; the rest is taken back by stages of its own. */
export function rollBackPipeline(turn: Turn, { actor, reason }: Extract<Input, { input: 'rollback' }>): void {
  const { execution } = turn;
  const refusal = whyNot(execution);
  if (refusal !== null) {
    return turn.emit({ event: 'InputRejected', input: 'rollback', failure: failure('ILLEGAL_STATE', refusal) });
  }
  turn.emit({ event: 'RollbackAsked', actor, reason });
  const why = failure('CANCELED', reason === '' ? `rolled back by ${actor}` : reason);
  for (const run of execution.runs.filter((each) => !isTerminal(each.status))) {
    if (run.abort !== null || run.rollback !== null) continue;
    if (run.startedAt !== null && onlyQueues(execution, run)) {
      abortRun(turn, run, actor, why.message);
      continue;
    }
    if (run.startedAt !== null && planOfRun(execution, run).type !== 'APPROVAL') {
      startRollback(turn, run, { cause: null, actor, scope: 'WORKFLOW', failure: why });
      cancelOpenAttempts(turn, turn.run(run.id), why.message);
      continue;
    }
    // A script may be asked just now.
    cancelOpenAttempts(turn, run, why.message);
    closeOpenNodes(turn, turn.run(run.id), 'FAILED');
    // What was not reached is no failure of its own.
    const reached = run.startedAt !== null || run.inputs !== null;
    turn.emit({
      event: 'RunEnded',
      runId: run.id,
      status: reached ? 'FAILED' : 'SKIPPED',
      failure: reached ? why : null,
    });
  }
}

function whyNot(execution: Execution): string | null {
  const open = execution.runs.filter((run) => !isTerminal(run.status));
  if (open.length === 0) return 'it has ended already';
  if (execution.rollbackAsked !== null || backwardStages(execution).length > 0) return 'it is rolling back already';
  if (open.some((run) => run.abort !== null)) return 'it is being aborted';
  const refusals = execution.runs.map((run) =>
    hasDeployed(execution, run) ? refusalOf(planOfRun(execution, run)) : null,
  );
  return refusals.find((refusal) => refusal !== null) ?? null;
}

/** Or does now: a build and an approval leave nothing behind that a platform would have to take back. */
const hasDeployed = (execution: Execution, run: Run): boolean =>
  planOfRun(execution, run).type !== 'BUILD' &&
  (isTerminal(run.status) ? run.status === 'SUCCESS' : run.startedAt !== null && run.rollback === null);

/** True when something was appended. */
export function appendBackwardStages(turn: Turn): boolean {
  const { execution } = turn;
  const asked = execution.rollbackAsked !== null;
  if (backwardStages(execution).length > 0 || (!asked && execution.plan.rollbackOnFailure !== true)) return false;
  if (execution.runs.some((run) => isAborted(execution, run))) return false;
  const stages = forwardStages(execution);
  const failing = stages.findIndex((stage) => runsOf(execution, stage).some((run) => isFailed(run.status)));
  // Runs that have succeeded beside the one that failed stay, unless somebody wants all of it back.
  const before = asked ? stages : stages.slice(0, Math.max(0, failing));
  const appended = before.toReversed().flatMap((stage) => backwardStage(execution, stage) ?? []);
  for (const stage of appended) turn.emit({ event: 'StageAppended', stage });
  return appended.length > 0;
}

/** An abort takes nothing back; but what only queued when all was to be taken back was aborted by that very wish. */
const isAborted = ({ rollbackAsked: asked }: Execution, { status, rollback, abort }: Run): boolean =>
  status === 'ABORTED' && (asked === null || (rollback !== null && (abort?.at ?? 0) >= asked.at));

const runsOf = (execution: Execution, stage: StagePlan): readonly Run[] =>
  execution.runs.filter((run) => run.stageId === stage.id);

function backwardStage(execution: Execution, stage: StagePlan): StagePlan | null {
  const runs = runsOf(execution, stage).flatMap((run) => backwardRun(execution, stage, run) ?? []);
  if (runs.length === 0) return null;
  return { id: `${stage.id}u`, name: `Rollback-${stage.name}`, runs, takesBack: stage.id };
}

/** What was skipped, and an approval, have nothing to take back. */
function backwardRun(execution: Execution, stage: StagePlan, run: Run): RunPlan | null {
  if (run.status !== 'SUCCESS') return null;
  const plan = planOfRun(execution, run);
  const before = stage.takenOver?.find((each) => each.runId === run.planId);
  const back = before === undefined ? rollbackRunOf(plan, run) : before.rollback;
  if (back === null || back.phases.length === 0) return null;
  const name = `Rollback ${nameOfRun(plan)}`;
  return { ...back, id: idOfUndoing(run.planId), name, skip: null, inputs: null, deferred: false };
}
