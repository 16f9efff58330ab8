/** The long form with everything generated written out: what `explain` prints and what a plan is made of. */
import { completeStrategies } from './complete-strategies.ts';
import { completeCommands } from './default-commands.ts';
import { completeSection, completeSections, completeSteps, type CompleteSections } from './default-sections.ts';
import { compact, own } from './json-values.ts';
import type {
  LongApplication,
  LongEnvironment,
  LongHost,
  LongGuard,
  LongInfrastructure,
  LongLoadBalancer,
  LongPhase,
  LongSection,
  LongService,
  LongWorkflow,
} from './long-form.ts';
import { hasPhases, phasesOf, type PhaseSource } from './phases.ts';
import { buildSections } from './sections/build.ts';
import type { SectionContext } from './sections/generator.ts';
import { deploymentTypeOf, generatorOf } from './sections/index.ts';
import { completeInputsOf } from './workflow-inputs.ts';

const HOME = '$HOME/${app.name}/${service.name}/${env.name}';

export const APPLICATION_DEFAULTS = {
  RUNTIME_PATH: `${HOME}/runtime`,
  BACKUP_PATH: `${HOME}/backup/\${timestampId}`,
  STAGING_PATH: `${HOME}/staging/\${timestampId}`,
} as const;

export const completeApplication = (
  application: LongApplication,
): LongApplication & { defaults: Record<string, string> } => ({
  ...application,
  defaults: { ...APPLICATION_DEFAULTS, ...application.defaults },
});

const DEFAULT_KEEP = 3;

export type CompleteService = LongService & Required<Pick<LongService, 'commands' | 'keep'>>;

export function completeService(service: LongService): CompleteService {
  const { description, type, artifact, variables, configFiles, keep } = service;
  const files =
    configFiles && Object.entries(configFiles).map(([name, file]) => [name, completeFile(name, file)] as const);
  return compact({
    description,
    type,
    artifact,
    variables,
    commands: completeCommands(service),
    configFiles: files && Object.fromEntries(files),
    keep: keep ?? DEFAULT_KEEP,
  }) as CompleteService; // `compact` leaves out what is undefined.
}

export const completeFile = (
  name: string,
  file: { readonly content: string; readonly path?: string; readonly mode?: string },
): { content: string; path: string; mode: string } => ({
  content: file.content,
  path: file.path ?? name,
  mode: file.mode ?? '0644',
});

export const completeEnvironment = (environment: LongEnvironment): LongEnvironment => {
  const { description, type, variables, configFiles, overrides } = environment;
  return compact({
    description,
    type: type ?? ('non-production' as const),
    variables,
    configFiles,
    overrides,
  }) as LongEnvironment; // As above.
};

/** In which a provisioner lists the hosts that it has made. */
const DEFAULT_OUTPUT = 'hosts';

/** Every field in its own place, so that the text is the same however it was written. */
export const completeInfrastructure = (infrastructure: LongInfrastructure): LongInfrastructure => {
  const { description, hosts, hostsFrom, groups, loadBalancer, directories, login, agents, services } = infrastructure;
  return compact({
    description,
    type: 'ssh' as const,
    hosts: hosts?.map(completeHost),
    hostsFrom: hostsFrom && { provisioner: hostsFrom.provisioner, output: hostsFrom.output ?? DEFAULT_OUTPUT },
    groups,
    loadBalancer: loadBalancer && completeLoadBalancer(loadBalancer, hosts ?? []),
    directories,
    login,
    agents,
    services,
  }) as LongInfrastructure; // As above.
};

const completeHost = ({ name, address, port, hostKey, variables }: LongHost): LongHost =>
  compact({ name, address: address ?? name, port: port ?? 22, hostKey, variables }) as LongHost; // As above.

/** A host's server has the name of the host where nothing else is said. */
const completeLoadBalancer = (
  { haproxy, backend, over, servers = {} }: LongLoadBalancer,
  hosts: readonly LongHost[],
): LongLoadBalancer =>
  compact({
    haproxy,
    backend,
    over: over && completeHost(over),
    servers: Object.fromEntries(hosts.map(({ name }) => [name, own(servers, name) ?? name])),
  }) as LongLoadBalancer; // As above.
export const completeGuard = ({ description, capacity, strategy }: LongGuard): LongGuard =>
  compact({ description, capacity, strategy: strategy ?? ('fifo' as const) }) as LongGuard; // As above.

export const DEFAULT_QUEUE = 20;

/** The service of a phase; null: it is chosen when the workflow is deployed, and assumed to have everything. */
export type ServiceOf = (phase: PhaseSource) => CompleteService | null;

const ANY_SERVICE: SectionContext = { commands: { Install: [], Stop: [] }, hasArtifact: true };

/** Nothing where the type of workflow does not exist for the service: that is told elsewhere. */
export function completePhase(phase: PhaseSource, service: CompleteService | null): CompleteSections {
  const context =
    service === null ? ANY_SERVICE : { commands: service.commands, hasArtifact: service.artifact !== undefined };
  const generator = generatorOf(phase.workflow.type, service === null ? 'ssh' : deploymentTypeOf(service));
  return generator === undefined ? { sections: {}, rollback: {} } : completeSections(phase, generator, context);
}

export function completeWorkflow(workflow: LongWorkflow, serviceOf: ServiceOf): LongWorkflow {
  const { before, after } = workflow;
  const around = (section: LongSection | undefined): LongSection | undefined =>
    section && completeSection(section, completeSteps(section.steps ?? [], { ...ANY_SERVICE, hasArtifact: false }));
  const inputs = completeInputsOf(workflow);
  const phases = phasesOf(workflow).map((phase) => ({ phase, ...completePhase(phase, serviceOf(phase)) }));
  const [only] = hasPhases(workflow) ? [] : phases;
  const isBuild = workflow.type === 'build';
  return compact({
    description: workflow.description,
    type: workflow.type,
    draft: workflow.draft,
    service: workflow.service,
    environment: workflow.environment,
    infrastructure: workflow.infrastructure,
    inputs: Object.keys(inputs).length === 0 ? undefined : inputs,
    serviceVariables: workflow.serviceVariables,
    swap: workflow.type === 'blue-green' ? (workflow.swap ?? 'traffic') : undefined,
    before: around(before),
    phases: hasPhases(workflow) ? phases.map(({ phase, ...sections }) => completeListed(phase, sections)) : undefined,
    sections: isBuild ? buildSections(workflow) : only?.sections,
    rollback: only?.rollback,
    after: around(after),
    onFailure: isBuild ? undefined : completeStrategies(workflow.onFailure ?? []),
    concurrency: isBuild ? undefined : completeConcurrency(workflow.concurrency),
  }) as LongWorkflow; // As above.
}

/** What the workflow says for all phases stays there. */
function completeListed({ workflow, index, name }: PhaseSource, sections: CompleteSections): LongPhase {
  const { service, infrastructure, serviceVariables } = workflow.phases?.[index] ?? {};
  return compact({ name, service, infrastructure, serviceVariables, ...sections }) as LongPhase; // As above.
}

const completeConcurrency = (
  { lock, queue, timeout }: NonNullable<LongWorkflow['concurrency']> = { lock: 'infrastructure' },
) => (lock === 'none' ? { lock } : compact({ lock, queue: queue ?? DEFAULT_QUEUE, timeout }));
