/**
 * Rollback on request (orchestration 10.5, 10.6): of what runs, by telling it; of what has succeeded, by an execution of
 * its own that runs the rollback sections of that very plan. The definitions of today play no part in it.
 */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { Ids } from '@fairlead/proto/model/system.ts';
import type { Execution } from '../engine/execution.ts';
import type { Plan } from '../engine/plan.ts';
import { rollbackRunOf } from '../engine/rollback-plan.ts';
import type { Rows } from '../ports/rows.ts';
import type { Actor } from './authorize.ts';
import type { Drivers } from './drivers.ts';
import type { Router } from './router.ts';

export interface RollbackWorld {
  readonly rows: Rows;
  readonly drivers: Drivers;
  readonly router: Router;
  readonly ids: Ids;
}

/** Answers the execution that does it: the same one while it runs, a new one after its success. */
export async function rollback(
  world: RollbackWorld,
  actor: Actor,
  execution: Execution,
  reason: string,
): Promise<{ readonly executionId: ExecutionId }> {
  const { id } = execution;
  if (execution.endedAt === null) {
    await world.router.submit(id, { input: 'rollback', actor: actor.name, reason });
    return { executionId: id };
  }
  await refuseUnlessCurrent(world.rows, execution);
  const executionId = world.ids.unique('x');
  await world.drivers.start(rollbackPlan(execution, executionId, actor));
  return { executionId };
}

async function refuseUnlessCurrent(rows: Rows, { id, status, plan }: Execution): Promise<void> {
  const refuse = (why: string, mend: string): never => {
    throw new FailureError(
      failure('ILLEGAL_STATE', `${id} cannot be rolled back: ${why}. ${mend}`, { details: { mend } }),
    );
  };
  const current = 'What runs where (`fairlead status`) names the execution that can be.';
  if (status !== 'SUCCESS') refuse(`it ended ${status}; only what has succeeded, or still runs, can be`, current);
  if (plan.rollbackOf !== undefined)
    refuse(`it is itself the rollback of ${plan.rollbackOf}`, 'Deploy the build you want.');
  const phases = plan.stages.flatMap((stage) =>
    stage.runs.flatMap((run) => run.phases.map((phase) => ({ ...phase, workflow: run.workflow.name }))),
  );
  if (phases.every((phase) => phase.mapping === null)) refuse('it deployed nothing', current);
  for (const { mapping, rollbackArtifact, service, workflow } of phases) {
    if (mapping === null) continue;
    if (rollbackArtifact === null)
      refuse(
        `no build of ${service?.name ?? 'the service'} was deployed there before it`,
        'Deploy the build you want.',
      );
    const last = await rows.lastSuccess({ name: workflow, mapping });
    if (last !== null && last.executionId !== id)
      refuse(`${last.executionId} was deployed there after it`, 'Roll back that one.');
  }
}

/** The plan of the deployment turned round: its rollback sections on the hosts it deployed to, newest phase first. */
export function rollbackPlan({ plan, id, runs, outputs }: Execution, executionId: ExecutionId, actor: Actor): Plan {
  const ran = new Map(runs.map((run) => [run.planId, run]));
  return {
    ...plan,
    executionId,
    actor: actor.name,
    rollbackOf: id,
    stages: plan.stages.toReversed().map((stage) => ({
      ...stage,
      runs: stage.runs.map((run) => rollbackRunOf(run, ran.get(run.id), outputs)),
    })),
  };
}
