/**
 * Resume and rerun (orchestration 6.6, 6.8). Resume goes on with a pipeline that did not succeed: nothing it was started
 * with changes, the stages before the chosen one are taken over. Rerun starts the same once more, by today's definitions.
 */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import { isFailed, isTerminal, type Status } from '@fairlead/proto/model/status.ts';
import { whatExists } from '../definitions/nearest.ts';
import type { Execution, Run } from '../engine/execution.ts';
import { plannedRuns } from '../engine/evolve/pipeline.ts';
import type { Plan, StagePlan } from '../engine/plan.ts';
import { backwardStages, forwardStages } from '../engine/rules/take-back.ts';
import type { Actor } from './authorize.ts';
import { chosenArtifacts } from './chosen-artifacts.ts';
import type { DeployWorld } from './deploy.ts';
import { runsWithFound } from './found-there.ts';
import { withReleases } from './good-releases.ts';
import { idFor, remember, startedBefore } from './idempotency.ts';
import { lookOnce } from './look-once.ts';
import { claimResume, goesOn, refuseResume } from './resume-claim.ts';
import { planPipeline } from './plan-pipeline.ts';
import { pipelineOf } from './planner.ts';
import { withNumbers } from './release-numbers.ts';
import { restoredBy } from './restores.ts';
import { restoresOf, resumedFrom, takenOverStages } from './taken-over.ts';

const RESUMABLE: readonly Status[] = ['FAILED', 'ABORTED', 'EXPIRED', 'REJECTED'];

/** `stage`: its name; the first that did not succeed when left out. With the same key it goes on once. */
export async function resumePipeline(
  world: DeployWorld,
  actor: Actor,
  execution: Execution,
  stage: string | undefined,
  key?: string,
): Promise<{ readonly executionId: ExecutionId; readonly created: boolean }> {
  const { id } = execution;
  const asked = { key, request: { resume: id, stage: stage ?? null } };
  const requestId = idFor(world, actor, asked);
  const before = await startedBefore(world, requestId, asked);
  if (before !== null) return { executionId: before, created: false };
  const index = stageToResume(execution, stage);
  const claim = await claimResume(world, id, requestId, async () => {
    // By the same request, perhaps, while this one was on its way.
    return (await startedBefore(world, requestId, asked)) !== null;
  });
  if ('begun' in claim) return { executionId: claim.begun, created: false };
  const executionId = claim.by;
  let plan: Plan;
  try {
    plan = await planAnew(world, actor, execution, index, executionId);
    await remember(world, requestId, asked, executionId);
  } catch (error) {
    await claim.giveUp();
    throw error;
  }
  await claim.renew();
  const { created } = await world.drivers.start(plan);
  if (!created && key === undefined) throw goesOn(id, executionId);
  return { executionId, created };
}

async function planAnew(
  { rows: all, ...around }: DeployWorld,
  actor: Actor,
  execution: Execution,
  index: number,
  executionId: ExecutionId,
): Promise<Plan> {
  const world = { ...around, rows: lookOnce(all) };
  const { plan } = execution;
  const { revision } = plan.definition;
  const catalog = await world.definitions.at(revision);
  const given = plan.given ?? { variables: {}, builds: {}, artifacts: {} };
  const resumes = resumedFrom(execution, index);
  const fresh = await planPipeline(world, { catalog, revision }, pipelineOf(catalog, execution), {
    executionId,
    actor: actor.name,
    variables: given.variables,
    artifacts: given.builds,
    pinned: chosenArtifacts(execution),
    answers: answersOf(execution),
    resumeUuid: resumes.chain,
    skipSameVersion: plan.options?.skipSameVersion ?? false,
  });
  const taken = takenOverStages(execution, index);
  const stages = fresh.stages.slice(index);
  const later = await withNumbers(world, await withReleases(world.rows, { ...fresh, stages }));
  const restores = restoresOf(execution, taken, await restoredBy(world.rows, later));
  const whole = { ...fresh, stages: [...taken, ...later.stages], resumes, restores };
  const told = { id: executionId, plan: whole, runs: plannedRuns(whole) };
  return {
    ...whole,
    holds: true,
    stages: [
      ...taken,
      ...(await Promise.all(
        later.stages.map(async (each) => ({ ...each, runs: await runsWithFound(world.rows, told, each.runs) })),
      )),
    ],
  };
}

function stageToResume(execution: Execution, wanted: string | undefined): number {
  const { id, plan, status } = execution;
  if (plan.kind !== 'PIPELINE') throw refuseResume(id, 'it is no pipeline', 'Deploy the workflow again.');
  if (execution.endedAt === null) throw refuseResume(id, 'it has not ended', 'Wait for its end, or abort it.');
  if (!RESUMABLE.includes(status)) throw refuseResume(id, `it ended ${status}`, 'Start it again, or rerun it.');
  const stages = forwardStages(execution);
  const reached = stages.filter((stage) => runsOf(execution, stage).some(wasReached));
  const failing = stages.findIndex((stage) => runsOf(execution, stage).some((run) => isFailed(run.status)));
  const index = wanted === undefined ? failing : stages.findIndex((stage) => stage.name === wanted);
  const stage = stages[index];
  if (stage === undefined || !reached.includes(stage)) {
    const names = reached.map((each) => each.name);
    const mend = whatExists(wanted ?? '', names, 'stage that ran');
    throw new FailureError(
      failure('INVALID_INPUT', `no stage '${wanted ?? ''}' of ${id} was reached. ${mend}`, {
        field: 'stage',
        details: { mend, existing: names },
      }),
    );
  }
  const back = new Set(backwardStages(execution).map((each) => each.takesBack));
  const first = stages.findIndex((each) => back.has(each.id));
  if (first !== -1 && first < index) {
    const name = stages[first]?.name ?? '';
    throw refuseResume(id, `what stage '${name}' did was rolled back`, `Resume from '${name}', or a stage before it.`);
  }
  return index;
}

const runsOf = (execution: Execution, stage: StagePlan): readonly Run[] =>
  execution.runs.filter((run) => run.stageId === stage.id);

const wasReached = (run: Run): boolean =>
  run.startedAt !== null || run.inputs !== null || (isTerminal(run.status) && run.status !== 'SKIPPED');

/** Run of the plan → what was answered when it asked. */
export function answersOf({ runs, plan }: Execution): NonNullable<NonNullable<Plan['given']>['answers']> {
  const answered = runs.flatMap(({ inputs }) =>
    inputs === null || inputs.until === null || inputs.given === null
      ? []
      : [[inputs.of, inputs.given.values] as const],
  );
  return { ...plan.given?.answers, ...Object.fromEntries(answered) };
}
