/** A request and one revision of the definitions → the plan, or everything that is wrong, before anything starts. */
import { MAX_DURATION_MS, parseDuration } from '@fairlead/proto/model/duration.ts';
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import { canonicalJson } from '@fairlead/proto/model/json.ts';
import type { ArtifactRef, ArtifactSource } from '@fairlead/proto/model/task.ts';
import type { Named, PhasePlan, Plan, RunPlan, SectionPlan } from '../engine/plan.ts';
import type { Catalog, Entity } from './catalog.ts';
import { completeApplication, completeService, completeWorkflow, DEFAULT_QUEUE } from './complete.ts';
import { artifactTypeOf } from './default-commands.ts';
import { FORWARD_SECTIONS, ROLLBACK_SECTIONS } from './default-sections.ts';
import { asJson, own } from './json-values.ts';
import type { LongSection } from './long-form.ts';
import { whatExists } from './nearest.ts';
import { configFiles, phaseFamilies, runFamilies, serviceVariables, type Artifacts } from './plan-families.ts';
import { choose, refuse, type Chosen, type DeploymentRequest } from './plan-request.ts';
import { planSection, planStrategies, type StepContext } from './plan-steps.ts';
import { artifactSource } from './artifact-source.ts';
import { planHosts } from './plan-hosts.ts';

export type { DeploymentRequest } from './plan-request.ts';

export interface Need {
  readonly service: string;
  readonly source: ArtifactSource;
  /** Null: the latest. */
  readonly build: string | null;
  /** Agents that list and fetch it must carry all of them. */
  readonly selectors: readonly string[];
}

export type Requirements =
  | {
      readonly ok: true;
      readonly application: Named;
      readonly workflow: Named;
      /** Builds to look up before the plan can be made. */
      readonly needs: readonly Need[];
      /** Whose last good artifact is to be looked up. */
      readonly mappings: readonly string[];
    }
  | { readonly ok: false; readonly failures: readonly Failure[] };

/** What has to be looked up before `buildPlan`; or everything that is wrong with the request. */
export function requirements(catalog: Catalog, request: DeploymentRequest): Requirements {
  const choice = choose(catalog, request);
  if (!choice.ok) return choice;
  const { chosen } = choice;
  const { application, workflow, service, infrastructure } = chosen;
  const source = artifactSource(chosen.application, service);
  if (source !== null && 'failures' in source) return { ok: false, failures: source.failures };
  const build = own(request.builds ?? {}, service.name) ?? null;
  if (source === null && build !== null) {
    const mend = 'Leave the build out, or give the service an artifact.';
    return {
      ok: false,
      failures: [refuse(`artifacts.${service.name}`, `the service '${service.name}' has no artifact`, mend)],
    };
  }
  const selectors = infrastructure.spec.agents ?? [];
  return {
    ok: true,
    application: named(application),
    workflow: named(workflow),
    needs: source === null ? [] : [{ service: service.name, source: source.source, build, selectors }],
    mappings: [mappingOf(chosen)],
  };
}

/** A build that its source does not have. */
export const unknownBuild = (service: string, build: string | null, existing: readonly string[]): Failure => {
  const reason =
    build === null ? `the service '${service}' has no build yet` : `the service '${service}' has no build '${build}'`;
  const mend = build === null ? 'Publish one where its artifact source looks.' : whatExists(build, existing, 'build');
  return failure('NO_ARTIFACT', `${reason}. ${mend}`, {
    field: `artifacts.${service}`,
    details: { mend, existing: existing.slice(0, 20) },
  });
};

export interface PlanRequest extends DeploymentRequest {
  readonly executionId: ExecutionId;
  readonly actor: string;
  /** By service. */
  readonly artifacts: Readonly<Record<string, ArtifactRef>>;
  /** By mapping; absent or null where there was no successful deployment. */
  readonly rollbackArtifacts: Readonly<Record<string, ArtifactRef | null>>;
  readonly now: number;
  /** Of the page that shows the execution. */
  readonly url?: string;
  /** sha-256, hexadecimal. */
  readonly hash: (text: string) => string;
}

export type PlanResult =
  { readonly ok: true; readonly plan: Plan } | { readonly ok: false; readonly failures: readonly Failure[] };

export function buildPlan(catalog: Catalog, revision: number, request: PlanRequest): PlanResult {
  const choice = choose(catalog, request);
  if (!choice.ok) return choice;
  const { chosen } = choice;
  const failures: Failure[] = [];
  const run = planRun(chosen, request, failures);
  if (failures.length > 0) return { ok: false, failures };
  const { application, workflow } = chosen;
  const used = [application, workflow, chosen.service, chosen.environment, chosen.infrastructure];
  return {
    ok: true,
    plan: {
      executionId: request.executionId,
      kind: 'WORKFLOW',
      application: named(application),
      name: workflow.name,
      definition: { revision, hash: request.hash(canonicalJson(asJson(used))) },
      actor: request.actor,
      stages: [{ id: 'g1', name: workflow.name, runs: [run] }],
    },
  };
}

const named = ({ id, name }: Entity): Named => ({ id, name });

/** Where something is deployed: for locks, and for finding what was deployed before. */
const mappingOf = ({ application, environment, infrastructure, service }: Chosen): string =>
  [application, environment, infrastructure, service].map((each) => each.id).join('/');

function planRun(chosen: Chosen, request: PlanRequest, failures: Failure[]): RunPlan {
  const { workflow, environment } = chosen;
  const service = completeService(chosen.service.spec);
  const complete = completeWorkflow(workflow.spec, service);
  const context: StepContext = { commands: service.commands, serviceVariables: serviceVariables(chosen), failures };
  const phase = planPhase(chosen, complete, request, context);
  const outside: StepContext = { ...context, commands: {} };
  const { lock, queue, timeout } = complete.concurrency ?? { lock: 'infrastructure' };
  return {
    id: 'r1',
    workflow: named(workflow),
    type: workflow.spec.type === 'rolling' ? 'ROLLING' : 'BASIC',
    environment: {
      ...named(environment),
      type: environment.spec.type === 'production' ? 'PRODUCTION' : 'NON_PRODUCTION',
    },
    families: runFamilies(chosen, {
      actor: request.actor,
      now: request.now,
      timestampId: timestampId(request),
      url: request.url ?? null,
    }),
    pre: planAround(complete.before, 'pre', 'Pre-deployment Steps', outside),
    phases: [phase],
    post: planAround(complete.after, 'post', 'Post-deployment Steps', outside),
    failureStrategies: planStrategies(complete.onFailure ?? [], []),
    lock:
      lock === 'none'
        ? null
        : {
            keys: [mappingOf(chosen)],
            queueLimit: queue ?? DEFAULT_QUEUE,
            timeoutMs: timeout === undefined ? MAX_DURATION_MS : (parseDuration(timeout) ?? MAX_DURATION_MS),
          },
  };
}

function planAround(
  section: LongSection | undefined,
  id: string,
  name: string,
  context: StepContext,
): SectionPlan | null {
  if (section === undefined || (section.steps ?? []).length === 0) return null;
  return planSection(
    section,
    { id, name, type: id === 'pre' ? 'PRE_DEPLOYMENT' : 'POST_DEPLOYMENT', undoes: null },
    context,
  );
}

function planPhase(
  chosen: Chosen,
  complete: ReturnType<typeof completeWorkflow>,
  request: PlanRequest,
  context: StepContext,
): PhasePlan {
  const { application, service, infrastructure, workflow } = chosen;
  const artifacts = artifactsOf(chosen, request, context.failures);
  const forwardId = (name: string): string | null => {
    const index = FORWARD_SECTIONS.findIndex((each) => each.name === name);
    return index === -1 ? null : `s${index + 1}`;
  };
  const defaults = completeApplication(application.spec).defaults;
  const path = (name: 'RUNTIME_PATH' | 'BACKUP_PATH' | 'STAGING_PATH'): string => defaults[name] ?? '';
  const { agents = [] } = infrastructure.spec;
  return {
    id: 'p1',
    name: 'Phase 1',
    deploymentType: 'SSH',
    service: { ...named(service), artifactType: artifactTypeOf(service.spec).toUpperCase() },
    infrastructure: named(infrastructure),
    mapping: mappingOf(chosen),
    hosts: planHosts(infrastructure.spec),
    selectors: agents,
    families: phaseFamilies(chosen, artifacts),
    environment: context.serviceVariables,
    paths: { runtime: path('RUNTIME_PATH'), backup: path('BACKUP_PATH'), staging: path('STAGING_PATH') },
    configFiles: configFiles(chosen).map(({ path: target, content, mode }) => ({ path: target, content, mode })),
    artifact: artifacts.artifact,
    rollbackArtifact: artifacts.rollbackArtifact,
    rolling: workflow.spec.type === 'rolling',
    sections: FORWARD_SECTIONS.map(({ name, type }, index) =>
      planSection(own(complete.sections ?? {}, name) ?? {}, { id: `s${index + 1}`, name, type, undoes: null }, context),
    ),
    rollback: ROLLBACK_SECTIONS.map(({ name, type, undoes }, index) =>
      planSection(
        own(complete.rollback ?? {}, name) ?? {},
        { id: `u${index + 1}`, name, type, undoes: undoes === null ? null : forwardId(undoes) },
        context,
      ),
    ),
  };
}

function artifactsOf(chosen: Chosen, request: PlanRequest, failures: Failure[]): Artifacts {
  const { service } = chosen;
  const artifact = own(request.artifacts, service.name) ?? null;
  if (service.spec.artifact !== undefined && artifact === null) failures.push(unknownBuild(service.name, null, []));
  return { artifact, rollbackArtifact: own(request.rollbackArtifacts, mappingOf(chosen)) ?? null };
}

/** Epoch milliseconds and three digits that differ between executions, the same however often the plan is made. */
function timestampId({ now, executionId }: PlanRequest): string {
  let sum = 0;
  for (const character of executionId) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 1_000;
  return `${now}-${String(sum).padStart(3, '0')}`;
}
