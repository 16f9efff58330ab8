import { failure, type Failure, type FailureCode } from '../model/failure.ts';

/**
 * What is wrong with an expression, thrown inside this folder only: every function that `index.ts` exports turns it into
 * a failure. Messages quote what the author wrote, never a value, because a value may be a secret.
 */
export class Problem extends Error {
  /** Where in the text, as an offset. */
  readonly at: number;
  readonly options: ProblemOptions;
  constructor(message: string, at: number, options: ProblemOptions = {}) {
    super(message);
    this.name = 'Problem';
    this.at = at;
    this.options = options;
  }
}

export interface ProblemOptions {
  readonly code?: FailureCode;
  /** What there is instead. */
  readonly existing?: readonly string[];
  /** The name or member is not known here: in a text it is left as it stands, for the shell. */
  readonly unresolved?: boolean;
  /** Nothing is wrong, only too early: the value is known later, or on the agent. */
  readonly early?: 'later' | 'agent';
  /** A limit was reached: trying to read the text in another way would reach it again. */
  readonly fatal?: boolean;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Line and column, both from 1. */
export function positionOf(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let at = before.indexOf('\n'); at !== -1; at = before.indexOf('\n', at + 1)) line += 1;
  return { line, column: offset - lineStart + 1 };
}

export function problemFailure(
  problem: Problem,
  text: string,
  more: { readonly field?: string | undefined; readonly secrets?: ReadonlySet<string> } = {},
): Failure {
  const { line, column } = positionOf(text, problem.at);
  const where = line === 1 ? `column ${column}` : `line ${line}, column ${column}`;
  const { code = 'EXPRESSION', existing } = problem.options;
  // A name in a message may have been computed, on the agent even from a secret.
  const mask = (shown: string): string =>
    [...(more.secrets ?? [])].reduce(
      (masked, secret) => (secret === '' ? masked : masked.replaceAll(secret, '***')),
      shown,
    );
  return failure(code, `${where}: ${mask(problem.message)}`, {
    ...(more.field === undefined ? {} : { field: more.field }),
    details: { line, column, ...(existing === undefined ? {} : { existing: existing.map(mask) }) },
  });
}

/** Runs what may meet a problem. Anything else that is thrown is a bug and goes on. */
export function attempt<T>(run: () => T): { readonly value: T } | { readonly problem: Problem } {
  try {
    return { value: run() };
  } catch (error) {
    if (error instanceof Problem) return { problem: error };
    throw error;
  }
}
