/** Where the next page of a list begins, as a text that whoever asks for it passes on as it is. */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { z } from 'zod';

type Part = string | number;

export const writeCursor = (parts: readonly [Part, ...Part[]]): string => JSON.stringify(parts);

/** Refuses one that was not written here, or for another list. */
export function readCursor<S extends z.ZodType>(text: string, schema: S): z.output<S> {
  const parsed = schema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw noCursor(text);
}

export function noCursor(text: string): FailureError {
  const mend = 'Pass on what the page before gave as `next`; without a cursor the list begins with its first page.';
  return new FailureError(
    failure('INVALID_INPUT', `'${text}' is no cursor of this list. ${mend}`, { field: 'cursor', details: { mend } }),
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
