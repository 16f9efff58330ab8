/**
 * Rollback on request (orchestration 10.5, 10.6): of what runs, by telling it; of what has succeeded, by an execution of
 * its own that runs the rollback sections of that very plan. The definitions of today play no part in it.
 */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { Ids } from '@fairlead/proto/model/system.ts';
import type { Execution } from '../engine/execution.ts';
import type { Plan } from '../engine/plan.ts';
import { rollbackStagesOf } from '../engine/rollback-plan.ts';
import type { Documents } from '../ports/documents.ts';
import type { Rows } from '../ports/rows.ts';
import type { Actor } from './authorize.ts';
import type { Drivers } from './drivers.ts';
import type { Executions } from './executions.ts';
import { currentDeployment } from './current-deployment.ts';
import type { Router } from './router.ts';
import { runNamed } from './run-named.ts';

export interface RollbackWorld {
  readonly rows: Rows;
  readonly documents: Documents;
  readonly executions: Executions;
  readonly drivers: Drivers;
  readonly router: Router;
  readonly ids: Ids;
}

/** Answers the execution that does it: the same one while it runs, a new one after its success. */
export async function rollback(
  world: RollbackWorld,
  actor: Actor,
  execution: Execution,
  { reason, run }: { readonly reason: string; readonly run: string | undefined },
): Promise<{ readonly executionId: ExecutionId }> {
  const { id, endedAt } = execution;
  const one = run === undefined ? {} : { runId: runNamed(execution, run) };
  if (endedAt === null) {
    await world.router.submit(id, { input: 'rollback', actor: actor.name, reason, ...one });
    return { executionId: id };
  }
  if (run !== undefined) {
    const mend = 'Leave the run out to roll back all of it.';
    const why = `${id} has ended: a run of it alone can be rolled back only while it runs. ${mend}`;
    throw new FailureError(failure('ILLEGAL_STATE', why, { details: { mend } }));
  }
  const deployment = await currentDeployment(world, id);
  return { executionId: await startOnce(world, deployment, actor, reason) };
}

/** The execution that takes it back after its success, or has tried to, or is just about to; null: nobody asked. */
export async function rollbackAfter(
  { documents, drivers }: Pick<RollbackWorld, 'documents' | 'drivers'>,
  id: ExecutionId,
): Promise<{ readonly executionId: ExecutionId; readonly begun: boolean } | null> {
  const known = await documents.get('rollbacks', id);
  if (known === null) return null;
  const executionId = String(known.body['executionId'] ?? '');
  return { executionId, begun: await drivers.exists(executionId) };
}

async function goesOnOrSucceeded({ executions }: RollbackWorld, id: ExecutionId): Promise<boolean> {
  const { endedAt, status } = (await executions.load(id)).execution;
  return endedAt === null || status === 'SUCCESS';
}

/** However many ask, one execution takes it back; another only when that one has failed. */
async function startOnce(
  world: RollbackWorld,
  deployment: Execution,
  actor: Actor,
  reason: string,
): Promise<ExecutionId> {
  const { documents, ids, drivers } = world;
  for (;;) {
    const known = await documents.get('rollbacks', deployment.id);
    const id = String(known?.body['executionId'] ?? '');
    const exists = known !== null && (await drivers.exists(id));
    if (exists && (await goesOnOrSucceeded(world, id))) return id;
    // Told, but not started: whoever told it is gone.
    const executionId = known !== null && !exists ? id : ids.unique('x');
    const ours =
      executionId === id ||
      (known === null
        ? await documents.insert('rollbacks', deployment.id, { executionId })
        : await documents.replace('rollbacks', deployment.id, known.version, { executionId }));
    if (!ours) continue;
    await drivers.start(rollbackPlan(deployment, executionId, actor, reason));
    return executionId;
  }
}

/** The plan of the deployment turned round: its rollback sections on the hosts it deployed to, newest phase first. */
function rollbackPlan(deployment: Execution, executionId: ExecutionId, actor: Actor, reason: string): Plan {
  return {
    ...deployment.plan,
    executionId,
    actor: actor.name,
    rollbackOf: deployment.id,
    reason,
    holds: true,
    stages: rollbackStagesOf(deployment),
  };
}
