/** A request and one revision of the definitions → the plan, or everything that is wrong, before anything starts. */
import { MAX_DURATION_MS, parseDuration } from '@fairlead/proto/model/duration.ts';
import type { Failure } from '@fairlead/proto/model/failure.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import { canonicalJson, type JsonObject } from '@fairlead/proto/model/json.ts';
import type { ArtifactRef, ArtifactSource } from '@fairlead/proto/model/task.ts';
import type { Named, Plan, RunPlan, SectionPlan } from '../engine/plan.ts';
import { artifactSource } from './artifact-source.ts';
import { provisionersOf, type Catalog, type Entity } from './catalog.ts';
import { undoOf } from './plan-provisioners.ts';
import { completeWorkflow, DEFAULT_QUEUE } from './complete.ts';
import { asJson, own } from './json-values.ts';
import type { LongSection } from './long-form.ts';
import { planBuild } from './plan-build.ts';
import { runFamilies } from './plan-families.ts';
import { mappingOf, named, planPhase } from './plan-phase.ts';
import { choose, type Chosen, type ChosenPhase, type DeploymentRequest } from './plan-request.ts';
import { planSection, type StepContext } from './plan-steps.ts';
import { planStrategies } from './plan-strategies.ts';
import { withGuards } from './plan-guards.ts';
import { distinct, refuse } from './refuse.ts';
import { saidFor, withOptions, type Installed } from './run-options.ts';
import { RUN_TYPES } from './sections/index.ts';

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
  const { application, workflow, phases } = choice.chosen;
  const failures: Failure[] = [];
  const needs = new Map<string, Need>();
  for (const phase of phases) {
    const { service, infrastructure } = phase;
    if (needs.has(service.name)) continue;
    const source = artifactSource(phase.application, service);
    const build = own(request.builds ?? {}, service.name) ?? null;
    if (source !== null && 'failures' in source) failures.push(...source.failures);
    else if (source !== null) {
      const selectors = infrastructure.spec.agents ?? [];
      needs.set(service.name, { service: service.name, source: source.source, build, selectors });
    } else if (build !== null) {
      const mend = 'Leave the build out, or give the service an artifact.';
      failures.push(refuse(`artifacts.${service.name}`, `the service '${service.name}' has no artifact`, mend));
    }
  }
  if (failures.length > 0) return { ok: false, failures: distinct(failures) };
  return {
    ok: true,
    application: named(application),
    workflow: named(workflow),
    needs: [...needs.values()],
    mappings: mappingsOf(phases),
  };
}

export interface PlanRequest extends DeploymentRequest {
  readonly executionId: ExecutionId;
  readonly actor: string;
  /** By service. */
  readonly artifacts: Readonly<Record<string, ArtifactRef>>;
  /** By mapping; absent or null where there was no successful deployment. */
  readonly rollbackArtifacts: Readonly<Record<string, ArtifactRef | null>>;
  /** What runs where now; only looked at for `skipSameVersion`. */
  readonly installed?: readonly Installed[];
  readonly now: number;
  /** What expressions mean in the pipeline it is part of. */
  readonly outer?: JsonObject;
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
  const planned = planRun(chosen, catalog, request, failures);
  const guarded = withGuards(catalog, planned, failures);
  const run = withOptions(guarded, request, request.installed ?? [], failures);
  if (failures.length > 0) return { ok: false, failures };
  const { application, workflow } = chosen;
  const used = new Set<Entity>([application, workflow]);
  if (chosen.environment !== null) used.add(chosen.environment);
  for (const { service, infrastructure } of chosen.phases) used.add(service).add(infrastructure);
  return {
    ok: true,
    plan: {
      executionId: request.executionId,
      kind: 'WORKFLOW',
      application: named(application),
      name: workflow.name,
      definition: { revision, hash: request.hash(canonicalJson(asJson([...used]))) },
      actor: request.actor,
      stages: [{ id: 'g1', name: workflow.name, runs: [run] }],
      ...saidFor(request),
    },
  };
}

/** In one order, so that two workflows never wait for each other. */
export const mappingsOf = (phases: readonly ChosenPhase[]): readonly string[] =>
  [...new Set(phases.map(mappingOf))].toSorted();

function planRun(chosen: Chosen, catalog: Catalog, request: PlanRequest, failures: Failure[]): RunPlan {
  const { workflow, environment } = chosen;
  const complete = completeWorkflow(workflow.spec, () => null);
  const outside: StepContext = { commands: {}, families: {}, failures };
  const provisioners = provisionersOf(catalog, chosen.application.name);
  const families = runFamilies(chosen, catalog, {
    actor: request.actor,
    now: request.now,
    timestampId: timestampId(request),
    url: request.url ?? null,
  });
  const pre = planAround(complete.before, 'pre', 'Pre-deployment Steps', { ...outside, provisioners });
  const phases =
    environment === null
      ? [planBuild(chosen, catalog, failures)]
      : chosen.phases.map((phase) => planPhase(phase, request, { ...request.outer, ...families }, failures));
  const { lock, queue, timeout } = complete.concurrency ?? { lock: environment === null ? 'none' : 'infrastructure' };
  return {
    id: 'r1',
    workflow: named(workflow),
    type: RUN_TYPES[workflow.spec.type],
    environment: environment && {
      ...named(environment),
      type: environment.spec.type === 'production' ? 'PRODUCTION' : 'NON_PRODUCTION',
    },
    families,
    pre,
    undoPre: undoOf(pre, provisioners),
    phases,
    post: planAround(complete.after, 'post', 'Post-deployment Steps', outside),
    failureStrategies: planStrategies(complete.onFailure ?? [], []),
    lock:
      lock === 'none'
        ? null
        : {
            keys: mappingsOf(chosen.phases),
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

/** Epoch milliseconds and three digits that differ between executions, the same however often the plan is made. */
function timestampId({ now, executionId }: PlanRequest): string {
  let sum = 0;
  for (const character of executionId) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 1_000;
  return `${now}-${String(sum).padStart(3, '0')}`;
}
