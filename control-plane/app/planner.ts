/** Plans runs that were reached late, from the very revision their pipeline was planned from: carries out `planRun`. */
import { FAILURES, failure, FailureError, type Failure } from '@fairlead/proto/model/failure.ts';
import { executionOf } from '@fairlead/proto/model/ids.ts';
import type { Clock } from '@fairlead/proto/model/system.ts';
import type { ArtifactRef } from '@fairlead/proto/model/task.ts';
import type { Catalog } from '../definitions/catalog.ts';
import {
  chooseDeployable,
  choosePipelineInputs,
  copiesOf,
  type ChosenPipeline,
} from '../definitions/pipeline-request.ts';
import { placesOf } from '../definitions/pipeline-places.ts';
import { gather } from '../definitions/pipeline-requirements.ts';
import { planCopies } from '../definitions/plan-pipeline.ts';
import type { CommandOf } from '../engine/commands.ts';
import type { Execution, Run } from '../engine/execution.ts';
import type { Input } from '../engine/inputs.ts';
import type { RunPlan } from '../engine/plan.ts';
import { collectedArtifacts } from '../engine/rules/collect.ts';
import type { Digest } from '../ports/digest.ts';
import type { Documents } from '../ports/documents.ts';
import type { Rows } from '../ports/rows.ts';
import type { Builds } from './builds.ts';
import { chosenArtifacts } from './chosen-artifacts.ts';
import type { DefinitionStore } from './definition-store.ts';
import { runsWithFound } from './found-there.ts';
import { runsWithReleases } from './good-releases.ts';
import { lookOnce } from './look-once.ts';
import { installedIn, refused, resolveBuilds } from './plan-lookups.ts';
import { lastGoods } from './plan-pipeline.ts';
import { instancesOf } from './installs.ts';
import { runsWithNumbers } from './release-numbers.ts';
import { runsWithRestores } from './restores.ts';

export interface PlannerWorld {
  readonly definitions: DefinitionStore;
  readonly builds: Builds;
  readonly documents: Documents;
  readonly rows: Rows;
  readonly digest: Digest;
  readonly clock: Clock;
  give(executionId: string, input: Input): Promise<unknown>;
}

const AGAIN_MS = 2_000;

export class Planner {
  readonly #world: PlannerWorld;

  constructor(world: PlannerWorld) {
    this.#world = world;
  }

  async plan({ runId }: CommandOf<'planRun'>, execution: Execution): Promise<number> {
    const run = execution.runs.find((each) => each.id === runId);
    if (run === undefined) return AGAIN_MS;
    const planned = await this.#plansOf(execution, run);
    // What may be there in a moment is looked for again; the engine knows how long.
    if ('failures' in planned && planned.failures.some((each) => FAILURES[each.code].retryable)) return AGAIN_MS;
    const input: Input =
      'failures' in planned
        ? { input: 'runUnplannable', runId, failures: planned.failures }
        : { input: 'runPlanned', runId, plans: planned.plans };
    await this.#world.give(executionOf(runId), input);
    return AGAIN_MS;
  }

  async #plansOf(
    execution: Execution,
    run: Run,
  ): Promise<{ readonly plans: readonly RunPlan[] } | { readonly failures: readonly Failure[] }> {
    try {
      return { plans: await this.#tryToPlan(execution, run) };
    } catch (error) {
      if (error instanceof FailureError) return { failures: error.failures };
      throw error;
    }
  }

  async #tryToPlan(execution: Execution, run: Run): Promise<readonly RunPlan[]> {
    const { definitions, builds, documents, digest, clock } = this.#world;
    const rows = lookOnce(this.#world.rows);
    const { plan } = execution;
    const given = plan.given ?? { variables: {}, builds: {}, artifacts: {} };
    const { revision } = plan.definition;
    const catalog = await definitions.at(revision);
    const chosen = pipelineOf(catalog, execution);
    const place = placesOf(chosen).find(({ number }) => `r${number}` === (run.inputs?.of ?? run.planId));
    if (place === undefined) throw new Error(`no member of the pipeline for ${run.id}`);
    const failures: Failure[] = [];
    const values = choosePipelineInputs(catalog, chosen, given.variables, failures);
    const copies = copiesOf(catalog, chosen, place.member, values, run.inputs?.given?.values ?? {});
    const needed = gather(
      catalog,
      chosen,
      copies.map((copy) => ({ copy, member: place.member })),
      { variables: given.variables, builds: given.builds },
    );
    if (!needed.ok) throw refused(needed.failures);
    const artifacts = await this.#artifacts(execution, needed.needs, builds);
    const plans = planCopies(
      catalog,
      revision,
      chosen,
      { id: run.inputs?.of ?? run.planId, member: place.member, copies },
      {
        executionId: execution.id,
        actor: plan.actor,
        variables: given.variables,
        values,
        artifacts,
        rollbackArtifacts: await lastGoods(rows, needed.mappings),
        now: clock.now(),
        resumeUuid: plan.resumes?.chain ?? null,
        ...(plan.options?.skipSameVersion === true
          ? {
              skipSameVersion: true,
              // Its own rows are written when all of it has ended.
              installed: await installedIn(rows, plan.application.name, instancesOf(execution, 0)),
            }
          : {}),
        hash: (text) => digest.sha256(text),
      },
      failures,
    );
    if (failures.length > 0) throw refused(failures);
    const ready = await runsWithRestores(rows, await runsWithReleases(rows, plan.application.name, plans));
    return runsWithNumbers({ rows, documents }, execution.id, await runsWithFound(rows, execution, ready));
  }

  /** What a build stage has collected replaces what was chosen at the start (orchestration 6.2). */
  async #artifacts(
    execution: Execution,
    needs: Parameters<typeof resolveBuilds>[1],
    builds: Builds,
  ): Promise<Readonly<Record<string, ArtifactRef>>> {
    const collected = collectedArtifacts(execution);
    const known: Record<string, ArtifactRef> = { ...chosenArtifacts(execution) };
    for (const { service, source } of needs) {
      const found = collected.get(service);
      if (found !== undefined) known[service] = { ...found, source };
    }
    const unknown = needs.filter(({ service }) => known[service] === undefined);
    return { ...known, ...(await resolveBuilds(builds, unknown)) };
  }
}

/** Of the revision that the execution was planned from, where it did exist. */
export function pipelineOf(catalog: Catalog, { plan }: Execution): ChosenPipeline {
  const deployable = chooseDeployable(catalog, { application: plan.application.name, name: plan.name, variables: {} });
  if (!deployable.ok) throw refused(deployable.failures);
  if (deployable.pipeline === null) {
    const was = `revision ${plan.definition.revision} of the definitions, which ${plan.executionId} was planned from,`;
    throw new FailureError(failure('ILLEGAL_STATE', `${was} has no pipeline '${plan.name}'. Start it anew`));
  }
  return deployable.pipeline;
}
