/** Which workflow a request means, for which service, environment and infrastructure, with which values of its inputs. */
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import {
  applicationsOf,
  entitiesOf,
  findEntity,
  infrastructuresOf,
  namesOf,
  type Catalog,
  type Entity,
} from './catalog.ts';
import type { RunOptions } from '../engine/run-options.ts';
import { candidateInfrastructures } from './check-scope.ts';
import { chooseInputs, IMPLICIT_INFRASTRUCTURE } from './choose-inputs.ts';
import { own } from './json-values.ts';
import { whatExists } from './nearest.ts';
import { phasesOf, type PhaseSource } from './phases.ts';
import { lacksProvisioner } from './provisioned-hosts.ts';
import { pathText, type Path } from './problem.ts';
import { distinct, refuse } from './refuse.ts';
import { missingIn } from './validate-workflow.ts';
import { completeInputsOf, templatized } from './workflow-inputs.ts';

export interface DeploymentRequest extends RunOptions {
  /** May be left out when there is one application. */
  readonly application?: string;
  /** Of the workflow; may be left out when there is one. */
  readonly name?: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Service → build; the latest of a service that is left out. */
  readonly builds?: Readonly<Record<string, string>>;
}

/** What is the same for the whole run. */
export interface ChosenRun {
  readonly application: Entity<'application'>;
  readonly workflow: Entity<'workflow'>;
  /** Null: a build, which deploys nothing. */
  readonly environment: Entity<'environment'> | null;
  /** Values of all inputs that have one. */
  readonly inputs: Readonly<Record<string, string>>;
}

export interface ChosenPhase extends ChosenRun {
  readonly environment: Entity<'environment'>;
  readonly source: PhaseSource;
  readonly service: Entity<'service'>;
  readonly infrastructure: Entity<'infrastructure'>;
}

export interface Chosen extends ChosenRun {
  readonly phases: readonly ChosenPhase[];
}

export type Choice =
  { readonly ok: true; readonly chosen: Chosen } | { readonly ok: false; readonly failures: readonly Failure[] };

/** Everything wrong with the request at once. */
export function choose(catalog: Catalog, request: DeploymentRequest): Choice {
  const application = onlyOne('application', request.application, applicationsOf(catalog));
  if ('code' in application) return { ok: false, failures: [application] };
  const workflow = onlyOne('name', request.name, entitiesOf(catalog, 'workflow', application.name));
  if ('code' in workflow) return { ok: false, failures: [workflow] };
  const failures: Failure[] = [];
  failures.push(...unfinished(catalog, workflow));
  if (failures.length > 0) return { ok: false, failures };
  const inputs = chooseInputs(workflow, request.variables, failures);
  if (workflow.spec.type === 'build') return chooseBuild({ application, workflow, inputs }, request, failures);
  const sources = phasesOf(workflow.spec);
  const services = sources.map((source) => chooseService(catalog, workflow, source, inputs, failures));
  const environment = findChosen(catalog, workflow, { setting: 'environment' }, inputs, failures);
  checkBuilds(workflow, request.builds ?? {}, services, failures);
  if (environment === null) return { ok: false, failures: distinct(failures) };
  const run = { application, workflow, environment, inputs };
  const phases = sources.flatMap((source, index): readonly ChosenPhase[] => {
    const service = services[index] ?? null;
    if (service === null) return [];
    const infrastructure = chooseInfrastructure(catalog, { ...run, source, service }, failures);
    return infrastructure === null ? [] : [{ ...run, source, service, infrastructure }];
  });
  // Phases that leave the same open are asked for it once.
  if (failures.length > 0) return { ok: false, failures: distinct(failures) };
  return { ok: true, chosen: { ...run, phases } };
}

/** A draft that lacks something is not deployed (orchestration 2.1): everything that is missing, each with its mend. */
const unfinished = (catalog: Catalog, workflow: Entity<'workflow'>): readonly Failure[] =>
  workflow.spec.draft === true
    ? missingIn(workflow, catalog).map(({ path, reason, mend }) =>
        refuse(path === '' ? 'name' : path, `the workflow '${workflow.name}' is unfinished: ${reason}`, mend),
      )
    : [];

function chooseBuild(
  run: Omit<ChosenRun, 'environment'>,
  { builds = {} }: DeploymentRequest,
  failures: Failure[],
): Choice {
  for (const service of Object.keys(builds)) {
    const reason = `the workflow '${run.workflow.name}' deploys nothing, so no build can be chosen for it`;
    failures.push(refuse(`artifacts.${service}`, reason, 'Leave it out.'));
  }
  if (failures.length > 0) return { ok: false, failures };
  return { ok: true, chosen: { ...run, environment: null, phases: [] } };
}

function checkBuilds(
  workflow: Entity<'workflow'>,
  builds: Readonly<Record<string, string>>,
  services: readonly (Entity<'service'> | null)[],
  failures: Failure[],
): void {
  const existing = [...new Set(services.flatMap((each) => each?.name ?? []))];
  // One that is not known may be the very one.
  if (services.includes(null)) return;
  for (const service of Object.keys(builds)) {
    if (existing.includes(service)) continue;
    const reason = `the workflow '${workflow.name}' does not deploy a service '${service}'`;
    failures.push(refuse(`artifacts.${service}`, reason, whatExists(service, existing, 'service'), existing));
  }
}

export function onlyOne<K extends 'application' | 'workflow'>(
  field: 'application' | 'name',
  wanted: string | undefined,
  existing: readonly Entity<K>[],
): Entity<K> | Failure {
  const what = field === 'application' ? 'application' : 'workflow';
  const names = namesOf(existing);
  const [only] = existing;
  if (wanted === undefined) {
    if (existing.length === 1 && only !== undefined) return only;
    const mend = existing.length === 0 ? `Apply a file that defines one.` : `Name one of ${names.join(', ')}.`;
    const reason = existing.length === 0 ? `there is no ${what} yet` : `there are ${existing.length} ${what}s`;
    return refuse(field, reason, mend, names);
  }
  const found = existing.find((each) => each.name === wanted || each.id === wanted);
  if (found !== undefined) return found;
  const mend = whatExists(wanted, names, what);
  return failure('NOT_FOUND', `there is no ${what} '${wanted}'. ${mend}`, {
    field,
    details: { mend, existing: names },
  });
}

/** The entity that a setting names, or the input that stands in it. */
function findChosen<K extends 'service' | 'environment'>(
  catalog: Catalog,
  { application, spec }: Entity<'workflow'>,
  { setting, written = spec[setting], path = [] }: { setting: K; written?: string | undefined; path?: Path },
  inputs: Readonly<Record<string, string>>,
  failures: Failure[],
): Entity<K> | null {
  if (written === undefined) {
    // A draft: what it lacks has been told.
    return null;
  }
  const input = templatized(written);
  const name = input === null ? written : own(inputs, input);
  if (name === undefined) return null;
  const found = findEntity(catalog, setting, application, name);
  if (found !== undefined) return found;
  const existing = namesOf(entitiesOf(catalog, setting, application));
  const field = input === null ? pathText([...path, setting]) : `variables.${input}`;
  failures.push(refuse(field, `there is no ${setting} '${name}'`, whatExists(name, existing, setting), existing));
  return null;
}

function chooseService(
  catalog: Catalog,
  workflow: Entity<'workflow'>,
  source: PhaseSource,
  inputs: Readonly<Record<string, string>>,
  failures: Failure[],
): Entity<'service'> | null {
  const setting = { setting: 'service', written: source.service, path: source.path } as const;
  const found = findChosen(catalog, workflow, setting, inputs, failures);
  return found === null ? null : checkServiceType(catalog, workflow, source, found, failures);
}

/** A workflow made for one type of service cannot deploy another. */
function checkServiceType(
  catalog: Catalog,
  { spec, application }: Entity<'workflow'>,
  source: PhaseSource,
  service: Entity<'service'>,
  failures: Failure[],
): Entity<'service'> | null {
  const input = templatized(source.service ?? '');
  const type = input === null ? undefined : own(completeInputsOf(spec), input)?.of;
  if (type === undefined || service.spec.type === type) return service;
  const fitting = namesOf(entitiesOf(catalog, 'service', application).filter((each) => each.spec.type === type));
  const mend =
    fitting.length === 0 ? `Define a service of type ${type}.` : `Services of that type: ${fitting.join(', ')}.`;
  failures.push(
    refuse(
      `variables.${input}`,
      `the service '${service.name}' is ${service.spec.type}, and this workflow deploys ${type}`,
      mend,
      fitting,
    ),
  );
  return null;
}

function chooseInfrastructure(
  catalog: Catalog,
  chosen: Omit<ChosenPhase, 'infrastructure'>,
  failures: Failure[],
): Entity<'infrastructure'> | null {
  const { service, environment, inputs, source } = chosen;
  const application = chosen.application.name;
  const written = source.infrastructure;
  const input = written === undefined ? IMPLICIT_INFRASTRUCTURE : templatized(written);
  const wanted = input === null ? written : own(inputs, input);
  const fitting = candidateInfrastructures(catalog, application, environment.name, service.name);
  const names = namesOf(fitting);
  const field = input === null ? pathText(source.infrastructurePath) : `variables.${input}`;
  if (wanted === undefined) {
    const [only] = fitting;
    if (fitting.length === 1 && only !== undefined) return provided(chosen, only, field, failures);
    const reason = `the environment '${environment.name}' has ${fitting.length === 0 ? 'no' : String(fitting.length)} infrastructure${fitting.length > 1 ? 's' : ''} for the service '${service.name}'`;
    const mend =
      fitting.length === 0
        ? 'Define one for it.'
        : `Choose one of ${names.join(', ')}: --var ${input ?? IMPLICIT_INFRASTRUCTURE}=…`;
    failures.push(refuse(field, reason, mend, names));
    return null;
  }
  const found = infrastructuresOf(catalog, application, environment.name).find((each) => each.name === wanted);
  if (found !== undefined && fitting.includes(found)) return provided(chosen, found, field, failures);
  const reason =
    found === undefined
      ? `there is no infrastructure '${wanted}' in environment '${environment.name}'`
      : `the infrastructure '${wanted}' is not for the service '${service.name}'`;
  failures.push(refuse(field, reason, whatExists(wanted, names, 'infrastructure'), names));
  return null;
}

/** Chosen only now, it may be one whose hosts this workflow does not make. */
function provided(
  { workflow }: Pick<ChosenPhase, 'workflow'>,
  infrastructure: Entity<'infrastructure'>,
  field: string,
  failures: Failure[],
): Entity<'infrastructure'> | null {
  const lacking = lacksProvisioner(workflow.spec, infrastructure);
  if (lacking === null) return infrastructure;
  failures.push(refuse(field, lacking.reason, lacking.mend));
  return null;
}
