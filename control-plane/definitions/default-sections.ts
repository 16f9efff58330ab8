/** The sections of a phase that deploys over SSH, and of its rollback (orchestration 2.4), and every default of a step. */
import { formatDuration } from '@fairlead/proto/model/duration.ts';
import { stepTypeByKey } from '@fairlead/proto/steps/index.ts';
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import { compact } from './json-values.ts';
import type { LongSection, LongStep, LongUnit, LongWorkflow } from './long-form.ts';
import { readStep } from './normalize-steps.ts';
import { STEPS } from './schema-steps.ts';

export const FORWARD_SECTIONS = [
  { name: 'Prepare Infra', type: 'INFRASTRUCTURE_NODE' },
  { name: 'Disable Service', type: 'DISABLE_SERVICE' },
  { name: 'Deploy Service', type: 'DEPLOY_SERVICE' },
  { name: 'Enable Service', type: 'ENABLE_SERVICE' },
  { name: 'Verify Service', type: 'VERIFY_SERVICE' },
  { name: 'Wrap Up', type: 'WRAP_UP' },
] as const;

/** Each runs only when the forward section it undoes was reached; one that undoes none always runs. */
export const ROLLBACK_SECTIONS = [
  { name: 'Disable Service', type: 'DISABLE_SERVICE', undoes: 'Enable Service' },
  { name: 'Stop Service', type: 'STOP_SERVICE', undoes: 'Deploy Service' },
  { name: 'Deploy Service', type: 'DEPLOY_SERVICE', undoes: 'Deploy Service' },
  { name: 'Enable Service', type: 'ENABLE_SERVICE', undoes: 'Disable Service' },
  { name: 'Verify Service', type: 'VERIFY_SERVICE', undoes: 'Deploy Service' },
  { name: 'Wrap Up', type: 'WRAP_UP', undoes: null },
] as const;

export type Sections = Readonly<Record<string, LongSection & { readonly steps: readonly LongStep[] }>>;

/** What the sections are made for. */
export interface SectionContext {
  readonly commands: Readonly<Record<string, readonly LongUnit[]>>;
  readonly hasArtifact: boolean;
}

export function forwardSections(workflow: LongWorkflow, context: SectionContext): Sections {
  const generated: Readonly<Record<string, readonly LongStep[]>> = {
    'Prepare Infra': [{ 'select-nodes': selection(workflow) }],
    'Deploy Service': Object.hasOwn(context.commands, 'Install') ? [{ command: 'Install' }] : [],
    'Verify Service': workflow.verify ?? [],
  };
  return complete(FORWARD_SECTIONS, generated, workflow.sections ?? {}, (step) => step, context);
}

/** Rollback works on the hosts of the phase it undoes, so it selects none. */
export function rollbackSections(workflow: LongWorkflow, context: SectionContext): Sections {
  const has = (name: string): boolean => Object.hasOwn(context.commands, name);
  const generated: Readonly<Record<string, readonly LongStep[]>> = {
    'Stop Service': has('Stop') ? [{ command: 'Stop' }] : [],
    'Deploy Service': has('Install') ? [{ command: 'Install' }] : [],
  };
  const bring = (step: LongStep): LongStep =>
    restores(step, context) ? { ...step, artifact: step['artifact'] ?? 'rollback' } : step;
  return complete(ROLLBACK_SECTIONS, generated, workflow.rollback ?? {}, bring, context);
}

/** A command that brings the artifact to the host brings the previous one in a rollback. */
function restores(step: LongStep, context: SectionContext): boolean {
  const read = readStep(step);
  if (read?.entry.key !== 'command' || !context.hasArtifact) return false;
  const name = String(read.parameters['command']);
  return (
    name === 'Install' ||
    unitsBelow(name, context, new Set()).some((key) => key === 'scp' || key === 'download-artifact')
  );
}

function unitsBelow(command: string, context: SectionContext, seen: Set<string>): readonly string[] {
  if (seen.has(command)) return [];
  seen.add(command);
  const units = Object.hasOwn(context.commands, command) ? (context.commands[command] ?? []) : [];
  return units.flatMap((unit) => {
    const [key = ''] = Object.keys(unit);
    const value = unit['command'];
    const nested = typeof value === 'object' && value !== null ? (value as JsonObject)['command'] : value;
    return key === 'command' ? unitsBelow(String(nested), context, seen) : [key];
  });
}

function complete(
  order: readonly { readonly name: string }[],
  generated: Readonly<Record<string, readonly LongStep[]>>,
  authored: Readonly<Record<string, LongSection>>,
  change: (step: LongStep) => LongStep,
  context: SectionContext,
): Sections {
  return Object.fromEntries(
    order.map(({ name }) => {
      const own = Object.hasOwn(authored, name) ? authored[name] : undefined;
      const steps = own?.steps ?? generated[name] ?? [];
      return [name, completeSection(own ?? {}, completeSteps(steps.map(change), context))];
    }),
  );
}

/** Every field in its own place. */
export const completeSection = (
  section: LongSection,
  steps: readonly LongStep[],
): LongSection & { readonly steps: readonly LongStep[] } =>
  compact({
    skip: section.skip,
    wait: section.wait,
    parallel: section.parallel,
    steps,
    onFailure: section.onFailure,
  }) as LongSection & { readonly steps: readonly LongStep[] }; // `compact` leaves out what is undefined.

/** Names made unique, timeouts and the catalog's own defaults filled in. */
export function completeSteps(steps: readonly LongStep[], context: SectionContext): readonly LongStep[] {
  const reads = steps.map((step) => readStep(step));
  const taken = new Set(reads.map((read) => read?.common['name']).filter((name) => name !== undefined));
  return reads.flatMap((read): readonly LongStep[] => {
    const type = read === null ? undefined : stepTypeByKey(read.entry.key);
    if (read === null || type === undefined) return [];
    const { key } = read.entry;
    const base = key === 'command' ? String(read.parameters['command']) : type.title;
    const { name, timeout, artifact, wait, skip, agents, withPrevious, cancelGrace } = read.common;
    const own = name ?? unique(base, taken);
    taken.add(own);
    return [
      compact({
        [key]: withDefaults(key, read.parameters),
        name: own,
        timeout: timeout ?? formatDuration(type.defaultTimeoutMs),
        // Choosing hosts runs no script, and without an artifact source there is none to see.
        artifact: artifact ?? (key === 'select-nodes' || !context.hasArtifact ? undefined : 'current'),
        wait,
        skip,
        agents,
        withPrevious,
        cancelGrace,
      }) as LongStep, // `compact` leaves out what is undefined.
    ];
  });
}

function unique(base: string, taken: ReadonlySet<Json>): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base} ${number}`;
    if (!taken.has(name)) return name;
  }
}

const STEP_DEFAULTS: Readonly<Record<string, JsonObject>> = {
  'select-nodes': { exclude: true },
  script: { shell: 'bash', on: 'agent' },
  http: { method: 'GET' },
};

/** In the order of the schema. */
function withDefaults(key: string, parameters: JsonObject): JsonObject {
  const all: JsonObject = { ...STEP_DEFAULTS[key], ...parameters };
  const fields = Object.keys(STEPS.find((each) => each.key === key)?.fields ?? {});
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = all[field];
      return value === undefined ? [] : [[field, value] as const];
    }),
  );
}

/** What `hosts` and `batch` mean; a basic workflow takes every host, a rolling one host after host. */
export function selection(workflow: LongWorkflow): JsonObject {
  const chosen = workflow.type === 'rolling' ? (workflow.batch ?? '1') : (workflow.hosts ?? '100%');
  if (typeof chosen !== 'string') return { hosts: chosen };
  return chosen.endsWith('%') ? { percent: chosen } : { count: chosen };
}
