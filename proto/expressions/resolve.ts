import type { Failure } from '../model/failure.ts';
import type { Json } from '../model/json.ts';
import { failure } from '../model/failure.ts';
import { insertParts, startEvaluation, type EvaluationOptions } from './evaluate.ts';
import { isLateText, type ResolvedText } from './late.ts';
import { LIMITS } from './limits.ts';
import { problemFailure, type Problem } from './problem.ts';
import type { Scope } from './scope.ts';
import { parseTemplate } from './template.ts';
import { isList } from './value.ts';

export type Resolution<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failures: readonly Failure[] };

export interface ResolveOptions extends EvaluationOptions {
  /** Where the text stands, for the failures: `workflows.ship.phases[0].script`. */
  readonly field?: string;
}

/** Every expression of the text evaluated. All that is wrong is reported at once. */
export function resolveTemplate(text: string, within: Scope, options: ResolveOptions = {}): Resolution<ResolvedText> {
  if (!text.includes('${') && text.length * 3 <= LIMITS.textBytes) return { ok: true, value: text };
  const template = parseTemplate(text);
  if (template.fatal !== null) return { ok: false, failures: [problemFailure(template.fatal, text, options)] };
  const problems: Problem[] = [];
  const evaluation = startEvaluation(within, options, false);
  const value = insertParts(template.parts, evaluation, (problem) => {
    if (problems.length < LIMITS.failures) problems.push(problem);
  });
  if (problems.length === 0) return { ok: true, value };
  return {
    ok: false,
    failures: problems.map((problem) =>
      problemFailure(problem, text, { field: options.field, secrets: evaluation.secrets }),
    ),
  };
}

/** Json with a `LateText` wherever a text holds something late. */
export type ResolvedJson = Json;

/** Every text inside lists and objects resolved; keys stay as they are. Failures name the path of their text. */
export function resolveValue(json: Json, within: Scope, options: ResolveOptions = {}): Resolution<ResolvedJson> {
  const failures: Failure[] = [];
  const fail = (message: string, field: string): null => {
    failures.push(failure('EXPRESSION', message, field === '' ? {} : { field }));
    return null;
  };
  const resolve = (value: Json, field: string, depth: number): ResolvedJson => {
    if (typeof value === 'string') {
      const resolution = resolveTemplate(value, within, { ...options, ...(field === '' ? {} : { field }) });
      if (resolution.ok) return resolution.value;
      failures.push(...resolution.failures);
      return null;
    }
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= LIMITS.jsonDepth) return fail(`values may nest ${LIMITS.jsonDepth} deep`, field);
    // Whoever reads the outcome could not tell it from a late text, and it would name a secret that nobody has checked.
    if (isLateText(value)) return fail("write an expression instead of an object with 'parts'", field);
    if (isList(value)) return value.map((each, index) => resolve(each, `${field}[${index}]`, depth + 1));
    const entries = Object.entries(value);
    return Object.fromEntries(
      entries.map(([key, each]) => [key, resolve(each, field === '' ? key : `${field}.${key}`, depth + 1)]),
    );
  };
  const value = resolve(json, options.field ?? '', 0);
  return failures.length === 0 ? { ok: true, value } : { ok: false, failures };
}
