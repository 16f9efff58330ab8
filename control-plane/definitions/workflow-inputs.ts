/** Inputs of a workflow: the declared ones, and those that `${Environment}` in a setting makes. */
import { compact, own } from './json-values.ts';
import type { LongInput, LongWorkflow } from './long-form.ts';
import { readStep } from './normalize-steps.ts';
import type { Path } from './problem.ts';

export interface EntitySetting {
  readonly kind: 'service' | 'environment' | 'infrastructure';
  readonly written: string;
  /** Where it stands below the workflow. */
  readonly path: Path;
}

/** Every place that names an entity, or an input that does. */
export function entitySettings(workflow: LongWorkflow): readonly EntitySetting[] {
  const settings: EntitySetting[] = [];
  const add = (kind: EntitySetting['kind'], written: string | undefined, path: Path): void => {
    if (written !== undefined) settings.push({ kind, written, path });
  };
  const { service, environment, infrastructure, phases = [], collect = [] } = workflow;
  add('service', service, ['service']);
  add('environment', environment, ['environment']);
  add('infrastructure', infrastructure, ['infrastructure']);
  phases.forEach((phase, index) => {
    add('service', phase.service, ['phases', index, 'service']);
    add('infrastructure', phase.infrastructure, ['phases', index, 'infrastructure']);
  });
  collect.forEach((each, index) => add('service', each, ['collect', index]));
  for (const [name, { steps = [] }] of workflow.type === 'build' ? Object.entries(workflow.sections ?? {}) : []) {
    steps.forEach((step, index) => {
      const read = readStep(step);
      if (read?.entry.key !== 'collect') return;
      add('service', String(read.parameters['service']), ['sections', name, 'steps', index, 'collect', 'service']);
    });
  }
  return settings;
}

/** `${Environment}` alone in a setting makes an input of it. */
export function templatized(setting: string): string | null {
  return /^\$\{\s*(?:workflow\.variables\.)?([A-Za-z0-9_]+)\s*\}$/.exec(setting)?.[1] ?? null;
}

export type CompleteInput = LongInput & { readonly type: NonNullable<LongInput['type']>; readonly required: boolean };

/** Every field in its own place, so that the text is the same however it was written. */
export const completeInput = ({
  type,
  description,
  required,
  default: initial,
  ...rest
}: CompleteInput): CompleteInput =>
  compact({
    type,
    description,
    required,
    default: initial,
    values: rest.values,
    pattern: rest.pattern,
    fixed: rest.fixed,
    of: rest.of,
  }) as CompleteInput; // `compact` leaves out what is undefined.

export function completeInputsOf(workflow: LongWorkflow): Readonly<Record<string, CompleteInput>> {
  const inputs: Record<string, LongInput> = { ...workflow.inputs };
  for (const { kind, written } of entitySettings(workflow)) {
    const name = templatized(written);
    if (name === null) continue;
    const declared = own(inputs, name);
    inputs[name] = { ...declared, type: kind, required: declared?.required ?? true };
  }
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => [
      name,
      completeInput({ ...input, type: input.type ?? 'text', required: input.required ?? false }),
    ]),
  );
}
