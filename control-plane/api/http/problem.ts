/** RFC 9457: every failure of the API looks like this, whatever went wrong, with all problems at once. */
import { FAILURES, FailureError } from '@fairlead/proto/model/failure.ts';
import type { Failure, FailureCode } from '@fairlead/proto/model/failure.ts';
import { z } from 'zod';
import type { Problem as DefinitionProblem } from '../../app/use-cases.ts';
import { failureCode } from './schemas.ts';

export const PROBLEM_TYPE = 'application/problem+json';

export const problemSchema = z
  .object({
    type: z.string().describe('Identifies the kind of problem, for ever: `urn:fairlead:problem:<code>`.'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().describe('The request, as it stands in the log of the control plane.'),
    code: failureCode,
    failures: z
      .array(
        z.object({
          code: failureCode,
          field: z.exactOptional(z.string()).describe('Path of the field at fault.'),
          reason: z.string(),
          mend: z.string(),
          file: z.exactOptional(z.string()),
          line: z.exactOptional(z.int()),
          column: z.exactOptional(z.int()),
          details: z.exactOptional(z.looseObject({})),
        }),
      )
      .describe('Everything that is wrong, not only the first.'),
  })
  .meta({ id: 'Problem' });

export type ProblemBody = z.output<typeof problemSchema>;
export type ProblemFailure = ProblemBody['failures'][number];

/** Failures with what only the edge knows: how to mend exactly this, and where in which file. */
export class RequestError extends Error {
  readonly code: FailureCode;
  readonly failures: readonly ProblemFailure[];
  constructor(code: FailureCode, failures: readonly ProblemFailure[]) {
    super(failures.map((each) => each.reason).join('; '));
    this.name = 'RequestError';
    this.code = code;
    this.failures = failures;
  }
}

export function definitionError(problems: readonly DefinitionProblem[]): RequestError {
  return new RequestError(
    'INVALID_INPUT',
    problems.map((problem) => ({
      code: 'INVALID_INPUT',
      field: problem.path,
      reason: problem.reason,
      mend: problem.mend,
      file: problem.file,
      line: problem.line,
      column: problem.column,
    })),
  );
}

/** Null: not an expected failure but a bug. */
export function problemOf(error: unknown, requestId: string): ProblemBody | null {
  if (error instanceof RequestError) return problemBody(error.code, error.failures, requestId);
  if (error instanceof FailureError) {
    const detail = error.failures.map((each) => each.message).join(' ');
    return problemBody(error.failures[0].code, error.failures.map(presentFailure), requestId, detail);
  }
  return null;
}

export function internalProblem(requestId: string): ProblemBody {
  const reason = `Something in the control plane went wrong; its log tells more under ${requestId}.`;
  return problemBody('INTERNAL', [{ code: 'INTERNAL', reason, mend: FAILURES.INTERNAL.help }], requestId);
}

/** How to mend exactly this, where somebody knew; its message ends with the same words, which are not said twice. */
function presentFailure(failure: Failure): ProblemFailure {
  const own = failure.details?.['mend'];
  const mend = typeof own === 'string' ? own : FAILURES[failure.code].help;
  return {
    code: failure.code,
    ...(failure.field === undefined ? {} : { field: failure.field }),
    reason: failure.message.endsWith(` ${mend}`) ? failure.message.slice(0, -mend.length - 1) : failure.message,
    mend,
    ...(failure.details === undefined ? {} : { details: failure.details }),
  };
}

function problemBody(
  code: FailureCode,
  failures: readonly ProblemFailure[],
  requestId: string,
  detail = failures.map((each) => each.reason).join(' '),
): ProblemBody {
  return {
    type: `urn:fairlead:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: sentence(code),
    status: FAILURES[code].http,
    detail,
    instance: requestId,
    code,
    failures: [...failures],
  };
}

function sentence(code: string): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
