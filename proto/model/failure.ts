/**
 * The one table of failures. A failure is expected and is data: it has a code, belongs to one of the types a failure
 * strategy can name (orchestration 9.2), and says who must act. A bug is thrown, never put here.
 */
export const FAILURE_TYPES = [
  'APPLICATION',
  'CONNECTIVITY',
  'AUTHENTICATION',
  'VERIFICATION',
  'TIMEOUT',
  'AGENT',
  'UNKNOWN',
] as const;
export type FailureType = (typeof FAILURE_TYPES)[number];

/** Who can do something about it. */
export type Actor = 'caller' | 'author' | 'operator' | 'target' | 'nobody';

interface FailureRow {
  readonly type: FailureType;
  readonly who: Actor;
  /** May the same request be sent again as it is and possibly succeed? */
  readonly retryable: boolean;
  readonly http: number;
  /** gRPC status number. */
  readonly grpc: number;
  readonly help: string;
}

const row = (
  type: FailureType,
  who: Actor,
  retryable: boolean,
  http: number,
  grpc: number,
  help: string,
): FailureRow => ({ type, who, retryable, http, grpc, help });

export const FAILURES = {
  // The caller of the API or the author of a definition.
  INVALID_INPUT: row('APPLICATION', 'caller', false, 400, 3, 'Mend the named fields and send the request again.'),
  UNAUTHENTICATED: row('AUTHENTICATION', 'caller', false, 401, 16, 'Send a valid API key or log in again.'),
  FORBIDDEN: row('APPLICATION', 'caller', false, 403, 7, 'Ask an administrator for the right named in the message.'),
  NOT_FOUND: row('APPLICATION', 'caller', false, 404, 5, 'Check the name; the message lists what exists.'),
  CONFLICT: row('APPLICATION', 'caller', true, 409, 10, 'Someone else changed it first: read it again, then retry.'),
  ILLEGAL_STATE: row('APPLICATION', 'caller', false, 409, 9, 'The execution is not in a state that allows this.'),
  IDEMPOTENCY_MISMATCH: row('APPLICATION', 'caller', false, 422, 9, 'Use a new idempotency key for a new request.'),
  TOO_LARGE: row('APPLICATION', 'caller', false, 413, 11, 'Send less, or in parts.'),
  OVERLOADED: row('CONNECTIVITY', 'operator', true, 429, 8, 'Wait as long as Retry-After says.'),
  UNAVAILABLE: row('CONNECTIVITY', 'operator', true, 503, 14, 'A part of the control plane is away; retry shortly.'),
  INTERNAL: row('APPLICATION', 'nobody', false, 500, 13, 'A bug in Fairlead: please report it with the id shown.'),
  STORE_LOCKED: row('APPLICATION', 'operator', true, 503, 9, 'Stop the other process, or use another data directory.'),
  STORE_TOO_NEW: row('APPLICATION', 'operator', false, 503, 9, 'Start a release at least as new as the data.'),
  // Deciding.
  EXPRESSION: row('APPLICATION', 'author', false, 422, 3, 'Mend the expression; the message shows where it fails.'),
  NO_HOSTS: row('APPLICATION', 'author', false, 422, 9, 'Select at least one host of the infrastructure.'),
  NO_ARTIFACT: row('APPLICATION', 'author', false, 422, 5, 'Choose a build that exists; the message lists some.'),
  NO_ELIGIBLE_AGENT: row('AGENT', 'operator', true, 503, 14, 'Start or approve an agent with the named selectors.'),
  STEP_TIMEOUT: row('TIMEOUT', 'author', true, 504, 4, 'Raise the timeout, or see in the log what took so long.'),
  LOCK_TIMEOUT: row('TIMEOUT', 'operator', true, 504, 4, 'Another execution holds the infrastructure; see the queue.'),
  BARRIER_TIMEOUT: row('TIMEOUT', 'author', true, 504, 4, 'See which workflow did not arrive, or raise the timeout.'),
  PERMITS_TIMEOUT: row(
    'TIMEOUT',
    'operator',
    true,
    504,
    4,
    'Others use the guard: see `fairlead guards`, or raise the timeout.',
  ),
  PERMITS_EXCEEDED: row('APPLICATION', 'author', false, 422, 9, 'Ask for no more permits than the guard has.'),
  DEADLOCK: row('APPLICATION', 'author', true, 409, 10, 'They wait for each other: see the cycle, and mend the order.'),
  QUEUE_FULL: row('APPLICATION', 'operator', true, 429, 8, 'Let the waiting executions finish first.'),
  // Doing, on a target.
  COMMAND_FAILED: row('APPLICATION', 'author', true, 502, 2, 'Read the log above the exit status.'),
  ASSERTION_FAILED: row(
    'VERIFICATION',
    'target',
    true,
    502,
    9,
    'The answer did not meet the assertion; see both in the log.',
  ),
  CHECK_FAILED: row(
    'VERIFICATION',
    'target',
    true,
    502,
    9,
    'The process or port is not in the state that was asked for.',
  ),
  UNREACHABLE: row(
    'CONNECTIVITY',
    'target',
    true,
    502,
    14,
    'Check address, port, routing and firewall from the agent.',
  ),
  CONNECTION_LOST: row('CONNECTIVITY', 'target', true, 502, 14, 'The host or the network went away during the work.'),
  AUTHENTICATION_REFUSED: row(
    'AUTHENTICATION',
    'operator',
    false,
    502,
    16,
    'Check user, key or password of the login.',
  ),
  HOST_KEY_MISMATCH: row(
    'AUTHENTICATION',
    'operator',
    false,
    502,
    16,
    'Find out why first; if it is right, write it as hostKey of the host.',
  ),
  CHANNEL_REFUSED: row('CONNECTIVITY', 'target', true, 502, 14, 'Raise MaxSessions or MaxStartups of the sshd.'),
  DISK_FULL: row('APPLICATION', 'target', true, 507, 8, 'Free space on the target.'),
  MISSING_TOOL: row('APPLICATION', 'target', false, 502, 9, 'Install the named tool on the target.'),
  CHECKSUM_MISMATCH: row(
    'APPLICATION',
    'author',
    true,
    502,
    15,
    'The file is not what was published; publish it again.',
  ),
  ARTIFACT_UNAVAILABLE: row(
    'CONNECTIVITY',
    'operator',
    true,
    502,
    14,
    'The artifact source does not answer or lost the build.',
  ),
  SECRET_UNAVAILABLE: row('APPLICATION', 'operator', false, 502, 5, 'Define the secret where the agent can read it.'),
  OUTPUT_MISSING: row('APPLICATION', 'author', false, 502, 9, 'The script ended before it set the named outputs.'),
  // Agents.
  AGENT_LOST: row('AGENT', 'operator', false, 502, 14, 'The agent went away; its last report is in the log.'),
  OUTCOME_UNKNOWN: row('UNKNOWN', 'operator', false, 502, 2, 'Look at the target, then say what happened.'),
  UNSUPPORTED: row('APPLICATION', 'operator', false, 501, 12, 'Use an agent or platform that supports this.'),
  // People.
  REJECTED: row('APPLICATION', 'nobody', false, 409, 9, 'Somebody rejected it; the message says who and why.'),
  EXPIRED: row('TIMEOUT', 'nobody', false, 504, 4, 'Nobody answered in time; resume the pipeline or start again.'),
  CANCELED: row('APPLICATION', 'nobody', false, 499, 1, 'Somebody, or a failure strategy, stopped it.'),
} as const satisfies Record<string, FailureRow>;

export type FailureCode = keyof typeof FAILURES;
export const FAILURE_CODES = Object.keys(FAILURES) as readonly FailureCode[];

export interface Failure {
  readonly code: FailureCode;
  /** One sentence for a person: what failed, where, and why. Never holds a secret. */
  readonly message: string;
  /** Which field of the input, as a path (`workflows.ship.phases[0].hosts`), where there is one. */
  readonly field?: string;
  /** Machine-readable extras: exit status, host, what exists instead … */
  readonly details?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
}

export const failureType = (failure: Failure): FailureType => FAILURES[failure.code].type;

export function failure(
  code: FailureCode,
  message: string,
  more: { field?: string; details?: NonNullable<Failure['details']> } = {},
): Failure {
  return {
    code,
    message,
    ...(more.field === undefined ? {} : { field: more.field }),
    ...(more.details === undefined ? {} : { details: more.details }),
  };
}

/** Carries failures through code that throws: every problem found, at least one. */
export class FailureError extends Error {
  readonly failures: readonly [Failure, ...Failure[]];
  constructor(first: Failure, ...rest: Failure[]) {
    super([first, ...rest].map((each) => each.message).join('; '));
    this.name = 'FailureError';
    this.failures = [first, ...rest];
  }
}
