import type { Json } from '../model/json.ts';
import { describeLate, isSecret, lateReferencesIn } from './late.ts';
import { isTooLong, LIMITS } from './limits.ts';
import { memberNames, type Scope, type ScopeValue, type Found, type Origin } from './scope.ts';
import type { Patterns } from './patterns.ts';
import { Problem } from './problem.ts';
import { isList, isRecord, lateName, type Value } from './value.ts';

/** One text or condition being evaluated, the configured values it leads to included. */
export interface Evaluation {
  readonly scope: Scope;
  readonly onAgent: boolean;
  /** In a condition nothing may be secret or late. */
  readonly condition: boolean;
  /** Everything must be known: nothing is left as it stands. */
  readonly strict: boolean;
  /** The secrets that were read, so that no message shows one. */
  readonly secrets: Set<string>;
  readonly patterns: Patterns;
  /** Takes steps from the budget: one, and one more for each 1,024 characters looked at. */
  spend(at: number, characters?: number): void;
  /** Evaluates a configured text that `label` leads to. */
  follow(text: string, label: string, at: number): Value;
}

export function stepBudget(): (at: number, characters?: number) => void {
  let left: number = LIMITS.steps;
  return (at, characters = 0) => {
    left -= 1 + Math.floor(characters / 1_024);
    if (left < 0) throw new Problem(`evaluating takes more than ${LIMITS.steps} steps`, at, { fatal: true });
  };
}

/** What a name means, as a value to work with. */
export function openFound(
  found: Exclude<Found, { found: 'nothing' }>,
  label: string,
  at: number,
  of: Evaluation,
): Value {
  return found.found === 'family'
    ? { kind: 'family', family: found.family, label }
    : openScopeValue(found.value, label, at, of);
}

function openScopeValue(
  value: Exclude<ScopeValue, { kind: 'family' }>,
  label: string,
  at: number,
  of: Evaluation,
): Value {
  switch (value.kind) {
    case 'value':
      return openData(value.value, value.origin, label, at, of);
    case 'late':
      return { kind: 'late', text: value.text, label };
    case 'lateFamily':
      return { kind: 'lateFamily', late: value.late, path: value.path, label };
    case 'pending':
      throw new Problem(`'${label}' is not known yet`, at, { early: 'later' });
  }
}

/** Data of a scope. A configured text with `${` in it is evaluated here, when it is used, and nowhere else. */
export function openData(value: Json, origin: Origin, label: string, at: number, of: Evaluation): Value {
  of.spend(at);
  if (origin === 'secret' && of.condition) throw new Problem(`a condition may not use a secret: '${label}'`, at);
  if (origin === 'secret' && typeof value === 'string') of.secrets.add(value);
  if (origin === 'configured' && typeof value === 'string' && value.includes('${')) return of.follow(value, label, at);
  return { kind: 'data', data: value, origin, label };
}

/** A value to compute with: known here and now, and no family. */
export function plainData(value: Value, at: number, of: Evaluation): Json {
  switch (value.kind) {
    case 'data':
      return value.origin === 'configured' ? resolveInside(value.data, value.label, at, of, 0) : value.data;
    case 'late':
    case 'lateFamily':
      throw lateProblem(value, at, of);
    case 'family': {
      const existing = memberNames(value.family);
      throw new Problem(`'${value.label}' is a family; name one of its members: ${list(existing)}`, at, { existing });
    }
    case 'functor':
      throw new Problem(`'${value.label}' is no value; call one of its functions`, at);
  }
}

function resolveInside(value: Json, label: string, at: number, of: Evaluation, depth: number): Json {
  if (depth > LIMITS.jsonDepth) throw new Problem(`'${label}' nests more than ${LIMITS.jsonDepth} deep`, at);
  if (typeof value === 'string') {
    const opened = openData(value, 'configured', label, at, of);
    // A text that was evaluated is data of the run; asking for it again would evaluate it twice.
    return opened.kind === 'data' ? opened.data : plainData(opened, at, of);
  }
  if (isList(value)) {
    return value.map((each, index) => resolveInside(each, `${label}[${index}]`, at, of, depth + 1));
  }
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, resolveInside(each, `${label}.${key}`, at, of, depth + 1)]),
  );
}

/** Why a value that only the agent knows cannot be used like this. */
export function lateProblem(
  value: Extract<Value, { kind: 'late' | 'lateFamily' }>,
  at: number,
  of: Pick<Evaluation, 'condition'>,
): Problem {
  const references = value.kind === 'late' ? lateReferencesIn(value.text) : [lateName(value.late, value.path)];
  const [first] = references;
  const what = first === undefined ? `'${value.label}'` : describeLate(first);
  if (of.condition && references.some(isSecret)) {
    return new Problem(`a condition may not use a secret: ${what}`, at);
  }
  const mend = of.condition
    ? 'a condition evaluated here cannot use it'
    : 'insert it whole, without methods or operators';
  return new Problem(`${what} is only known on the agent: ${mend}`, at, { early: 'agent' });
}

/** A text made on the way may be no longer than a text that is the outcome. */
export function checkText(value: Json, at: number): Json {
  if (typeof value !== 'string' || !isTooLong(value)) return value;
  throw new Problem(`the text becomes longer than ${LIMITS.textBytes} bytes`, at);
}

/** Names for a message: enough to choose from, not a page. */
export function list(names: readonly string[]): string {
  if (names.length === 0) return 'nothing';
  const shown = names.slice(0, 20).join(', ');
  return names.length > 20 ? `${shown} and ${names.length - 20} more` : shown;
}
