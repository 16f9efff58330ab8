import { parseTemplate } from '@fairlead/proto/expressions/index.ts';
import { createPatterns } from '@fairlead/proto/expressions/patterns.ts';
import type { CompleteInput } from './workflow-inputs.ts';

const MAX_CHARACTERS = 64_000;

/**
 * Why a value is not possible for an input. What a person gives is taken as it is and never evaluated; the default of a text
 * was written by whoever wrote the workflow, and may have expressions in it.
 */
export function checkInputValue(
  value: string,
  input: CompleteInput,
): readonly { readonly reason: string; readonly mend: string }[] {
  const problems: { reason: string; mend: string }[] = [];
  const add = (reason: string, mend: string): void => {
    problems.push({ reason, mend });
  };
  if (value.length > MAX_CHARACTERS) {
    add(`the value has more than ${MAX_CHARACTERS} characters`, 'Give a shorter one.');
    return problems;
  }
  if (holdsExpression(value) && !isWritten(value, input))
    add('values of inputs are not evaluated', 'Give the value itself, without ${…}.');
  if (input.type === 'number' && !/^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(value))
    add(`'${short(value)}' is no number`, 'Give a number.');
  if (input.type === 'email' && !/^[^\s@]+@[^\s@]+$/.test(value))
    add(`'${short(value)}' is no e-mail address`, 'Give name@domain.');
  if (input.values !== undefined && !input.values.includes(value)) {
    add(`'${short(value)}' is not among the allowed values`, `Choose one of ${input.values.join(', ')}.`);
  }
  if (input.pattern !== undefined && !createPatterns().matchesWhole(input.pattern, value, 0)) {
    add(`'${short(value)}' does not match ${input.pattern}`, 'Give a value that the whole pattern matches.');
  }
  return problems;
}

/** One that names nothing, as `${1 + 1}`, would be evaluated, too. */
const holdsExpression = (value: string): boolean =>
  parseTemplate(value).parts.some((part) => typeof part !== 'string' && part.kind === 'expression');

const isWritten = (value: string, { type, default: initial }: CompleteInput): boolean =>
  type === 'text' && value === initial;

const short = (value: string): string => (value.length > 60 ? `${value.slice(0, 60)}…` : value);
