/** Starting an execution: everything that could be refused is refused here, before anything starts. */
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { Json } from '@fairlead/proto/model/json.ts';
import type { Clock, Ids } from '@fairlead/proto/model/system.ts';
import type { ArtifactRef } from '@fairlead/proto/model/task.ts';
import { chooseDeployable } from '../definitions/pipeline-request.ts';
import { buildPlan, requirements } from '../definitions/plan.ts';
import { refuseOptions } from '../definitions/run-options.ts';
import type { Plan } from '../engine/plan.ts';
import type { Digest } from '../ports/digest.ts';
import type { Documents } from '../ports/documents.ts';
import type { Rows } from '../ports/rows.ts';
import type { Actor } from './authorize.ts';
import type { Builds } from './builds.ts';
import type { DefinitionStore } from './definition-store.ts';
import type { Drivers } from './drivers.ts';
import type { Holds } from './holds.ts';
import { idFor, startedBefore, remember } from './idempotency.ts';
import { withReleases } from './good-releases.ts';
import { lookOnce } from './look-once.ts';
import { installedIn, lastGood, refused, resolveBuilds } from './plan-lookups.ts';
import { planPipeline, type PipelineStart } from './plan-pipeline.ts';
import { withNumbers } from './release-numbers.ts';
import { restoredBy } from './restores.ts';
import type { DeployRequest, UseCases } from './use-cases.ts';

export interface DeployWorld {
  readonly definitions: DefinitionStore;
  readonly builds: Builds;
  readonly rows: Rows;
  readonly documents: Documents;
  readonly drivers: Drivers;
  readonly holds: Holds;
  readonly digest: Digest;
  readonly system: { readonly clock: Clock; readonly ids: Ids };
}

export async function deploy(world: DeployWorld, actor: Actor, request: DeployRequest): ReturnType<UseCases['deploy']> {
  const { idempotencyKey: key, ...what } = request;
  const asked = { key, request: what as unknown as Json }; // Plain data.
  const executionId = idFor(world, actor, asked);
  if ((await startedBefore(world, executionId, asked)) !== null) return { executionId, created: false, holds: [] };
  const planning = { ...world, rows: lookOnce(world.rows) };
  const planned = await planFor(planning, actor, request, executionId);
  const plan = await readyToStart(planning, planned);
  await remember(world, executionId, asked);
  const holds = await world.holds.against(planned);
  const { created } = await world.drivers.start(plan);
  return { executionId, created, holds };
}

/** With what a rollback of it needs to know, and the number it has: every plan that starts something new has them. */
export const readyToStart = async (
  { rows, documents }: Pick<DeployWorld, 'rows' | 'documents'>,
  planned: Plan,
): Promise<Plan> => ({
  ...(await withNumbers({ rows, documents }, await withReleases(rows, planned))),
  holds: true,
  restores: await restoredBy(rows, planned),
});

/** From the definitions of this moment. */
export async function planFor(
  world: DeployWorld,
  actor: Actor,
  request: DeployRequest & Pick<PipelineStart, 'pinned' | 'answers'>,
  executionId: ExecutionId,
): Promise<Plan> {
  const current = await world.definitions.current();
  const deployable = chooseDeployable(current.catalog, request);
  if (!deployable.ok) throw refused(deployable.failures);
  if (deployable.pipeline !== null) {
    const { name: pipeline } = deployable.pipeline.pipeline;
    const misplaced = refuseOptions(request, pipeline);
    if (misplaced.length > 0) throw refused(misplaced);
    return planPipeline(world, current, deployable.pipeline, { executionId, actor: actor.name, ...request });
  }
  const { catalog, revision } = current;
  const wanted = { ...request, builds: request.artifacts };
  const needed = requirements(catalog, wanted);
  if (!needed.ok) throw refused(needed.failures);
  const artifacts = await resolveBuilds(world.builds, needed.needs);
  const rollbackArtifacts: Record<string, ArtifactRef | null> = {};
  for (const mapping of needed.mappings) {
    rollbackArtifacts[mapping] = await lastGood(world.rows, needed.workflow.name, mapping);
  }
  const planned = buildPlan(catalog, revision, {
    ...wanted,
    executionId,
    actor: actor.name,
    artifacts,
    rollbackArtifacts,
    installed: request.skipSameVersion === true ? await installedIn(world.rows, needed.application.name) : [],
    now: world.system.clock.now(),
    hash: (text) => world.digest.sha256(text),
  });
  if (!planned.ok) throw refused(planned.failures);
  return planned.plan;
}
