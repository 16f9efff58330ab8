/** Turns what zod finds into sentences a caller can act on: field, reason, mend, all at once. */
import { z } from 'zod';
import type { ProblemFailure } from './problem.ts';

export type Part = 'path' | 'query' | 'header' | 'body';

export function parsePart<S extends z.ZodType>(
  schema: S,
  value: unknown,
  part: Part,
): { readonly value: z.output<S> } | { readonly failures: readonly ProblemFailure[] } {
  const result = schema.safeParse(value);
  const untold = withoutName(value).map((field) => invalid(field, "'__proto__' cannot be used as a name.", RENAME));
  if (result.success) return untold.length === 0 ? { value: result.data } : { failures: untold };
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  const described = result.error.issues.flatMap((issue) => describe(issue, part, known, value));
  return { failures: [...untold, ...described] };
}

const RENAME = 'Choose another name, of letters, digits and _.';

/** Where a field is called `__proto__`: the schemas leave it out without a word, at any depth. */
function withoutName(value: unknown): readonly string[] {
  const found: string[] = [];
  const open: { readonly at: string; readonly inside: unknown }[] = [{ at: '', inside: value }];
  // No recursion: how deep it goes is up to the caller.
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next.inside !== 'object' || next.inside === null) continue;
    for (const [name, inside] of Object.entries(next.inside)) {
      const at = next.at === '' ? name : `${next.at}.${name}`;
      if (name === '__proto__') found.push(at);
      else open.push({ at, inside });
    }
  }
  return found;
}

function describe(
  issue: z.core.$ZodIssue,
  part: Part,
  known: readonly string[],
  value: unknown,
): readonly ProblemFailure[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const mend =
      path.length === 0 && known.length > 0
        ? `Remove it; known here: ${known.join(', ')}.`
        : 'Remove it; /api/v1/openapi.json lists what is known here.';
    return issue.keys.map((key) => invalid([...path, key].join('.'), `The ${part} has an unknown field.`, mend));
  }
  const field = path.join('.');
  return [invalid(field === '' ? part : field, reasonOf(issue, part, valueAt(value, issue.path)), mendOf(issue))];
}

const valueAt = (value: unknown, path: z.core.$ZodIssue['path']): unknown =>
  path.reduce<unknown>(
    (inside, key) =>
      typeof inside === 'object' && inside !== null && Object.hasOwn(inside, key)
        ? (inside as Readonly<Record<PropertyKey, unknown>>)[key]
        : undefined,
    value,
  );

const invalid = (field: string, reason: string, mend: string): ProblemFailure => ({
  code: 'INVALID_INPUT',
  field,
  reason: `${field}: ${reason}`,
  mend,
});

function reasonOf(issue: z.core.$ZodIssue, part: Part, given: unknown): string {
  if (issue.code === 'invalid_type' && given === undefined) return `is missing in the ${part}.`;
  // In a query everything is text, and of a number it says what has become of it.
  if (issue.code === 'invalid_type' && typeof given === 'string')
    return `'${given.slice(0, 100)}' is no ${issue.expected}.`;
  return `${issue.message.replace(/^Invalid input: /, '')}.`;
}

function mendOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `Give a value of type ${issue.expected}.`;
    case 'invalid_value':
      return `Use one of: ${issue.values.map(String).join(', ')}.`;
    case 'too_small':
      return `Give at least ${String(issue.minimum)}.`;
    case 'too_big':
      return `Give at most ${String(issue.maximum)}.`;
    default:
      return 'See the field in /api/v1/openapi.json.';
  }
}
