/** The sections of a phase and of its rollback with everything in them: what is written, else what is generated. */
import { completeStrategy } from './complete-strategies.ts';
import { formatDuration, MAX_DURATION_MS, parseDuration } from '@fairlead/proto/model/duration.ts';
import { stepTypeByKey } from '@fairlead/proto/steps/index.ts';
import type { StepType } from '@fairlead/proto/steps/step-type.ts';
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import { compact } from './json-values.ts';
import type { ReadKeyed } from './keyed.ts';
import type { LongSection, LongStep } from './long-form.ts';
import { readStep } from './normalize-steps.ts';
import type { PhaseSource } from './phases.ts';
import { STEPS } from './schema-steps.ts';
import type { GeneratedSteps, Generator, SectionContext } from './sections/generator.ts';

export type Sections = Readonly<Record<string, LongSection & { readonly steps: readonly LongStep[] }>>;

export interface CompleteSections {
  readonly sections: Sections;
  readonly rollback: Sections;
}

export function completeSections(phase: PhaseSource, generator: Generator, context: SectionContext): CompleteSections {
  const generated = generator.generate(phase, context);
  const bring = (step: LongStep): LongStep =>
    restores(step, context) ? { ...step, artifact: step['artifact'] ?? 'rollback' } : step;
  return {
    sections: complete(generator.forward, generated.forward, phase.sections ?? {}, (step) => step, context),
    rollback: complete(generator.rollback, generated.rollback, phase.rollback ?? {}, bring, context),
  };
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
  generated: GeneratedSteps,
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
    onFailure: section.onFailure?.map(completeStrategy),
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
    const { name, timeout, artifact, wait, skip, agents, infrastructureAgents, withPrevious, cancelGrace, allPhases } =
      read.common;
    const own = name ?? unique(base, taken);
    taken.add(own);
    return [
      compact({
        [key]: withDefaults(key, read.parameters),
        name: own,
        // A provisioner has a time of its own.
        timeout: timeout ?? (key === 'provision' ? undefined : formatDuration(defaultTimeoutMs(type, read))),
        // Without an artifact source, and for a step that runs no script, there is none to see.
        artifact:
          artifact ?? (type.runs === 'decided' || NO_SCRIPT.has(key) || !context.hasArtifact ? undefined : 'current'),
        wait,
        skip,
        agents,
        infrastructureAgents,
        withPrevious,
        cancelGrace,
        allPhases,
      }) as LongStep, // `compact` leaves out what is undefined.
    ];
  });
}

/** How long a step goes on trying, as it says itself: its last try has the time that one alone would have. */
export function triesForMs({ entry, parameters }: ReadKeyed): number {
  const field = entry.key === 'http' ? 'retryFor' : entry.key === 'collect' ? 'within' : null;
  return field === null ? 0 : (parseDuration(String(parameters[field] ?? '')) ?? 0);
}

const defaultTimeoutMs = (type: StepType, read: ReadKeyed): number =>
  Math.min(type.defaultTimeoutMs + triesForMs(read), MAX_DURATION_MS);

function unique(base: string, taken: ReadonlySet<Json>): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base} ${number}`;
    if (!taken.has(name)) return name;
  }
}

/** The name under which a blue-green workflow publishes which group is live and which is idle. */
export const TRAFFIC = 'traffic';

const SWAP_TIMES = { healthyWithin: '30s', drainFor: '30s' };

/** Steps that run no script, so there is none to see an artifact. */
const NO_SCRIPT: ReadonlySet<string> = new Set(['idle-group', 'swap-traffic', 'balance']);

const STEP_DEFAULTS: Readonly<Record<string, JsonObject>> = {
  'select-nodes': { exclude: true },
  script: { shell: 'bash', on: 'agent' },
  http: { method: 'GET' },
  'idle-group': { publish: { name: TRAFFIC } },
  'swap-traffic': SWAP_TIMES,
  balance: SWAP_TIMES,
  guard: { permits: 1, scope: 'workflow' },
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
