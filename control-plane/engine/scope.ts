/**
 * What expressions mean at a place of an execution: the plan's families, then what was published since, innermost first
 * (orchestration 4.3, 4.8). Configured values may hold `${…}` themselves; published ones are never evaluated.
 */
import {
  configured,
  family,
  runtime,
  scope,
  type Layer,
  type Scope,
  type ScopeValue,
} from '@fairlead/proto/expressions/index.ts';
import { isLateText } from '@fairlead/proto/expressions/late.ts';
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import type { HostTarget } from '@fairlead/proto/model/task.ts';
import type { Execution, Phase, Run } from './execution.ts';
import type { OutputScope, Published, RunPlan, StepPlan } from './plan.ts';
import type { PhasePlace } from './place.ts';
import { idOfUndoing, planOfPhase, planOfRun } from './plan-of.ts';

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Families that nobody wrote: what builds are called where they are published, and who came. Never evaluated. */
const FOUND: ReadonlySet<string> = new Set(['artifact', 'rollbackArtifact', 'deploymentTriggeredBy']);

/** Plain families of the plan: objects are closed families, anything else is a value. */
const toValue = (value: Json, valueOf: (json: Json) => ScopeValue): ScopeValue => {
  if (isLateText(value)) return { kind: 'late', text: value };
  if (!isObject(value)) return valueOf(value);
  const members = Object.entries(value).map(([name, each]) => [name, toValue(each, valueOf)]);
  return family(Object.fromEntries(members), { closed: true });
};

const layers = new WeakMap<JsonObject, Layer>();

function toLayer(families: JsonObject): Layer {
  const known = layers.get(families);
  if (known !== undefined) return known;
  const layer = Object.fromEntries(
    Object.entries(families).map(([name, value]) => [name, toValue(value, FOUND.has(name) ? runtime : configured)]),
  );
  layers.set(families, layer);
  return layer;
}

/** Closed: an output that nobody published, or not for here, fails who reads it. */
const published = (outputs: readonly Published[]): ScopeValue =>
  family(Object.fromEntries(outputs.map((output) => [output.name, family(values(output), { closed: true })])), {
    closed: true,
  });

const values = (output: Published): Layer =>
  Object.fromEntries(Object.entries(output.values).map(([name, value]) => [name, runtime(value)]));

/** Whose end is the end of what is published, or of permits that are held, in that scope. */
export const ownerOf = (execution: Execution, { run, phase }: PhasePlace, scope: OutputScope): string =>
  ({ PHASE: phase.id, WORKFLOW: run.id, PIPELINE: execution.id })[scope];

/** Before a run has started: the families of the pipeline, and what was published for all of it. */
export function scopeOfRun(execution: Execution, plan: Pick<RunPlan, 'families'>): Scope {
  const owner: string = execution.id;
  const inScope = execution.outputs.filter((output) => output.owner === owner);
  const known = Object.entries(plan.families).filter(([name]) => KNOWN_BEFORE.has(name));
  return scope([{ context: published(inScope.toReversed()) }, toLayer(Object.fromEntries(known))]);
}

const KNOWN_BEFORE = new Set([
  'account',
  'app',
  'pipeline',
  'workflow',
  'deploymentTriggeredBy',
  'deploymentUrl',
  'timestampId',
]);

/** Of a phase, for conditions and for everything that does not run at one host. */
export function scopeOfPhase(execution: Execution, run: Run, phase: Phase): Scope {
  const runPlan = planOfRun(execution, run);
  const phasePlan = planOfPhase(runPlan, phase);
  // A rollback sees what the phase it undoes published.
  const owners = [phase.id, phase.undoes, run.id, ...takenBack(execution, run, phase), execution.id];
  const inScope = owners.flatMap((owner) => execution.outputs.filter((output) => output.owner === owner));
  const inherited = [...(runPlan.inherits ?? []), ...(phasePlan?.inherits ?? [])];
  return scope([
    { context: published([...inherited, ...inScope.toReversed()]) },
    ...(phasePlan === null ? [] : [toLayer(phasePlan.families)]),
    toLayer(runPlan.families),
  ]);
}

/** A stage that takes back another one of its execution sees what that one published, innermost first. */
function takenBack(execution: Execution, run: Run, { planId }: Phase): readonly string[] {
  const other = execution.plan.stages.find((stage) => stage.id === run.stageId)?.takesBack;
  if (other === undefined) return [];
  const undone = execution.runs.find((each) => each.stageId === other && idOfUndoing(each.planId) === run.planId);
  if (undone === undefined) return [];
  return [
    ...undone.phases
      .filter((each) => each.planId === planId)
      .map(({ id }) => id)
      .toReversed(),
    undone.id,
  ];
}

/** Of a step at one target; `host` is null where it runs on the agent. */
export function scopeOfTask(
  execution: Execution,
  place: PhasePlace & { readonly step: StepPlan; readonly host: HostTarget | null },
): Scope {
  const { step, host } = place;
  const local: Record<string, ScopeValue> = {
    currentStep: family({ name: runtime(step.name), type: runtime(step.type) }, { closed: true }),
  };
  if (host !== null) Object.assign(local, instance(host));
  const outer = scopeOfPhase(execution, place.run, place.phase);
  return scope([local, ...outer.layers]);
}

const instances = new WeakMap<HostTarget, Layer>();

function instance(host: HostTarget): Layer {
  const known = instances.get(host);
  if (known !== undefined) return known;
  const members: Layer = {
    hostName: configured(host.name),
    ip: configured(host.address),
    publicDns: configured(host.address),
    port: configured(host.port),
    variables: toValue(host.variables, configured),
  };
  const layer: Layer = {
    instance: family(
      { name: configured(host.name), ...members, host: family(members, { closed: true }) },
      { closed: true },
    ),
    host: family(members, { closed: true }),
  };
  instances.set(host, layer);
  return layer;
}
