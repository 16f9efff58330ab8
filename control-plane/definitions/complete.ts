/** The long form with everything generated written out: what `explain` prints and what a plan is made of. */
import { completeCommands } from './default-commands.ts';
import { completeSteps, forwardSections, rollbackSections, type SectionContext } from './default-sections.ts';
import { compact } from './json-values.ts';
import type {
  LongApplication,
  LongEnvironment,
  LongInfrastructure,
  LongSection,
  LongService,
  LongStrategy,
  LongWorkflow,
} from './long-form.ts';
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

export type CompleteService = LongService & { readonly commands: NonNullable<LongService['commands']> };

export function completeService(service: LongService): CompleteService {
  const { start: _start, stop: _stop, ready: _ready, commands: _commands, configFiles, ...rest } = service;
  const files =
    configFiles && Object.entries(configFiles).map(([name, file]) => [name, completeFile(name, file)] as const);
  return compact({
    ...rest,
    commands: completeCommands(service),
    configFiles: files && Object.fromEntries(files),
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

export const completeEnvironment = (environment: LongEnvironment): LongEnvironment & { type: string } =>
  compact({
    description: environment.description,
    ...environment,
    type: environment.type ?? 'non-production',
  }) as LongEnvironment & { type: string }; // `compact` leaves out what is undefined.

export const completeInfrastructure = (infrastructure: LongInfrastructure): LongInfrastructure =>
  compact({
    ...infrastructure,
    type: 'ssh' as const,
    hosts: infrastructure.hosts.map((host) => ({
      ...host,
      name: host.name,
      address: host.address ?? host.name,
      port: host.port ?? 22,
    })),
  }) as LongInfrastructure; // As above.

export const DEFAULT_QUEUE = 20;

/** `context` tells about the service; null: it is chosen when the workflow is deployed, and assumed to have everything. */
export function completeWorkflow(workflow: LongWorkflow, service: CompleteService | null): LongWorkflow {
  const context: SectionContext =
    service === null
      ? { commands: { Install: [], Stop: [] }, hasArtifact: true }
      : { commands: service.commands, hasArtifact: service.artifact !== undefined };
  const { before, after, onFailure, concurrency } = workflow;
  const { hosts: _hosts, batch: _batch, verify: _verify, ...rest } = workflow;
  const around = (section: LongSection | undefined): LongSection | undefined =>
    section && { ...section, steps: completeSteps(section.steps ?? [], { ...context, hasArtifact: false }) };
  return compact({
    ...rest,
    inputs: completeInputsOf(workflow),
    before: around(before),
    sections: forwardSections(workflow, context),
    rollback: rollbackSections(workflow, context),
    after: around(after),
    onFailure: completeStrategies(onFailure ?? []),
    concurrency: { lock: 'infrastructure' as const, queue: DEFAULT_QUEUE, ...concurrency },
  }) as LongWorkflow; // As above.
}

const ROLLBACK: LongStrategy = { on: ['any'], do: 'rollback' };

/** What no entry fits is rolled back. */
const completeStrategies = (strategies: readonly LongStrategy[]): readonly LongStrategy[] => {
  const total = strategies.some(
    (each) => each.on.includes('any') && each.do !== 'retry' && each.tolerate === undefined && each.steps === undefined,
  );
  return total ? strategies : [...strategies, ROLLBACK];
};
