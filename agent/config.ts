import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { failure, FailureError, type Failure } from '@fairlead/proto/model/failure.ts';
import { parseDuration } from '@fairlead/proto/model/duration.ts';
import { OPTIONS, readSettings, type OptionName } from './options.ts';

/** A value that prints redacted wherever it ends up. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return '********';
  }
  toJSON(): string {
    return '********';
  }
}

const duration = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms === null) context.addIssue({ code: 'custom', message: `'${text}' is no duration; write 30s, 5m or 1h 30m` });
  return ms ?? 0;
});

const megabytes = (least: number): z.ZodType<number> =>
  z.coerce
    .number({ message: 'is no number of megabytes' })
    .int('must be a whole number of megabytes')
    .min(least, `must be at least ${least} (megabytes)`)
    .transform((count) => count * 1_048_576);

const NAME = /^[a-z0-9][a-z0-9.-]{0,62}$/;

const schema = z
  .object({
    server: z
      .string({ message: 'is missing: where the control plane listens for agents, as host:port' })
      .regex(/^(\[[0-9a-f:]+\]|[^:\s/]+):\d{1,5}$/i, 'must be host:port, such as 127.0.0.1:7002'),
    name: z.string().regex(NAME, 'must have 1 to 63 of the characters a-z 0-9 . - and begin with a letter or digit'),
    data: z
      .string()
      .min(1, 'is empty')
      .transform((path) => resolve(path)),
    token: z.string().min(1, 'is empty').optional(),
    'token-file': z.string().optional(),
    selectors: z
      .string()
      .transform((list) => [...new Set(list.split(',').map((each) => each.trim()))].filter((each) => each !== ''))
      .pipe(
        z.array(
          z
            .string()
            .regex(/^[A-Za-z0-9][\w.:-]{0,99}$/, 'holds a selector with characters other than A-Z a-z 0-9 _ . : -'),
        ),
      ),
    capacity: z.coerce
      .number({ message: 'is no number' })
      .int('must be a whole number')
      .min(1, 'must be at least 1')
      .max(10_000, 'must be at most 10000'),
    'drain-timeout': duration,
    'log-spool-mb': megabytes(16),
    'log-per-attempt-mb': megabytes(1),
    'log-level': z.enum(['debug', 'info', 'warn', 'error'], { message: 'must be one of debug, info, warn, error' }),
  })
  .strict();

export interface AgentConfig {
  /** `host:port` of the control plane's agent listener. */
  readonly server: string;
  readonly name: string;
  /** Absolute. */
  readonly directory: string;
  readonly token: Secret | null;
  readonly selectors: readonly string[];
  readonly capacity: number;
  readonly drainTimeoutMs: number;
  readonly logSpoolBytes: number;
  readonly logAttemptBytes: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

/** From flags, then FAIRLEAD_* variables, then defaults. Throws a FailureError with every problem there is. */
export function loadConfig(args: readonly string[], env: Readonly<Record<string, string | undefined>>): AgentConfig {
  const { settings, failures } = readSettings(args, env, { name: defaultName() });
  const parsed = schema.safeParse(settings);
  const problems: Failure[] = [...failures];
  if (!parsed.success) {
    for (const issue of parsed.error.issues) problems.push(problem(String(issue.path[0] ?? ''), issue.message));
  }
  const token = readToken(settings, problems);
  const [first, ...rest] = problems;
  if (first !== undefined || !parsed.success) {
    throw new FailureError(first ?? failure('INVALID_INPUT', 'the configuration is wrong'), ...rest);
  }
  const { data } = parsed;
  return Object.freeze({
    server: data.server,
    name: data.name,
    directory: data.data,
    token,
    selectors: data.selectors,
    capacity: data.capacity,
    drainTimeoutMs: data['drain-timeout'],
    logSpoolBytes: data['log-spool-mb'],
    logAttemptBytes: data['log-per-attempt-mb'],
    logLevel: data['log-level'],
  });
}

function problem(field: string, message: string): Failure {
  const option = OPTIONS.find(({ name }) => name === field);
  const where = option === undefined ? field : `--${option.name} (${option.env})`;
  return failure('INVALID_INPUT', `${where} ${message}`, { field });
}

function readToken(settings: Readonly<Partial<Record<OptionName, string>>>, problems: Failure[]): Secret | null {
  const { token, 'token-file': path } = settings;
  if (token !== undefined && path !== undefined) {
    problems.push(problem('token', 'and --token-file are both given: give one'));
    return null;
  }
  if (path === undefined) return token === undefined ? null : new Secret(token);
  try {
    const text = readFileSync(path, 'utf8').trim();
    if (text !== '') return new Secret(text);
    problems.push(problem('token-file', `${path} is empty`));
  } catch (error) {
    problems.push(problem('token-file', `cannot be read: ${error instanceof Error ? error.message : String(error)}`));
  }
  return null;
}

/** The machine's name as an agent's name may be. */
function defaultName(): string {
  const name = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9.-]/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 63);
  return name === '' ? 'agent' : name;
}
