import { failure, type Failure } from '../model/failure.ts';
import type { Json } from '../model/json.ts';
import { isTooLong, LIMITS } from './limits.ts';

/** A value that only the agent knows. It travels as its name and is filled in there, whole. */
export type LateReference =
  | { readonly late: 'secret'; readonly name: string }
  /** An output that a step published as secret; it lives sealed, as long as its execution. */
  | { readonly late: 'secretOutput'; readonly name: string; readonly path: string }
  /** Something about the target the work runs on: `hostName`, `host.ip`. */
  | { readonly late: 'instance'; readonly path: string }
  /** Something about the answer to the step's own HTTP request: `httpResponseCode`. */
  | { readonly late: 'response'; readonly path: string };

/** A type and not an interface, so that it is Json and can stand in commands and journals. */
export type LateText = {
  readonly parts: readonly (string | LateReference)[];
};

/** Canonical: a plain string exactly when nothing in it is late, no empty and no two neighboring strings in `parts`. */
export type ResolvedText = string | LateText;

export const LATE_KINDS = ['secret', 'secretOutput', 'instance', 'response'] as const;

/** As a person would write it. */
export function describeLate(reference: LateReference): string {
  switch (reference.late) {
    case 'secret':
      return `secret '${reference.name}'`;
    case 'secretOutput':
      return `secret output '${reference.name}.${reference.path}'`;
    case 'instance':
      return `'instance.${reference.path}'`;
    case 'response':
      return `'${reference.path}'`;
  }
}

export const isSecret = (reference: LateReference): boolean =>
  reference.late === 'secret' || reference.late === 'secretOutput';

export function canonicalText(parts: readonly (string | LateReference)[]): ResolvedText {
  const joined: (string | LateReference)[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part === '') continue;
    if (typeof part === 'string' && typeof last === 'string') joined[joined.length - 1] = last + part;
    else joined.push(part);
  }
  if (joined.length === 0) return '';
  const [only] = joined;
  return joined.length === 1 && typeof only === 'string' ? only : { parts: joined };
}

/** What a text, or any text inside a value, needs from the agent: to know which secrets to send along. */
export function lateReferencesIn(value: Json): readonly LateReference[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isLateText(value)) return value.parts.filter((part) => typeof part !== 'string');
  return (isList(value) ? value : Object.values(value)).flatMap(lateReferencesIn);
}

/**
 * The text with everything late filled in, for the agent. What `lookup` finds is inserted as it is and never evaluated;
 * where it finds nothing, that is the failure.
 */
export function resolveLate(
  text: ResolvedText,
  lookup: (reference: LateReference) => string | undefined,
): string | Failure {
  if (typeof text === 'string') return text;
  let resolved = '';
  for (const part of text.parts) {
    const found = typeof part === 'string' ? part : lookup(part);
    if (found === undefined && typeof part !== 'string') return lateFailure(part);
    resolved += found ?? '';
    if (resolved.length > LIMITS.textBytes) break;
  }
  return isTooLong(resolved) ? failure('EXPRESSION', `the resolved text is over ${LIMITS.textBytes} bytes`) : resolved;
}

function lateFailure(reference: LateReference): Failure {
  const described = describeLate(reference);
  return isSecret(reference)
    ? failure('SECRET_UNAVAILABLE', `${described} is not available on this agent`)
    : failure('EXPRESSION', `${described} is not known here`);
}

/** Every `LateText` anywhere inside the value filled in; strings stay as they are. */
export function resolveLateValue(
  value: Json,
  lookup: (reference: LateReference) => string | undefined,
  field = '',
): { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly failures: readonly Failure[] } {
  const failures: Failure[] = [];
  const fill = (current: Json, path: string): Json => {
    if (typeof current !== 'object' || current === null) return current;
    if (isLateText(current)) {
      const text = resolveLate(current, lookup);
      if (typeof text === 'string') return text;
      failures.push(path === '' ? text : { ...text, field: path });
      return '';
    }
    if (isList(current)) return current.map((each, index) => fill(each, `${path}[${index}]`));
    const entries = Object.entries(current);
    return Object.fromEntries(entries.map(([key, each]) => [key, fill(each, path === '' ? key : `${path}.${key}`)]));
  };
  const filled = fill(value, field);
  return failures.length === 0 ? { ok: true, value: filled } : { ok: false, failures };
}

// `Array.isArray` does not narrow a readonly array away from an object.
const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

export function isLateText(value: Json): value is Json & LateText {
  if (typeof value !== 'object' || value === null || isList(value)) return false;
  const keys = Object.keys(value);
  const parts = value['parts'];
  return keys.length === 1 && parts !== undefined && isList(parts) && parts.some(isLateReference);
}

const isLateReference = (value: Json): boolean =>
  typeof value === 'object' &&
  value !== null &&
  !isList(value) &&
  LATE_KINDS.some((kind) => kind === value['late']) &&
  Object.hasOwn(value, 'late');
