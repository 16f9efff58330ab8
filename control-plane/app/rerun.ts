/** The same once more (orchestration 6.8): same inputs, builds, named hosts and answers, by the definitions of today. */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { Execution } from '../engine/execution.ts';
import type { RunOptions } from '../engine/run-options.ts';
import type { Actor } from './authorize.ts';
import { chosenArtifacts } from './chosen-artifacts.ts';
import { planFor, readyToStart, type DeployWorld } from './deploy.ts';
import { lookOnce } from './look-once.ts';
import { idFor, startedBefore, remember } from './idempotency.ts';
import { answersOf } from './resume-pipeline.ts';
import { rollbackAfter } from './rollback.ts';

const DEPLOY = 'Deploy the build you want.';

export async function rerun(
  world: DeployWorld,
  actor: Actor,
  execution: Execution,
  { skipSameVersion }: Pick<RunOptions, 'skipSameVersion'>,
  key?: string,
): Promise<{ readonly executionId: ExecutionId; readonly created: boolean }> {
  const { id, plan } = execution;
  const said = skipSameVersion === undefined ? {} : { skipSameVersion };
  const asked = { key, request: { rerun: id, ...said } };
  const executionId = idFor(world, actor, asked);
  if ((await startedBefore(world, executionId, asked)) !== null) return { executionId, created: false };
  const refuse = (why: string, mend: string): FailureError =>
    new FailureError(failure('ILLEGAL_STATE', `${id} cannot be run again: ${why}. ${mend}`, { details: { mend } }));
  if (plan.rollbackOf !== undefined) throw refuse(`it is the rollback of ${plan.rollbackOf}`, DEPLOY);
  if (execution.endedAt === null) throw refuse('it has not ended', 'Wait for its end, or abort it.');
  const takenBack = await rollbackAfter(world, id);
  if (takenBack !== null) {
    const { executionId: by, begun } = takenBack;
    throw refuse(
      begun ? `it was rolled back by ${by}` : 'somebody has asked for its rollback, which begins now',
      DEPLOY,
    );
  }
  const builds = Object.entries(chosenArtifacts(execution)).map(([service, { build }]) => [service, build] as const);
  const request = {
    application: plan.application.name,
    name: plan.name,
    variables: plan.given?.variables ?? variablesOf(execution),
    artifacts: plan.given?.builds ?? Object.fromEntries(builds),
    ...plan.options,
    ...said,
  };
  const pinned = plan.kind === 'PIPELINE' ? { pinned: chosenArtifacts(execution), answers: answersOf(execution) } : {};
  const planning = { ...world, rows: lookOnce(world.rows) };
  const planned = await planFor(planning, actor, { ...request, ...pinned }, executionId);
  const ready = await readyToStart(planning, planned);
  await remember(world, executionId, asked);
  const { created } = await world.drivers.start(ready);
  return { executionId, created };
}

/** Of the one workflow there is. */
function variablesOf({ plan }: Execution): Readonly<Record<string, string>> {
  const workflow = plan.stages[0]?.runs[0]?.families['workflow'] as JsonObject | undefined; // Made by the plan.
  return (workflow?.['variables'] ?? {}) as Readonly<Record<string, string>>; // As above.
}
