/** The small words of the language. A message is `reason | mend`; see zod-problems.ts. */
import { z } from 'zod';
import { isPublishName, isReservedWord } from '@fairlead/proto/expressions/index.ts';
import { MAX_DURATION_MS, parseDuration } from '@fairlead/proto/model/duration.ts';

export const name = z
  .string()
  .max(128, 'names have at most 128 characters | Choose a shorter name.')
  .regex(
    /^[a-zA-Z0-9_-]([a-zA-Z0-9 _-]*[a-zA-Z0-9_-])?$/,
    'names are made of letters, digits, space, - and _ | Choose another name.',
  );

/** Of a variable that expressions and shells can read. */
export const variableName = z
  .string()
  .max(128, 'names have at most 128 characters | Choose a shorter name.')
  .regex(
    /^[a-zA-Z0-9_]+$/,
    'variable names are made of letters, digits and _ | Rename it, with _ instead of - or a dot.',
  )
  .refine((word) => !isReservedWord(word), 'this word has a meaning of its own in expressions | Choose another name.');

export const publishName = z
  .string()
  .refine(
    isPublishName,
    'outputs cannot be published under this name | Use letters, digits and _, and no reserved word.',
  );

/** Of a step it may be an expression: what that comes to is looked at when the step has run. */
export const stepPublishName = z
  .string()
  .refine(
    (value) => isPublishName(value) || value.includes('${'),
    'outputs cannot be published under this name | Use letters, digits and _, and no reserved word; or an expression, such as ${instance.name}.',
  );

export const text = z.string();
export const scalar = z.union([z.string(), z.number(), z.boolean()]);
export const variableValues = z
  .record(variableName, scalar)
  .describe('Name to value; a value may hold ${…} or be secret:file:/path or secret:env:NAME.');

export const EXPRESSION = /\$\{[^}]+\}/;
const expression = z.string().regex(EXPRESSION, 'neither a number nor an expression | Write a number or ${…}.');

export const duration = z
  .string()
  .regex(
    /^\s*(0|(\d+(\.\d+)?\s*(ms|[wdhms])\s*)+)$/,
    'this is no duration | Write a number with its unit: 30s, 10m, 1h 30m.',
  )
  .refine(
    (value) => (parseDuration(value) ?? 0) <= MAX_DURATION_MS,
    'no timer may be longer than 24 days | Write less.',
  )
  .meta({ id: 'duration', description: 'A duration: 500ms, 30s, 10m, 1h 30m.' });

export const port = z.union([
  z
    .number()
    .int('a port is a whole number | Write 1 to 65535.')
    .min(1, 'ports start at 1 | Write 1 to 65535.')
    .max(65_535, 'ports end at 65535 | Write 1 to 65535.'),
  expression,
]);

const count = z
  .number()
  .int('a count is a whole number | Write 1 or more, or a percentage such as 25%.')
  .min(1, 'at least one is needed | Write 1 or more, or a percentage such as 25%.');

/** `3`, `25%`, or an expression. */
export const amount = z.union([
  count,
  z
    .string()
    .regex(
      /^(0*[1-9]\d*|(0*[1-9]\d?|0*100|0*\d{1,2}\.\d*[1-9]\d*)%|[^]*\$\{[^}]+\}[^]*)$/,
      'neither a count nor a percentage up to 100% | Write 3, 25% or ${…}.',
    ),
]);

export const description = z.string().max(2_000, 'at most 2000 characters | Write less.').describe('Free text.');

export const SECRET_PREFIX = 'secret:';

/** A reference to a secret, the only way to name one. Only what an agent can read itself exists so far. */
export const SECRET = /^secret:(file:\/[^"'\\$\n]+|env:[A-Za-z_][A-Za-z0-9_]*)$/;
const SECRET_MEND = 'Write secret:file:/path/on/the/agent or secret:env:NAME; never the value itself.';
export const secret = z
  .string()
  .regex(SECRET, `this must name a secret | ${SECRET_MEND}`)
  .describe('secret:file:/path/on/the/agent or secret:env:NAME.');
export { SECRET_MEND };

export const nonEmpty = <T extends z.ZodType>(of: T): z.ZodArray<T> =>
  z.array(of).min(1, 'the list is empty | Leave it out, or name at least one.');
