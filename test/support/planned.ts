/** Plans as definitions make them: build 7 of every service, and 6 of `web` everywhere before it. */
import { chooseDeployable, type ChosenPipeline } from '../../control-plane/definitions/pipeline-request.ts';
import type { Catalog } from '../../control-plane/definitions/catalog.ts';
import { artifact } from '../../control-plane/definitions/plan-fixture.ts';
import { pipelineRequirements } from '../../control-plane/definitions/pipeline-requirements.ts';
import { buildPipelinePlan } from '../../control-plane/definitions/plan-pipeline.ts';
import { buildPlan, requirements } from '../../control-plane/definitions/plan.ts';
import type { Plan } from '../../control-plane/engine/plan.ts';

type Values = Readonly<Record<string, string>>;

export function planned(catalog: Catalog, name: string, variables: Values = {}): Plan {
  const { pipeline } = good(chooseDeployable(catalog, { name, variables }));
  return pipeline === null ? planWorkflow(catalog, name, variables) : planPipeline(catalog, pipeline, variables);
}

const request = (needs: readonly { readonly service: string }[]) => ({
  executionId: 'x1',
  actor: 'ada',
  artifacts: Object.fromEntries(needs.map(({ service }) => [service, artifact(service, '7')])),
  now: 0,
  hash: () => 'hash',
});

function planWorkflow(catalog: Catalog, name: string, variables: Values): Plan {
  const { needs, mappings } = good(requirements(catalog, { variables, name }));
  const rollbackArtifacts = Object.fromEntries(mappings.map((mapping) => [mapping, artifact('web', '6')]));
  return good(buildPlan(catalog, 1, { variables, name, ...request(needs), rollbackArtifacts })).plan;
}

function planPipeline(catalog: Catalog, chosen: ChosenPipeline, variables: Values): Plan {
  const { needs, mappings } = good(pipelineRequirements(catalog, chosen, { variables }));
  const rollbackArtifacts: Record<string, Record<string, ReturnType<typeof artifact>>> = {};
  for (const { workflow, mapping } of mappings) {
    (rollbackArtifacts[workflow] ??= {})[mapping] = artifact('web', '6');
  }
  return good(buildPipelinePlan(catalog, 1, chosen, { variables, ...request(needs), rollbackArtifacts })).plan;
}

function good<T extends { readonly ok: boolean }>(result: T): Extract<T, { readonly ok: true }> {
  if (!result.ok) throw new Error(JSON.stringify(result));
  return result as Extract<T, { readonly ok: true }>; // Said by `ok`.
}
