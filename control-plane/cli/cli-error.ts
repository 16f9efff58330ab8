import { problemSchema } from '../api/http/problem.ts';
import type { ProblemBody, ProblemFailure } from '../api/http/problem.ts';
import type { ExitCode } from './exit-codes.ts';
import { EXIT } from './exit-codes.ts';

/** Ends the command: one line per problem on standard error, and an exit code. */
export class CliError extends Error {
  readonly exitCode: ExitCode;
  readonly lines: readonly string[];
  constructor(exitCode: ExitCode, lines: readonly string[], cause?: unknown) {
    super(lines.join('\n'), { cause });
    this.name = 'CliError';
    this.exitCode = exitCode;
    this.lines = lines;
  }
}

export const usage = (...lines: readonly string[]): CliError => new CliError(EXIT.USAGE, lines);

export function connectionLost(url: string, cause: unknown): CliError {
  const message = `No answer from Fairlead at ${url}: ${reasonOf(cause)}. Is it running? Start it with \`fairlead start\`, or check --server.`;
  return new CliError(EXIT.CONNECTION_LOST, [message], cause);
}

/** The control plane refused: the caller's mistake is usage, everything else a failure. */
export function refused(problem: ProblemBody): CliError {
  const byCaller = problem.status >= 400 && problem.status < 500;
  const code = byCaller ? EXIT.USAGE : problem.code === 'UNAVAILABLE' ? EXIT.CONNECTION_LOST : EXIT.FAILED;
  return new CliError(code, problem.failures.map(lineOf), problem);
}

/** The control plane does not know the key (any more). */
export const saysKeyIsRefused = ({ cause }: CliError): boolean =>
  problemSchema.safeParse(cause).data?.code === 'UNAUTHENTICATED';

/** Nothing came for so long (five minutes, in Node) that reading was given up, although the connection may be well. */
export function saysNothingCame({ cause }: Error): boolean {
  if (!(cause instanceof Error)) return false;
  return ('code' in cause && cause.code === 'UND_ERR_BODY_TIMEOUT') || saysNothingCame(cause);
}

/** `fairlead.yaml:3:5: services.web.type: unknown type ssh/tra. Use ssh/tar.` */
function lineOf(failure: ProblemFailure): string {
  const place = failure.file === undefined ? '' : `${failure.file}:${failure.line ?? 1}:${failure.column ?? 1}: `;
  const named = failure.field !== undefined && !failure.reason.includes(failure.field);
  return `${place}${named ? `${failure.field}: ` : ''}${sentence(failure.reason)} ${failure.mend}`;
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

/** `fetch failed` says nothing; what it wraps does. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return reasonOf(error.cause);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return error.message === '' ? code : error.message;
}
