/** Authored → long form. Reports what the schema cannot see in one entity alone; cross-entity checks are validate.ts. */
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import { compact, mapValues } from './json-values.ts';
import type {
  LongEnvironment,
  LongHost,
  LongInfrastructure,
  LongInput,
  LongLoadBalancer,
  LongScript,
  LongService,
  LongWorkflow,
} from './long-form.ts';
import { longSection, longSteps, longUnits } from './normalize-steps.ts';
import { longStrategies } from './normalize-strategies.ts';
import { longAmount, longConfigFiles, longDuration, longList, longValues } from './normalize-values.ts';
import type { Path, Report } from './problem.ts';
import type { AuthoredEnvironment, AuthoredInfrastructure, AuthoredService } from './schema.ts';
import type { AuthoredInput, AuthoredPhase, AuthoredSection, AuthoredWorkflow } from './schema-workflow.ts';

export function longService(service: AuthoredService, path: Path, report: Report): LongService {
  const { artifact, variables, start, stop, ready, commands, configFiles } = service;
  return compact({
    description: service.description,
    type: service.type,
    artifact:
      artifact &&
      ('headers' in artifact && artifact.headers !== undefined
        ? { ...artifact, headers: longValues(artifact.headers) }
        : (artifact as LongService['artifact'])), // Without headers both forms are the same.
    variables: variables && longValues(variables),
    start: start === undefined ? undefined : longScript(start),
    stop: stop === undefined ? undefined : longScript(stop),
    ready: ready && compact({ port: ready.port, within: ready.within && longDuration(ready.within) }),
    commands:
      commands &&
      mapValues(commands, (units, name) =>
        longUnits(units as readonly (JsonObject | string)[], [...path, 'commands', name], report),
      ),
    configFiles: configFiles && longConfigFiles(configFiles),
    keep: service.keep,
  }) as LongService; // `compact` leaves out what is undefined.
}

const longScript = (script: string | LongScriptInput): LongScript =>
  typeof script === 'string' ? { script } : (compact(script) as LongScript);
type LongScriptInput = Exclude<NonNullable<AuthoredService['start']>, string>;

export function longEnvironment(environment: AuthoredEnvironment): LongEnvironment {
  const { variables, configFiles, overrides } = environment;
  return compact({
    description: environment.description,
    type: environment.type,
    variables: variables && longValues(variables),
    configFiles: configFiles && longConfigFiles(configFiles),
    overrides:
      overrides &&
      mapValues(overrides, (each) =>
        compact({
          variables: each.variables && longValues(each.variables),
          configFiles: each.configFiles && longConfigFiles(each.configFiles),
        }),
      ),
  }) as LongEnvironment; // `compact` leaves out what is undefined.
}

export function longInfrastructure(infrastructure: AuthoredInfrastructure): LongInfrastructure {
  return compact({
    description: infrastructure.description,
    type: infrastructure.type,
    hosts: infrastructure.hosts?.map(longHost),
    hostsFrom:
      typeof infrastructure.hostsFrom === 'string'
        ? { provisioner: infrastructure.hostsFrom }
        : infrastructure.hostsFrom && compact(infrastructure.hostsFrom),
    groups: infrastructure.groups,
    loadBalancer: infrastructure.loadBalancer && longLoadBalancer(infrastructure.loadBalancer),
    directories: infrastructure.directories,
    login: compact(infrastructure.login),
    agents: infrastructure.agents === undefined ? undefined : longList(infrastructure.agents),
    services: infrastructure.services,
  }) as LongInfrastructure; // `compact` leaves out what is undefined.
}

const longHost = (host: NonNullable<AuthoredInfrastructure['hosts']>[number]): LongHost =>
  typeof host === 'string'
    ? { name: host }
    : (compact({ ...host, variables: host.variables && longValues(host.variables) }) as LongHost); // As above.

const longLoadBalancer = (authored: NonNullable<AuthoredInfrastructure['loadBalancer']>): LongLoadBalancer =>
  compact({
    haproxy: longList(authored.haproxy),
    backend: authored.backend,
    over: authored.over === undefined ? undefined : longHost(authored.over),
    servers: authored.servers,
  }) as LongLoadBalancer; // As above.

export function longWorkflow(workflow: AuthoredWorkflow, path: Path, report: Report): LongWorkflow {
  const { inputs, swap, batch, phases, collect, before, after, onFailure, concurrency } = workflow;
  const { service, infrastructure, serviceVariables, ...ofPhase } = longPhaseFields(workflow, path, report);
  return compact({
    description: workflow.description,
    type: workflow.type,
    draft: workflow.draft,
    service,
    environment: workflow.environment,
    infrastructure,
    inputs: inputs && mapValues(inputs, longInput),
    serviceVariables,
    swap,
    batch: batch === undefined ? undefined : longAmount(batch),
    phases: phases?.map((phase, index) =>
      compact({ name: phase.name, ...longPhaseFields(phase, [...path, 'phases', index], report) }),
    ),
    collect: collect === undefined ? undefined : longList(collect),
    ...ofPhase,
    before: before && longSection(before, [...path, 'before'], report),
    after: after && longSection(after, [...path, 'after'], report),
    onFailure: onFailure && longStrategies(onFailure, [...path, 'onFailure'], report, false),
    concurrency:
      concurrency === undefined
        ? undefined
        : typeof concurrency === 'string'
          ? { lock: concurrency }
          : compact({ ...concurrency, timeout: concurrency.timeout && longDuration(concurrency.timeout) }),
  }) as LongWorkflow; // `compact` leaves out what is undefined.
}

function longPhaseFields(phase: AuthoredPhase | AuthoredWorkflow, path: Path, report: Report) {
  const { serviceVariables, hosts, verify, sections, rollback } = phase;
  const section = (key: string) => (value: AuthoredSection, name: string) =>
    longSection(value, [...path, key, name], report);
  return {
    service: phase.service,
    infrastructure: phase.infrastructure,
    serviceVariables: serviceVariables && longValues(serviceVariables),
    hosts: hosts === undefined ? undefined : typeof hosts === 'object' ? hosts : longAmount(hosts),
    verify: verify && longSteps(verify as readonly (JsonObject | string)[], [...path, 'verify'], report),
    sections: sections && mapValues(sections, section('sections')),
    rollback: rollback && mapValues(rollback, section('rollback')),
  };
}

export function longInput(input: AuthoredInput): LongInput {
  if (typeof input !== 'object') return { default: String(input) };
  return compact({
    ...input,
    default: input.default === undefined ? undefined : String(input.default),
    values: input.values?.map(String),
  }) as LongInput; // `compact` leaves out what is undefined.
}
