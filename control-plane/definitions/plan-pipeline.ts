/** A pipeline and one revision of the definitions → the plan: stages whose runs are planned as workflows of their own. */
import { parseDuration } from '@fairlead/proto/model/duration.ts';
import type { Failure } from '@fairlead/proto/model/failure.ts';
import { canonicalJson, type JsonObject } from '@fairlead/proto/model/json.ts';
import type { ArtifactRef } from '@fairlead/proto/model/task.ts';
import type { InputsPlan } from '../engine/inputs-plan.ts';
import type { Plan, RunPlan, StagePlan } from '../engine/plan.ts';
import { WORKFLOW_TYPES } from '../engine/plan.ts';
import type { Catalog, Entity } from './catalog.ts';
import { asJson, own } from './json-values.ts';
import {
  choosePipelineInputs,
  copiesOf,
  valuesOfMember,
  workflowOf,
  type ChosenPipeline,
  type Copy,
  type Member,
} from './pipeline-request.ts';
import { inputsForStage } from './pipeline-inputs.ts';
import { isPlannedAtStart, placesOf, type Place } from './pipeline-places.ts';
import { inStage } from './pipeline-requirements.ts';
import { approvalRun } from './plan-approval.ts';
import { buildPlan, type PlanRequest, type PlanResult } from './plan.ts';
import { accountFamily, applicationFamily, described } from './plan-families.ts';
import { saidFor } from './run-options.ts';

export interface PipelinePlanRequest extends Omit<PlanRequest, 'rollbackArtifacts'> {
  /** What was answered before, in the execution that is done again. */
  readonly answers?: NonNullable<Plan['given']>['answers'];
  /** The first execution of the chain that is resumed. */
  readonly resumeUuid?: string | null;
  /** By workflow and mapping; null where there was no successful deployment. */
  readonly rollbackArtifacts: Readonly<Record<string, Readonly<Record<string, ArtifactRef | null>>>>;
}

export function buildPipelinePlan(
  catalog: Catalog,
  revision: number,
  chosen: ChosenPipeline,
  request: PipelinePlanRequest,
): PlanResult {
  const failures: Failure[] = [];
  const values = choosePipelineInputs(catalog, chosen, request.variables, failures);
  const places = placesOf(chosen);
  const stages = chosen.complete.stages.map(({ name }, index): StagePlan => ({
    id: `g${index + 1}`,
    name,
    runs: places
      .filter((place) => place.stage === index)
      .flatMap((place) => planMember(catalog, revision, chosen, place, { ...request, values }, failures)),
  }));
  if (failures.length > 0) return { ok: false, failures };
  const { application, pipeline, complete } = chosen;
  const used = [application, pipeline, ...stages.flatMap((stage) => stage.runs)];
  return {
    ok: true,
    plan: {
      executionId: request.executionId,
      kind: 'PIPELINE',
      application: { id: application.id, name: application.name },
      name: pipeline.name,
      definition: { revision, hash: request.hash(canonicalJson(asJson(used))) },
      actor: request.actor,
      stages,
      given: {
        variables: request.variables,
        builds: request.builds ?? {},
        artifacts: request.artifacts,
        ...(request.answers === undefined ? {} : { answers: request.answers }),
      },
      ...saidFor(request),
      ...(complete.rollbackOnFailure ? { rollbackOnFailure: true } : {}),
    } satisfies Plan,
  };
}

export type WithValues = PipelinePlanRequest & { readonly values: Readonly<Record<string, string>> };

function planMember(
  catalog: Catalog,
  revision: number,
  chosen: ChosenPipeline,
  place: Place,
  request: WithValues,
  failures: Failure[],
): readonly RunPlan[] {
  const { member, number } = place;
  const id = `r${number}`;
  if (member.approval !== undefined)
    return [approvalRun(id, member, member.approval, outerFamilies(catalog, chosen, request))];
  const workflow = workflowOf(catalog, chosen, member);
  if (workflow === undefined) return [];
  if (isPlannedAtStart(catalog, chosen, place)) {
    const copies = copiesOf(catalog, chosen, member, request.values);
    const runs = planCopies(catalog, revision, chosen, { id, member, copies }, request, failures);
    // Which hosts have the build is known when those before it are done; what is wrong with it is told now.
    const waits = request.skipSameVersion === true && place.stage > 0 && workflow.spec.type !== 'build';
    if (!waits) return runs;
    return runs
      .slice(0, 1)
      .map(({ families }) => ({ ...laterRun(id, workflow, catalog, chosen, member, request), families }));
  }
  return [laterRun(id, workflow, catalog, chosen, member, request)];
}

/** The runs of a member, one per infrastructure where it has several. */
export function planCopies(
  catalog: Catalog,
  revision: number,
  chosen: ChosenPipeline,
  { id, member, copies }: { readonly id: string; readonly member: Member; readonly copies: readonly Copy[] },
  request: WithValues,
  failures: Failure[],
): readonly RunPlan[] {
  // A build puts nothing on any host.
  const skips = request.skipSameVersion === true && workflowOf(catalog, chosen, member)?.spec.type !== 'build';
  return copies.flatMap(({ request: wanted, infrastructure }, index) => {
    const runId = infrastructure === null ? id : `${id}x${index + 1}`;
    const planned = buildPlan(catalog, revision, {
      ...wanted,
      // Of the run, so that directories named after the time of a run are its own.
      executionId: `${request.executionId}/${runId}`,
      actor: request.actor,
      artifacts: request.artifacts,
      rollbackArtifacts: own(request.rollbackArtifacts, wanted.name ?? '') ?? {},
      ...(skips ? { skipSameVersion: true, installed: request.installed ?? [] } : {}),
      now: request.now,
      outer: outerFamilies(catalog, chosen, request),
      ...(request.url === undefined ? {} : { url: request.url }),
      hash: request.hash,
    });
    const run = planned.ok ? planned.plan.stages[0]?.runs[0] : undefined;
    if (!planned.ok) failures.push(...planned.failures.map((each) => inStage(member, each)));
    if (run === undefined) return [];
    const name = infrastructure === null ? member.name : `${member.name} (${infrastructure})`;
    return [
      {
        ...run,
        id: runId,
        name,
        skip: member.skip ?? null,
        families: familiesOf(run.families, catalog, chosen, request),
      },
    ];
  });
}

/** Of a run that is planned when it is reached, or never runs. */
function laterRun(
  id: string,
  workflow: Entity<'workflow'>,
  catalog: Catalog,
  chosen: ChosenPipeline,
  member: Member,
  request: WithValues,
): RunPlan {
  const type: string = workflow.spec.type.toUpperCase().replaceAll('-', '_');
  const own = valuesOfMember(member, request.values);
  return {
    id,
    workflow: { id: workflow.id, name: workflow.name },
    name: member.name,
    type: WORKFLOW_TYPES.find((each) => each === type) ?? 'BASIC',
    skip: member.skip ?? null,
    inputs: member.ask === undefined ? null : planInputs(workflow, member, own),
    deferred: true,
    environment: null,
    families: familiesOf({ workflow: { name: workflow.name, variables: own } }, catalog, chosen, request),
    pre: null,
    phases: [],
    post: null,
    failureStrategies: [],
    lock: null,
  };
}

function planInputs(
  workflow: Entity<'workflow'>,
  { ask }: Member,
  values: Readonly<Record<string, string>>,
): InputsPlan | null {
  if (ask === undefined) return null;
  const inputs = inputsForStage(workflow.spec);
  return {
    variables: ask.variables.flatMap((name) => {
      const input = own(inputs, name);
      if (input === undefined) return [];
      const { type, required, values: allowed = [], pattern, description = '' } = input;
      const initial = own(values, name) ?? input.default ?? null;
      const matched = pattern === undefined ? {} : { pattern };
      return [{ name, type, required, default: initial, values: allowed, ...matched, description }];
    }),
    timeoutMs: parseDuration(ask.timeout ?? '') ?? 0,
    onTimeout: ask.onTimeout === 'defaults' ? 'DEFAULTS' : 'END',
    groups: ask.groups ?? [],
  };
}

function familiesOf(families: JsonObject, catalog: Catalog, chosen: ChosenPipeline, request: WithValues): JsonObject {
  const { workflow } = families;
  return {
    ...outerFamilies(catalog, chosen, request),
    ...families,
    workflow: {
      ...(workflow as JsonObject),
      pipelineDeploymentUuid: request.executionId,
      pipelineResumeUuid: request.resumeUuid ?? null,
    }, // Always a family.
  };
}

/** What every stage knows, approvals included. */
const outerFamilies = (
  catalog: Catalog,
  { application, pipeline }: ChosenPipeline,
  request: WithValues,
): JsonObject => ({
  account: accountFamily(catalog),
  app: applicationFamily(application),
  pipeline: { ...described(pipeline), variables: request.values },
  deploymentTriggeredBy: request.actor,
  ...(request.url === undefined ? {} : { deploymentUrl: request.url }),
});
