/** What has to be looked up before a pipeline, or one of its stages, can be planned: builds, and what was good before. */
import type { Failure } from '@fairlead/proto/model/failure.ts';
import type { Catalog } from './catalog.ts';
import { own } from './json-values.ts';
import { whatExists } from './nearest.ts';
import { isPlannedAtStart, placesOf } from './pipeline-places.ts';
import {
  choosePipelineInputs,
  copiesOf,
  missingValues,
  type ChosenPipeline,
  type Copy,
  type Member,
} from './pipeline-request.ts';
import type { DeploymentRequest } from './plan-request.ts';
import { requirements, type Need } from './plan.ts';
import { refuse } from './refuse.ts';

export type PipelineRequirements =
  | {
      readonly ok: true;
      /** Builds to look up before the plan can be made; one per service. */
      readonly needs: readonly Need[];
      /** Whose last good artifacts are to be looked up. */
      readonly mappings: readonly { readonly workflow: string; readonly mapping: string }[];
    }
  | { readonly ok: false; readonly failures: readonly Failure[] };

/** What has to be looked up before the plan can be made; or everything that is wrong with the request. */
export function pipelineRequirements(
  catalog: Catalog,
  chosen: ChosenPipeline,
  request: DeploymentRequest,
): PipelineRequirements {
  const failures: Failure[] = [];
  const values = choosePipelineInputs(catalog, chosen, request.variables, failures);
  for (const { member } of placesOf(chosen)) {
    if (member.skip !== 'always') failures.push(...missingValues(catalog, chosen, member, values));
  }
  if (failures.length > 0) return { ok: false, failures };
  const copies = placesOf(chosen).flatMap((place) =>
    isPlannedAtStart(catalog, chosen, place)
      ? copiesOf(catalog, chosen, place.member, values).map((copy) => ({ copy, member: place.member }))
      : [],
  );
  return gather(catalog, chosen, copies, request);
}

/** The same for the run of a stage that was reached. */
export function gather(
  catalog: Catalog,
  chosen: ChosenPipeline,
  copies: readonly { readonly copy: Copy; readonly member: Member }[],
  request: DeploymentRequest,
): PipelineRequirements {
  const failures: Failure[] = [];
  const needs = new Map<string, Need>();
  const mappings: { workflow: string; mapping: string }[] = [];
  for (const { copy, member } of copies) {
    const needed = requirements(catalog, copy.request);
    if (!needed.ok) {
      failures.push(...needed.failures.map((each) => inStage(member, each)));
      continue;
    }
    for (const need of needed.needs) {
      const build = own(request.builds ?? {}, need.service) ?? null;
      if (!needs.has(need.service)) needs.set(need.service, { ...need, build });
    }
    mappings.push(...needed.mappings.map((mapping) => ({ workflow: needed.workflow.name, mapping })));
  }
  const later = placesOf(chosen).some((place) => !isPlannedAtStart(catalog, chosen, place));
  for (const service of later ? [] : Object.keys(request.builds ?? {})) {
    if (needs.has(service)) continue;
    const reason = `the pipeline '${chosen.pipeline.name}' deploys no build of a service '${service}'`;
    const existing = [...needs.keys()];
    failures.push(refuse(`artifacts.${service}`, reason, whatExists(service, existing, 'service'), existing));
  }
  return failures.length > 0 ? { ok: false, failures } : { ok: true, needs: [...needs.values()], mappings };
}

export const inStage = (member: Member, each: Failure): Failure => ({
  ...each,
  message: `stage '${member.name}': ${each.message}`,
});
