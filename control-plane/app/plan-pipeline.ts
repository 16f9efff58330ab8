/** The plan of a pipeline: everything its stages need is looked up first. */
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { Clock } from '@fairlead/proto/model/system.ts';
import type { ArtifactRef } from '@fairlead/proto/model/task.ts';
import type { ChosenPipeline } from '../definitions/pipeline-request.ts';
import { pipelineRequirements, type PipelineRequirements } from '../definitions/pipeline-requirements.ts';
import { buildPipelinePlan } from '../definitions/plan-pipeline.ts';
import type { GivenPlan, Plan } from '../engine/plan.ts';
import type { Digest } from '../ports/digest.ts';
import type { Rows } from '../ports/rows.ts';
import type { Builds } from './builds.ts';
import type { Revision } from './definition-store.ts';
import { installedIn, lastGood, refused, resolveBuilds } from './plan-lookups.ts';

export interface PlanningWorld {
  readonly builds: Builds;
  readonly rows: Rows;
  readonly digest: Digest;
  readonly system: { readonly clock: Clock };
}

export interface PipelineStart {
  readonly executionId: ExecutionId;
  readonly actor: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Service → build. */
  readonly artifacts: Readonly<Record<string, string>>;
  /** Service → the very artifact that was chosen before. */
  readonly pinned?: Readonly<Record<string, ArtifactRef>>;
  readonly answers?: GivenPlan['answers'];
  readonly resumeUuid?: string;
  readonly skipSameVersion?: boolean;
}

export async function planPipeline(
  world: PlanningWorld,
  { catalog, revision }: Revision,
  chosen: ChosenPipeline,
  {
    executionId,
    actor,
    variables,
    artifacts: builds,
    pinned = {},
    answers,
    resumeUuid,
    skipSameVersion = false,
  }: PipelineStart,
): Promise<Plan> {
  const needed = pipelineRequirements(catalog, chosen, { variables, builds });
  if (!needed.ok) throw refused(needed.failures);
  const planned = buildPipelinePlan(catalog, revision, chosen, {
    executionId,
    actor,
    variables,
    builds,
    artifacts: {
      ...pinned,
      ...(await resolveBuilds(
        world.builds,
        needed.needs.filter(({ service }) => pinned[service] === undefined),
      )),
    },
    rollbackArtifacts: await lastGoods(world.rows, needed.mappings),
    now: world.system.clock.now(),
    ...(answers === undefined ? {} : { answers }),
    resumeUuid: resumeUuid ?? null,
    ...(skipSameVersion ? { skipSameVersion, installed: await installedIn(world.rows, chosen.application.name) } : {}),
    hash: (text) => world.digest.sha256(text),
  });
  if (!planned.ok) throw refused(planned.failures);
  return planned.plan;
}

type LastGoods = Readonly<Record<string, Readonly<Record<string, ArtifactRef | null>>>>;

/** By workflow and mapping. */
export async function lastGoods(
  rows: Rows,
  mappings: (PipelineRequirements & { readonly ok: true })['mappings'],
): Promise<LastGoods> {
  const found: Record<string, Record<string, ArtifactRef | null>> = {};
  for (const { workflow, mapping } of mappings) {
    (found[workflow] ??= {})[mapping] = await lastGood(rows, workflow, mapping);
  }
  return found;
}
