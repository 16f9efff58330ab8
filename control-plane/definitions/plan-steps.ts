/** Steps and sections of a completed workflow as the plan has them: catalog types, milliseconds, flattened commands. */
import { parseDuration } from '@fairlead/proto/model/duration.ts';
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import { stepTypeByKey } from '@fairlead/proto/steps/index.ts';
import { PROVISIONED } from '@fairlead/proto/steps/provisioner.ts';
import type { OutputScope, SectionPlan, StepPlan } from '../engine/plan.ts';
import { asJson, compact, isJsonList, isJsonObject, mapValues } from './json-values.ts';
import type { LongSection, LongStep, LongUnit } from './long-form.ts';
import { namesHosts } from './names-hosts.ts';
import { readStep } from './normalize-steps.ts';
import { inputsOf, type LongProvisioner } from './provisioner.ts';
import { swapParameters, type PlacePlan } from './plan-place.ts';
import { planStrategies } from './plan-strategies.ts';
import { flattenCommand } from './plan-units.ts';
import { ASKED_EVERY_MS } from './plan-approval.ts';
import { secretAsTemplate } from './secret.ts';

export interface StepContext {
  readonly commands: Readonly<Record<string, readonly LongUnit[]>>;
  /** What expressions mean here, as far as a step may name hosts by it; empty where there are none. */
  readonly families: JsonObject;
  /** Where the builds of a service are found, for collecting them; absent where nothing is collected. */
  readonly collects?: (written: string) => Collected | null;
  /** Agents of the infrastructure; absent outside a phase. */
  readonly agents?: readonly string[];
  /** Undefined outside a phase. */
  readonly place?: PlacePlan;
  /** Absent: no step here may use any. */
  readonly provisioners?: Readonly<Record<string, LongProvisioner>>;
  /** Problems of a definition that only this combination of entities shows. */
  readonly failures: Failure[];
}

interface Collected {
  readonly service: string;
  readonly source: Json;
  /** Of the agents that reach it, unless the step names others. */
  readonly selectors: readonly string[];
}

const DEFAULT_CANCEL_GRACE_MS = 1_000;

const milliseconds = (duration: Json | undefined): number =>
  typeof duration === 'string' ? (parseDuration(duration) ?? 0) : 0;

export function planSection(
  section: LongSection,
  place: { readonly id: string; readonly name: string; readonly type: string; readonly undoes: string | null },
  context: StepContext,
): SectionPlan {
  const steps = (section.steps ?? []).flatMap((step, index) => planStep(step, `t${index + 1}`, place.name, context));
  return {
    ...place,
    parallel: section.parallel ?? false,
    steps: typeof section.skip === 'object' ? steps.map((step) => ({ ...step, skip: skipOf(step, section) })) : steps,
    skip: typeof section.skip === 'string' ? section.skip : null,
    waitMs: milliseconds(section.wait),
    failureStrategies: planStrategies(section.onFailure ?? [], steps),
  };
}

/** Any of its own and the section's conditions skips it. */
function skipOf({ name, skip: own }: StepPlan, { skip }: LongSection): string | null {
  const selected = typeof skip === 'object' ? skip.filter(({ steps }) => steps.includes(name)) : [];
  const all = [...(own === null ? [] : [own]), ...selected.map(({ when }) => when)];
  return all.length > 1 ? all.map((each) => `(${each})`).join(' || ') : (all[0] ?? null);
}

function planStep(step: LongStep, id: string, section: string, context: StepContext): readonly StepPlan[] {
  const read = readStep(step);
  const type = read === null ? undefined : stepTypeByKey(read.entry.key);
  if (read === null || type === undefined) throw new Error('a stored step is none of the catalog');
  const { common } = read;
  const name = String(common['name'] ?? type.title);
  const onHosts = read.parameters['on'] === 'hosts' || namesHosts(read.parameters, context.families);
  const runs = type.runs === 'agent-or-hosts' ? (onHosts ? 'hosts' : 'agent') : type.runs;
  const collected = read.entry.key === 'collect' ? context.collects?.(String(read.parameters['service'])) : undefined;
  if (collected === null) return []; // Why has been told.
  const provisioner = context.provisioners?.[String(read.parameters['provisioner'] ?? '')];
  const parsed = type.parameters.safeParse(
    parametersOf(read.entry.key, { ...read.parameters, ...parametersOfCollected(collected) }, runs, context),
  );
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const field = `${section} / ${name}: ${issue.path.join('.')}`;
      context.failures.push(failure('INVALID_INPUT', `${field}: ${issue.message}`, { field }));
    }
    return [];
  }
  const publish = read.parameters['publish'];
  const agents = common['agents'];
  const artifact = common['artifact'];
  return [
    {
      id,
      name,
      type: type.type,
      parameters: asJson(parsed.data),
      runs,
      timeoutMs: milliseconds(common['timeout']) || milliseconds(provisioner?.timeout) || type.defaultTimeoutMs,
      cancelGraceMs:
        common['cancelGrace'] === undefined ? DEFAULT_CANCEL_GRACE_MS : milliseconds(common['cancelGrace']),
      waitMs: milliseconds(common['wait']),
      skip: typeof common['skip'] === 'string' ? common['skip'] : null,
      withPrevious: common['withPrevious'] === true,
      ...(isJsonList(agents)
        ? selecting(agents.map(String), common['infrastructureAgents'] === true ? context.agents : undefined)
        : { selectors: collected?.selectors ?? provisioner?.agents ?? [] }),
      publish: provisioner === undefined ? publishing(publish) : { name: PROVISIONED, scope: 'WORKFLOW' },
      artifact: artifact === 'rollback' || artifact === 'current' ? artifact : null,
      idempotent: type.idempotent && (type.idempotentWith?.(parsed.data) ?? true),
      deploys: type.deploys,
      ...(common['allPhases'] === true ? { rollsBackAll: true } : {}),
    },
  ];
}

/** Of the step itself, and those of the infrastructure where both are to count (orchestration 3.5). */
const selecting = (
  own: readonly string[],
  others: readonly string[] = [],
): Pick<StepPlan, 'selectors' | 'selectorsStand'> =>
  others.length === 0 ? { selectors: own } : { selectors: [...new Set([...own, ...others])], selectorsStand: true };

const parametersOfCollected = (collected: Collected | undefined): JsonObject =>
  collected === undefined ? {} : { service: collected.service, source: collected.source };

const publishing = (publish: Json | undefined): StepPlan['publish'] =>
  isJsonObject(publish ?? null)
    ? { name: String((publish as JsonObject)['name']), scope: outputScope(publish as JsonObject) }
    : null;

const outputScope = (publish: JsonObject): OutputScope => {
  const scope = publish['scope'];
  return scope === 'phase' ? 'PHASE' : scope === 'pipeline' ? 'PIPELINE' : 'WORKFLOW';
};

function parametersOf(key: string, authored: JsonObject, runs: StepPlan['runs'], context: StepContext): Json {
  const { in: workingDirectory, publish, retryFor, outputs, headers, ...rest } = authored;
  const published = isJsonObject(publish) ? { name: String(publish['name']), scope: outputScope(publish) } : undefined;
  switch (key) {
    case 'select-nodes':
      return selectNodes(authored);
    case 'command': {
      const name = String(authored['command']);
      return { command: name, units: flattenCommand(name, context) };
    }
    case 'script':
      return compact({
        ...rest,
        workingDirectory,
        publish: published,
        outputs: isJsonObject(outputs) ? mapValues(outputs, (each) => String(each).toUpperCase()) : undefined,
      }) as JsonObject; // `compact` leaves out what is undefined.
    case 'guard':
      return { ...authored, ...(authored['scope'] === undefined ? {} : { scope: outputScope(authored) }) };
    case 'provision': {
      const name = String(authored['provisioner']);
      const spec = context.provisioners?.[name];
      const inputs = spec === undefined ? {} : mapValues(inputsOf(spec, authored), secretAsTemplate);
      return { provisioner: name, script: spec?.provision ?? '', inputs };
    }
    case 'barrier':
      return { identifier: String(authored['identifier']) };
    case 'approval': {
      const { groups, inputs, autoReject } = authored;
      return compact({
        groups,
        inputs: isJsonObject(inputs) ? mapValues(inputs, String) : undefined,
        autoReject,
      }) as JsonObject; // As above.
    }
    case 'http':
      return compact({
        ...rest,
        publish: published,
        headers: isJsonObject(headers) ? mapValues(headers, (each) => secretAsTemplate(String(each))) : undefined,
        on: runs === 'hosts' ? 'hosts' : 'agent',
        retryForMs: milliseconds(retryFor),
      }) as JsonObject; // As above.
    case 'approval-script': {
      const { script, every } = authored;
      return compact({ script, everyMs: milliseconds(every) || ASKED_EVERY_MS, publish: published }) as JsonObject; // As above.
    }
    case 'collect': {
      const { within, ...other } = rest;
      return compact({ ...other, withinMs: milliseconds(within), publish: published }) as JsonObject; // As above.
    }
    case 'idle-group':
    case 'swap-traffic':
    case 'balance':
    case 'swap-directories':
      return swapParameters(key, authored, context);
    default:
      throw new Error(`no words for the step ${key}`);
  }
}

/** Numbers where they are numbers, the expression where they are not known yet. */
function selectNodes(authored: JsonObject): JsonObject {
  const { count, percent } = authored;
  const number = (value: Json | undefined): Json | undefined => {
    if (value === undefined) return undefined;
    const written = String(value).replace(/%$/, '');
    return /^[\d.]+$/.test(written) ? Number(written) : written;
  };
  return compact({ ...authored, count: number(count), percent: number(percent) }) as JsonObject; // As above.
}
