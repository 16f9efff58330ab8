/** What the schema found wrong, in words: reason, mend and the nearest name that exists. */
import { z } from 'zod';
import type { Json } from '@fairlead/proto/model/json.ts';
import { nearest } from './nearest.ts';
import { isJsonObject } from './json-values.ts';
import { listNames, type Path, type Report } from './problem.ts';

type Issue = z.core.$ZodIssue;

/** Carries the keys that are known, which the issue itself does not tell. */
const KNOWN_KEYS = 'known keys:';

/** For `safeParse(value, { error: describeUnknownKeys, reportInput: true })`. */
export const describeUnknownKeys: z.core.$ZodErrorMap = (issue) => {
  if (issue.code !== 'unrecognized_keys') return undefined;
  const schema = issue.inst;
  if (!(schema instanceof z.ZodObject)) return undefined;
  return `${KNOWN_KEYS}${Object.keys(schema.shape).join(',')}`;
};

export function checkSchema<T>(schema: z.ZodType<T>, data: Json, report: Report): T | null {
  const result = schema.safeParse(data, { error: describeUnknownKeys, reportInput: true });
  if (result.success) return result.data;
  for (const issue of result.error.issues) reportIssue(issue, [], report);
  return null;
}

function reportIssue(issue: Issue, base: Path, report: Report): void {
  const path: Path = [...base, ...(issue.path as Path)]; // Of JSON data, so no symbols.
  const [reason = '', mend] = issue.message.split(' | ');
  if (mend !== undefined) {
    report(path, reason, mend);
    return;
  }
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = knownKeys(issue);
      for (const key of issue.keys) report([...path, key], `unknown key '${key}'`, suggest(key, known), 'key');
      return;
    }
    case 'invalid_type':
      if (issue.input === undefined) {
        const field = String(path.at(-1) ?? '');
        report(path, `'${field}' is missing`, `Add ${field}: …`);
      } else report(path, `expected ${wordFor(issue.expected)}, found ${kindOf(issue.input)}`, mendFor(issue.expected));
      return;
    case 'invalid_value': {
      const values = issue.values.map(String);
      if (issue.input === undefined) {
        const field = String(path.at(-1) ?? '');
        report(path, `'${field}' is missing`, `Add ${field}: with ${oneOf(values)}.`);
        return;
      }
      const near = typeof issue.input === 'string' ? nearest(issue.input, values) : null;
      const mendText =
        near === null ? `Write ${oneOf(values)}.` : `Did you mean '${near}'? Possible: ${oneOf(values)}.`;
      report(path, `${describe(issue.input)} is not possible here`, mendText);
      return;
    }
    case 'invalid_key':
      for (const each of issue.issues) {
        const [why = '', how = 'Choose another name.'] = each.message.split(' | ');
        report(path, why, how, 'key');
      }
      return;
    case 'invalid_union':
      reportUnion(issue, path, report);
      return;
    default:
      report(path, reason, 'Write another value.');
  }
}

const knownKeys = (issue: Issue): readonly string[] =>
  issue.message.startsWith(KNOWN_KEYS) ? issue.message.slice(KNOWN_KEYS.length).split(',') : [];

const suggest = (key: string, known: readonly string[]): string => {
  const near = nearest(key, known);
  return near === null ? `Known here: ${known.join(', ')}.` : `Did you mean '${near}'?`;
};

/** The form that was meant is the one whose kind fits and that lacks least; its problems are the ones worth telling. */
function reportUnion(issue: Issue & { code: 'invalid_union' }, path: Path, report: Report): void {
  const fitting = issue.errors.filter((branch) => !branch.some(isOfAnotherKind));
  const complete = fitting.filter((branch) => !branch.some(isMissing));
  const [only, ...others] = complete.length > 0 ? complete : fitting;
  if (only !== undefined && (complete.length > 0 || others.length === 0)) {
    const best = (complete.length > 0 ? complete : fitting).reduce((a, b) => (b.length < a.length ? b : a));
    for (const each of best) reportIssue(each, path, report);
    return;
  }
  if (fitting.length > 0) {
    const keys = fitting.flatMap((branch) => branch.filter(isMissing).map((each) => String(each.path[0])));
    reportNoForm(issue.input as Json, [...new Set(keys)], path, report);
    return;
  }
  const words = [...new Set(issue.errors.flatMap((branch) => branch.filter(isOfAnotherKind).map(expectation)))];
  if (issue.input === undefined) {
    const field = String(path.at(-1) ?? '');
    report(path, `'${field}' is missing`, `Add ${field}: with ${words.join(' or ')}.`);
  } else report(path, `expected ${words.join(' or ')}, found ${kindOf(issue.input)}`, 'Write one of these.');
}

function reportNoForm(input: Json, keys: readonly string[], path: Path, report: Report): void {
  const given = isJsonObject(input) ? Object.keys(input) : [];
  const wrong = given.find((key) => nearest(key, keys) !== null) ?? given[0];
  if (wrong === undefined) report(path, 'the map is empty', `Write ${oneOf(keys)}.`);
  else {
    const near = nearest(wrong, keys);
    const mend = near === null ? `It needs one of the keys ${listNames(keys)}.` : `Did you mean '${near}'?`;
    report([...path, wrong], `unknown key '${wrong}'`, mend, 'key');
  }
}

const isOfAnotherKind = (issue: Issue): boolean => {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_type') return true;
  if (issue.code === 'invalid_value') return isJsonObject(issue.input as Json) || Array.isArray(issue.input);
  return issue.code === 'invalid_union' && issue.errors.every((branch) => branch.some(isOfAnotherKind));
};

const isMissing = (issue: Issue): boolean =>
  issue.path.length === 1 &&
  issue.input === undefined &&
  (issue.code === 'invalid_type' || issue.code === 'invalid_union' || issue.code === 'invalid_value');

const expectation = (issue: Issue): string => {
  if (issue.code === 'invalid_type') return wordFor(issue.expected);
  if (issue.code === 'invalid_value') return oneOf(issue.values.map(String));
  if (issue.code === 'invalid_union')
    return [...new Set(issue.errors.flat().filter(isOfAnotherKind).map(expectation))].join(' or ');
  return 'something else';
};

const WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
  undefined: 'nothing',
};
const wordFor = (expected: string): string => WORDS[expected] ?? expected;

const mendFor = (expected: string): string =>
  expected === 'string' ? 'Write text; quote it where YAML would read something else.' : `Write ${wordFor(expected)}.`;

const oneOf = (values: readonly string[]): string =>
  values.length < 2 ? (values[0] ?? '') : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;

/** Where something of another kind was expected, the value itself tells nothing, and could be a secret. */
const kindOf = (value: unknown): string => (typeof value === 'string' ? 'text' : describe(value));

/** Never long, and nothing that could be a secret is quoted: only short words. */
function describe(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'string') return value.length <= 40 ? `'${value}'` : 'a long text';
  return String(value);
}
