/**
 * Which deployment a rollback after success takes back, and whether it may be (orchestration 10.6): the one that is
 * current, which has a successful one before it, on a platform that can. A rollback makes the deployment before it
 * current again, so asking to take back a rollback that succeeded means that one.
 */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import { rollbackRefusal } from '@fairlead/proto/steps/platforms.ts';
import type { Execution } from '../engine/execution.ts';
import type { PhasePlan, RunPlan } from '../engine/plan.ts';
import { rollbackStagesOf } from '../engine/rollback-plan.ts';
import { successAt, successesOf, type DeploymentCursor, type Rows } from '../ports/rows.ts';
import type { Executions } from './executions.ts';
import { rowOf } from './execution-row.ts';
import { deployedBy, restoresIn } from './restores.ts';

interface World {
  readonly rows: Rows;
  readonly executions: Executions;
}

const LOOK = 'What runs where (`fairlead status`) names the execution that can be.';
const DEPLOY = 'Deploy the build you want.';
const PAGE = 200;

function refuse(id: string, why: string, mend: string): never {
  throw new FailureError(
    failure('ILLEGAL_STATE', `${id} cannot be rolled back: ${why}. ${mend}`, { details: { mend } }),
  );
}

/** Throws why not. */
export async function currentDeployment(world: World, id: ExecutionId): Promise<Execution> {
  const { execution: asked, seq } = await world.executions.load(id);
  const { status } = asked;
  if (status !== 'SUCCESS') refuse(id, `it ended ${status}; only what has succeeded, or still runs, can be`, LOOK);
  // Rows are written behind the journal: of what has just succeeded there may be none, and an older one would seem newer.
  if (!asked.settled) await world.rows.putExecution(rowOf(asked, seq));
  const deployment = await restoredBy(world, asked);
  refuseWhatCannot(deployment, id);
  const places = placesOf(deployment);
  if (places.length === 0) refuse(id, 'it deployed nothing', LOOK);
  for (const place of places) await refuseUnlessCurrent(world.rows, asked, deployment, place);
  return deployment;
}

interface Place {
  readonly run: RunPlan;
  readonly phase: PhasePlan;
  readonly mapping: string;
  /** The execution itself, or the one that it took this over from. */
  readonly by: ExecutionId;
}

/** Of everything that would be taken back: nothing else of it matters. */
function placesOf(execution: Execution): readonly Place[] {
  const { id, plan } = execution;
  const taken = new Map(
    plan.stages.flatMap(({ takenOver = [] }) =>
      takenOver.map(({ runId, executionId }) => [runId, executionId ?? plan.resumes?.from ?? id] as const),
    ),
  );
  return rollbackStagesOf(execution).flatMap((stage) =>
    stage.runs.flatMap((run) =>
      run.phases.flatMap((phase) =>
        phase.mapping === null ? [] : [{ run, phase, mapping: phase.mapping, by: taken.get(run.id) ?? id }],
      ),
    ),
  );
}

/** What runs since this execution: what it deployed itself, or what it brought back. */
async function restoredBy({ executions }: World, execution: Execution): Promise<Execution> {
  const { id, plan } = execution;
  if (plan.rollbackOf === undefined) return execution;
  const [restored, ...others] = new Set(restoresIn(plan).map((each) => each.executionId));
  if (restored === undefined || others.length > 0) {
    return refuse(
      id,
      `it is itself the rollback of ${plan.rollbackOf}, and it is not known what it brought back`,
      DEPLOY,
    );
  }
  return (await executions.load(restored)).execution;
}

/** Of what would be taken back. */
function refuseWhatCannot(deployment: Execution, id: string): void {
  for (const run of rollbackStagesOf(deployment).flatMap((stage) => stage.runs)) {
    for (const { deploymentType } of run.phases) {
      const refusal = rollbackRefusal(deploymentType, run.type, 'afterSuccess');
      if (refusal !== null) refuse(id, refusal, DEPLOY);
    }
  }
}

async function refuseUnlessCurrent(rows: Rows, asked: Execution, deployment: Execution, place: Place): Promise<void> {
  const { run, phase, mapping } = place;
  const workflow = run.workflow.name;
  const newest = await rows.lastSuccess({ name: workflow, mapping });
  const by = newest === null ? null : deployedBy(newest, workflow, mapping);
  if (newest !== null && by !== deployment.id && by !== place.by) {
    refuse(asked.id, `${newest.executionId} was deployed there after it`, 'Roll back that one.');
  }
  const since = newest === null ? 0 : (successAt(newest, { name: workflow, mapping }) ?? 0);
  const other = await newerByAnother(rows, deployment, place, since);
  if (other !== null)
    refuse(asked.id, `${other} was deployed there after it, by another workflow`, 'Roll back that one.');
  if (phase.rollbackArtifact === null) {
    refuse(asked.id, `no build of ${phase.service?.name ?? 'the service'} was deployed there before it`, DEPLOY);
  }
}

/** Another workflow that succeeded there since. */
async function newerByAnother(
  rows: Rows,
  { id, plan }: Execution,
  { run, phase: { service, infrastructure }, mapping, by }: Place,
  since: number,
): Promise<string | null> {
  if (service === null || infrastructure === null) return null;
  const place = { application: plan.application.name, service: service.name, infrastructure: infrastructure.name };
  const seen = new Set<string>();
  for (let cursor: DeploymentCursor | undefined; ;) {
    const page = await rows.listDeployments(place, { ...(cursor === undefined ? {} : { cursor }), limit: PAGE });
    for (const { executionId, at } of page) {
      if (at <= since) return null;
      // What other workflows of its own have put there goes back with it.
      if (seen.has(executionId) || executionId === id || executionId === by) continue;
      seen.add(executionId);
      const row = await rows.getExecution(executionId);
      const successes = row === null ? [] : successesOf(row);
      if (successes.some((each) => each.mapping === mapping && each.name !== run.workflow.name)) return executionId;
    }
    cursor = page.at(-1);
    if (page.length < PAGE) return null;
  }
}
