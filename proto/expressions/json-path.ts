import type { Json } from '../model/json.ts';
import { LIMITS } from './limits.ts';
import { equal, order } from './operators.ts';
import { Problem } from './problem.ts';
import { isList, isRecord, ownValue } from './value.ts';

type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

type Step =
  | { readonly kind: 'child'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'all' }
  /** Those elements whose value at `path` compares so, or that have one at all. */
  | {
      readonly kind: 'filter';
      readonly path: readonly string[];
      readonly test: { readonly comparison: Comparison; readonly value: Json } | null;
    };

/**
 * What a JSON path selects: children, indexes (negative from the end), `*` and one-comparison filters. A path that can
 * only mean one value gives that value, or null where it leads nowhere; one with `*` or a filter gives a list.
 */
export function selectPath(path: string, from: Json, at: number): Json {
  const steps = parsePath(path, at);
  let selected: readonly Json[] = [from];
  for (const step of steps) {
    selected = selected.flatMap((value) => follow(step, value));
    if (selected.length > LIMITS.steps) throw new Problem(`the path selects more than ${LIMITS.steps} values`, at);
  }
  const definite = steps.every((step) => step.kind === 'child' || step.kind === 'index');
  return definite ? (selected[0] ?? null) : selected;
}

function follow(step: Step, value: Json): readonly Json[] {
  switch (step.kind) {
    case 'child': {
      const found = isRecord(value) ? ownValue(value, step.name) : undefined;
      return found === undefined ? [] : [found];
    }
    case 'index': {
      const found = isList(value) ? value.at(step.index) : undefined;
      return found === undefined ? [] : [found];
    }
    case 'all':
      return elements(value);
    case 'filter':
      return elements(value).filter((element) => passes(step, element));
  }
}

const elements = (value: Json): readonly Json[] =>
  isList(value) ? value : isRecord(value) ? Object.values(value) : [];

function passes({ path, test }: Extract<Step, { kind: 'filter' }>, element: Json): boolean {
  let value: Json | undefined = element;
  for (const name of path) value = value !== undefined && isRecord(value) ? ownValue(value, name) : undefined;
  if (test === null) return value !== undefined;
  if (value === undefined) return test.comparison === '!=';
  if (test.comparison === '==') return equal(value, test.value);
  if (test.comparison === '!=') return !equal(value, test.value);
  const ordered = order(value, test.value);
  if (ordered === null) return false;
  if (test.comparison === '<') return ordered < 0;
  if (test.comparison === '<=') return ordered <= 0;
  return test.comparison === '>' ? ordered > 0 : ordered >= 0;
}

const NAME = /\.?([^.[\]\s'"()?*$@]+)/y;
const ALL = /\.?(?:\*|\[\s*\*\s*\])/y;
const INDEX = /\[\s*(-?\d{1,9})\s*\]/y;
const QUOTED = /\[\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*\]/y;
const FILTER =
  /\[\?\(\s*@((?:\.[^.[\]\s'"()=!<>?*]+)*)\s*(?:(==|!=|<=|>=|<|>)\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?|true|false|null))\s*)?\)\]/y;

function parsePath(path: string, at: number): readonly Step[] {
  const steps: Step[] = [];
  let offset = path.startsWith('$') ? 1 : 0;
  while (offset < path.length) {
    const read = readStep(path, offset);
    if (read === null || steps.length >= LIMITS.jsonDepth) {
      const what = path.startsWith('..', offset) ? "'..' is not supported" : 'it cannot be read';
      throw new Problem(
        `in the JSON path, from its character ${offset + 1}: ${what} (use .name, ['name'], [0], [*], [?(@.a == 'x')])`,
        at,
      );
    }
    steps.push(read.step);
    offset = read.end;
  }
  return steps;
}

function readStep(path: string, offset: number): { readonly step: Step; readonly end: number } | null {
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = offset;
    return pattern.exec(path);
  };
  const all = match(ALL);
  if (all !== null) return { step: { kind: 'all' }, end: offset + all[0].length };
  const index = match(INDEX);
  if (index !== null) return { step: { kind: 'index', index: Number(index[1]) }, end: offset + index[0].length };
  const quoted = match(QUOTED);
  if (quoted !== null) {
    return { step: { kind: 'child', name: unescape(quoted[1] ?? quoted[2] ?? '') }, end: offset + quoted[0].length };
  }
  const filter = match(FILTER);
  if (filter !== null) return { step: filterStep(filter), end: offset + filter[0].length };
  const name = match(NAME);
  // A name needs its dot, except at the very beginning: `a.b` is `$.a.b`.
  if (name === null || (offset > 0 && path[offset] !== '.')) return null;
  return { step: { kind: 'child', name: name[1] ?? '' }, end: offset + name[0].length };
}

function filterStep(match: RegExpExecArray): Step {
  const path = (match[1] ?? '').split('.').slice(1);
  const comparison = match[2] as Comparison | undefined; // the pattern's alternatives are exactly these
  if (comparison === undefined) return { kind: 'filter', path, test: null };
  const quoted = match[3] ?? match[4];
  const value: Json = quoted === undefined ? (JSON.parse(match[5] ?? 'null') as Json) : unescape(quoted);
  return { kind: 'filter', path, test: { comparison, value } };
}

const unescape = (text: string): string => text.replaceAll(/\\(.)/g, '$1');
