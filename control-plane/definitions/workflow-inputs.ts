/** Inputs of a workflow: the declared ones, and those that `${Environment}` in a setting makes. */
import { compact, own } from './json-values.ts';
import type { LongInput, LongWorkflow } from './long-form.ts';

export const ENTITY_SETTINGS = ['service', 'environment', 'infrastructure'] as const;

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
  for (const setting of ENTITY_SETTINGS) {
    const name = templatized(workflow[setting] ?? '');
    if (name === null) continue;
    const declared = own(inputs, name);
    inputs[name] = { ...declared, type: setting, required: declared?.required ?? true };
  }
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => [
      name,
      completeInput({ ...input, type: input.type ?? 'text', required: input.required ?? false }),
    ]),
  );
}
