import { failure, type Failure } from '@fairlead/proto/model/failure.ts';

/** As much of one output as a step may publish. */
const OUTPUT_BYTES = 64 * 1_024;

export type ScriptOutputs =
  | { readonly ok: true; readonly outputs: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly failure: Failure };

/** The variables that a script was to set, out of those it has set. */
export function outputsOf(names: readonly string[], values: ReadonlyMap<string, Uint8Array>): ScriptOutputs {
  const missing = names.filter((name) => !values.has(name));
  if (missing.length > 0) {
    return {
      ok: false,
      failure: failure(
        'OUTPUT_MISSING',
        `the script ended without setting ${missing.join(', ')}; a script that calls exit loses all of its outputs`,
        { details: { missing } },
      ),
    };
  }
  const large = names.filter((name) => (values.get(name)?.length ?? 0) > OUTPUT_BYTES);
  if (large.length > 0) {
    return { ok: false, failure: failure('TOO_LARGE', `outputs over ${OUTPUT_BYTES} bytes: ${large.join(', ')}`) };
  }
  const outputs = names.map((name) => [name, Buffer.from(values.get(name) ?? []).toString('utf8')] as const);
  return { ok: true, outputs: Object.fromEntries(outputs) };
}
