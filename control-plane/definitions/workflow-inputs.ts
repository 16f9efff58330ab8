/** Inputs of a workflow: the declared ones, and those that `${Environment}` in a setting makes. */
import { own } from './json-values.ts';
import type { LongInput, LongWorkflow } from './long-form.ts';

export const ENTITY_SETTINGS = ['service', 'environment', 'infrastructure'] as const;

/** `${Environment}` alone in a setting makes an input of it. */
export function templatized(setting: string): string | null {
  return /^\$\{\s*(?:workflow\.variables\.)?([A-Za-z0-9_]+)\s*\}$/.exec(setting)?.[1] ?? null;
}

export type CompleteInput = LongInput & { readonly type: NonNullable<LongInput['type']>; readonly required: boolean };

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
      { ...input, type: input.type ?? 'text', required: input.required ?? false },
    ]),
  );
}
