/**
 * What names mean at a place of a definition, before anything runs: the members of every family that are known to exist,
 * their values pending, so that a misspelled one is found when the file is applied.
 */
import {
  family,
  late,
  pending,
  references,
  RESPONSE_FAMILY,
  scope,
  type Layer,
  type Scope,
  type ScopeValue,
} from '@fairlead/proto/expressions/index.ts';
import { PROVISIONED } from '@fairlead/proto/steps/provisioner.ts';
import { accountDefaults, entitiesOf, findEntity, infrastructuresOf, type Catalog } from './catalog.ts';
import { completeApplication } from './complete.ts';
import { TRAFFIC } from './default-sections.ts';
import { MEMBERS } from './family-members.ts';
import { isJsonObject } from './json-values.ts';
import type { LongEnvironment, LongInfrastructure, LongOverride, LongStep, LongWorkflow, Values } from './long-form.ts';
import { readStep } from './normalize-steps.ts';
import { secretName } from './secret.ts';
import { completeInputsOf } from './workflow-inputs.ts';

/** Undefined: not known there. Null: there is one, but which one is only known when the workflow is deployed. */
export interface Place {
  readonly catalog: Catalog;
  readonly application: string;
  readonly service: string | null | undefined;
  readonly environment: string | null | undefined;
  readonly infrastructure: string | null | undefined;
  /** Undefined: any workflow of the application. */
  readonly workflow: { readonly name: string; readonly spec: LongWorkflow } | undefined;
  /** Of the phase, or of the workflow. */
  readonly serviceVariables?: Values | undefined;
}

const closed = (members: Layer): ScopeValue => family(members, { closed: true });
const names = (of: Iterable<string>): Layer => Object.fromEntries([...of].map((name) => [name, pending]));

export function placeScope(place: Place): Scope {
  const { catalog, application } = place;
  const app = findEntity(catalog, 'application', application, application)?.spec ?? {};
  const layer: Record<string, ScopeValue> = {
    account: accountScope(catalog),
    app: closed({
      ...names(MEMBERS.app),
      defaults: closed(names(Object.keys(completeApplication(app).defaults))),
    }),
    workflow: closed({
      ...names(MEMBERS.workflow),
      variables: closed(names(inputNames(place))),
    }),
    ...names(['deploymentUrl', 'deploymentTriggeredBy', 'timestampId', 'pipeline']),
    currentStep: closed(names(['name', 'type'])),
    ...publishedBy(place.workflow?.spec),
  };
  if (place.environment !== undefined) {
    layer['env'] = closed(names(MEMBERS.env));
    layer['environmentVariable'] = closed(valuesOf(environmentsOf(place).map(({ own }) => own.variables ?? {})));
  }
  if (place.service !== undefined) {
    layer['service'] = closed(names(MEMBERS.service));
    layer['serviceVariable'] = closed(serviceVariables(place));
    layer['configFile'] = closed(configFiles(place));
    for (const root of ['artifact', 'rollbackArtifact']) layer[root] = ARTIFACT;
  }
  if (place.infrastructure !== undefined) {
    layer['infra'] = closed(names(MEMBERS.infra));
    Object.assign(layer, instanceFamilies(place));
  }
  return scope([layer]);
}

/** What every place knows. */
export const accountScope = (catalog: Catalog): ScopeValue =>
  closed({ defaults: closed(valuesOf([accountDefaults(catalog)])) });

/** With the answer to the request of an HTTP step. */
export const withResponse = (outer: Scope): Scope => scope([RESPONSE_FAMILY, ...outer.layers]);

const ARTIFACT: ScopeValue = closed({
  ...names(MEMBERS.artifact),
  metadata: pending,
});

interface Around {
  readonly own: LongEnvironment;
  /** For the service; of any, where it is not known which. */
  readonly overrides: readonly LongOverride[];
}

/** The one that is chosen; all, where it is not known which. */
function environmentsOf({ catalog, application, environment, service }: Place): readonly Around[] {
  const chosen =
    typeof environment === 'string'
      ? [findEntity(catalog, 'environment', application, environment)].flatMap((each) => each ?? [])
      : entitiesOf(catalog, 'environment', application);
  return chosen.map(({ spec }) => {
    const overrides = Object.entries(spec.overrides ?? {});
    const meant = overrides.filter(([name]) => typeof service !== 'string' || name === service);
    return { own: spec, overrides: meant.map(([, override]) => override) };
  });
}

function servicesOf({ catalog, application, service }: Place): ReturnType<typeof entitiesOf<'service'>> {
  if (typeof service !== 'string') return entitiesOf(catalog, 'service', application);
  const found = findEntity(catalog, 'service', application, service);
  return found === undefined ? [] : [found];
}

const serviceVariables = (place: Place): Layer =>
  valuesOf([
    ...servicesOf(place).map(({ spec }) => spec.variables ?? {}),
    ...environmentsOf(place).flatMap(({ own, overrides }) => [
      own.variables ?? {},
      ...overrides.map(({ variables }) => variables ?? {}),
    ]),
    place.serviceVariables ?? {},
  ]);

function configFiles(place: Place): Layer {
  const files = [
    ...servicesOf(place).map(({ spec }) => spec.configFiles ?? {}),
    ...environmentsOf(place).flatMap(({ own, overrides }) => [own, ...overrides].map((each) => each.configFiles ?? {})),
  ];
  return names(files.flatMap((each) => Object.keys(each)));
}

/** Secrets stay secrets and hosts stay hosts through a variable, since where they may be used is decided by that. */
function valuesOf(records: readonly Values[]): Layer {
  const merged = new Map<string, ScopeValue>();
  for (const record of records) {
    for (const [name, value] of Object.entries(record)) {
      const meant = merged.get(name);
      if (meant === undefined || meant.kind === 'pending') merged.set(name, meaning(value));
    }
  }
  return Object.fromEntries(merged);
}

function meaning(value: string): ScopeValue {
  const secret = secretName(value);
  if (secret !== null) return late({ late: 'secret', name: secret });
  const roots = references(value).map((each) => each.root);
  if (roots.includes('secrets')) return late({ late: 'secret', name: 'of a variable' });
  return pending;
}

function instanceFamilies(place: Place): Layer {
  const { catalog, application, environment } = place;
  const all =
    typeof environment === 'string'
      ? infrastructuresOf(catalog, application, environment)
      : entitiesOf(catalog, 'infrastructure', application);
  const chosen =
    typeof place.infrastructure === 'string' ? all.filter((each) => each.name === place.infrastructure) : all;
  const variables = new Set(chosen.flatMap(({ spec }) => hostVariables(spec)));
  const members: Layer = {
    ...names(['hostName', 'ip', 'publicDns', 'port']),
    // A provisioner may give its hosts any.
    variables: family(names(variables), { closed: chosen.every(({ spec }) => spec.hostsFrom === undefined) }),
  };
  return { instance: closed({ ...names(['name']), ...members, host: closed(members) }), host: closed(members) };
}

const variablesOfHosts = new WeakMap<LongInfrastructure, readonly string[]>();

/** Of any of its hosts; there may be thousands, and every workflow asks. */
function hostVariables(infrastructure: LongInfrastructure): readonly string[] {
  const known = variablesOfHosts.get(infrastructure);
  if (known !== undefined) return known;
  const found = [...new Set((infrastructure.hosts ?? []).flatMap((host) => Object.keys(host.variables ?? {})))];
  variablesOfHosts.set(infrastructure, found);
  return found;
}

const inputsOfAll = new WeakMap<Catalog, Map<string, readonly string[]>>();

/** Of the workflow; where it is not known which, of all of them. */
function inputNames({ catalog, application, workflow }: Place): readonly string[] {
  if (workflow !== undefined) return Object.keys(completeInputsOf(workflow.spec));
  const known = inputsOfAll.get(catalog) ?? new Map<string, readonly string[]>();
  inputsOfAll.set(catalog, known);
  const before = known.get(application);
  if (before !== undefined) return before;
  const workflows = entitiesOf(catalog, 'workflow', application);
  const all = [...new Set(workflows.flatMap(({ spec }) => Object.keys(completeInputsOf(spec))))];
  known.set(application, all);
  return all;
}

/** Names under which steps publish; what is below them is known when they have run. */
function publishedBy(workflow: LongWorkflow | undefined): Layer {
  if (workflow === undefined) return {};
  const published = allSteps(workflow).flatMap((step) => {
    const read = readStep(step);
    if (read?.entry.key === 'provision') return [PROVISIONED];
    const publish = read?.parameters['publish'];
    const name = isJsonObject(publish) ? String(publish['name']) : '${';
    // What an expression comes to is read with `context.get`.
    return name.includes('${') ? [] : [name];
  });
  // What the generated step of a blue-green workflow finds out.
  if (workflow.type === 'blue-green') published.push(TRAFFIC);
  // Open: stages before this one may have published more for all of the pipeline.
  return { ...names(published), context: family(names(published)) };
}

export function allSteps(workflow: LongWorkflow): readonly LongStep[] {
  const around = [workflow.before, workflow.after];
  const parts = [workflow, ...(workflow.phases ?? [])].flatMap(({ verify = [], sections = {}, rollback = {} }) => [
    { steps: verify },
    ...Object.values(sections),
    ...Object.values(rollback),
  ]);
  return [...around, ...parts].flatMap((section) => section?.steps ?? []);
}

/** Whether the infrastructure that fits is the only one, so that it can be left out. */
export const candidateInfrastructures = (
  catalog: Catalog,
  application: string,
  environment: string,
  service: string | null,
): ReturnType<typeof infrastructuresOf> =>
  infrastructuresOf(catalog, application, environment).filter(
    ({ spec }) => service === null || spec.services === undefined || spec.services.includes(service),
  );
