/** How a control plane is set up: the environment, one schema, every problem at once. Flags of the CLI set the same. */
import { homedir } from 'node:os';
import path from 'node:path';
import { parseDuration } from '@fairlead/proto/model/duration.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import { z } from 'zod';

const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];

const PORT = 'is no port: write a number from 1 to 65535';
const port = z.coerce.number(PORT).int(PORT).min(0, PORT).max(65_535, PORT);
const duration = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== null && ms > 0) return ms;
  context.addIssue({ code: 'custom', message: `'${text}' is no duration: write it like 30s or 2m` });
  return z.NEVER;
});
const flag = z
  .enum(['true', 'false', '1', '0'], 'must be true or false')
  .transform((text) => text === 'true' || text === '1');

const schema = z.object({
  FAIRLEAD_DATA: z.string().min(1).default(path.join(homedir(), '.fairlead')).describe('Data directory.'),
  FAIRLEAD_HTTP_HOST: z.string().min(1).default('127.0.0.1').describe('Address of API and page.'),
  FAIRLEAD_HTTP_PORT: port
    .optional()
    .describe('Port of API and page; without it 8470, or a free one if that is taken.'),
  FAIRLEAD_PUBLIC_URL: z
    .url('is no address: write it like https://fairlead.example')
    .optional()
    .describe('How people reach it, where a proxy stands before it.'),
  FAIRLEAD_AGENT_HOST: z
    .string()
    .refine((host) => LOOPBACK.includes(host), 'must be a loopback address: agents have no certificates yet')
    .default('127.0.0.1')
    .describe('Address agents connect to; loopback only.'),
  FAIRLEAD_AGENT_PORT: port
    .optional()
    .describe('Port agents connect to; without it 8471, or a free one if that is taken.'),
  FAIRLEAD_EMBEDDED_AGENT: flag.default(true).describe('Run one agent inside this process.'),
  FAIRLEAD_EMBEDDED_SELECTORS: z.string().default('').describe('Selectors of the embedded agent, separated by commas.'),
  FAIRLEAD_MONGO_URL: z
    .string()
    .startsWith('mongodb', 'must begin with mongodb:// or mongodb+srv://')
    .optional()
    .describe('Store; without it SQLite in the data directory.'),
  FAIRLEAD_MONGO_DATABASE: z.string().min(1).default('fairlead').describe('Name of the database.'),
  FAIRLEAD_RESTORED: z
    .string()
    .regex(/^[\w.:-]{1,64}$/, 'is no name for a restore: write its date, say, like 2026-11-29')
    .optional()
    .describe(
      'After the store was put back from a backup: a name for that, another each time, the same on every replica.',
    ),
  FAIRLEAD_NATS_URL: z
    .string()
    .startsWith('nats', 'must begin with nats://')
    .optional()
    .describe('Bus; without it in process.'),
  FAIRLEAD_AGENT_LOST: duration.prefault('60s').describe('An agent unheard of for so long is lost.'),
  FAIRLEAD_EXECUTE_IMPLIES_ABORT: flag
    .default(true)
    .describe('Whoever may execute may also abort; false: the right to abort is needed.'),
  FAIRLEAD_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be debug, info, warn, error or silent')
    .default('info')
    .describe('Of the log on stderr.'),
  FAIRLEAD_CRASH_AT: z.string().optional().describe('For tests: ends the process at the n-th passing of a point.'),
});

export interface Config {
  readonly dataDirectory: string;
  readonly http: { readonly host: string; readonly port: number | null; readonly publicUrl: string | null };
  readonly agents: { readonly host: string; readonly port: number | null; readonly lostMs: number };
  readonly executeImpliesAbort: boolean;
  readonly embeddedAgent: boolean;
  readonly embeddedSelectors: string;
  readonly mongo: { readonly url: Secret; readonly database: string } | null;
  /** Names the last restore of the store from a backup; null: none is known of. */
  readonly restored: string | null;
  readonly natsUrl: Secret | null;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly crashAt: string | null;
}

/** A value that prints as redacted, because connection addresses may hold passwords. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return '[redacted]';
  }
  toJSON(): string {
    return '[redacted]';
  }
}

/** INVALID_INPUT with one failure for each variable that is wrong. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = schema.safeParse(given);
  const unknown = Object.keys(given).filter((name) => name.startsWith('FAIRLEAD_') && !isKnown(name));
  const problems = [
    ...(parsed.success ? [] : parsed.error.issues.map((issue) => problem(issue.path.join('.'), issue.message))),
    ...unknown.map((name) => problem(name, 'is no setting of the control plane')),
  ];
  const [first, ...rest] = problems;
  if (!parsed.success || first !== undefined) throw new FailureError(first ?? problem('', 'cannot be read'), ...rest);
  const settings = parsed.data;
  return Object.freeze({
    dataDirectory: path.resolve(settings.FAIRLEAD_DATA),
    http: {
      host: settings.FAIRLEAD_HTTP_HOST,
      port: settings.FAIRLEAD_HTTP_PORT ?? null,
      publicUrl: settings.FAIRLEAD_PUBLIC_URL ?? null,
    },
    agents: {
      host: settings.FAIRLEAD_AGENT_HOST,
      port: settings.FAIRLEAD_AGENT_PORT ?? null,
      lostMs: settings.FAIRLEAD_AGENT_LOST,
    },
    executeImpliesAbort: settings.FAIRLEAD_EXECUTE_IMPLIES_ABORT,
    embeddedAgent: settings.FAIRLEAD_EMBEDDED_AGENT,
    embeddedSelectors: settings.FAIRLEAD_EMBEDDED_SELECTORS,
    mongo:
      settings.FAIRLEAD_MONGO_URL === undefined
        ? null
        : { url: new Secret(settings.FAIRLEAD_MONGO_URL), database: settings.FAIRLEAD_MONGO_DATABASE },
    restored: settings.FAIRLEAD_RESTORED ?? null,
    natsUrl: settings.FAIRLEAD_NATS_URL === undefined ? null : new Secret(settings.FAIRLEAD_NATS_URL),
    logLevel: settings.FAIRLEAD_LOG_LEVEL,
    crashAt: settings.FAIRLEAD_CRASH_AT ?? null,
  });
}

/** Settings of the CLI, of the agent and of the tests, which may stand in the same environment. */
const OTHERS = ['FAIRLEAD_SERVER', 'FAIRLEAD_KEY', 'FAIRLEAD_RECONNECT', 'FAIRLEAD_JOIN_TOKEN', 'FAIRLEAD_CAPACITY'];
const isKnown = (name: string): boolean =>
  Object.hasOwn(schema.shape, name) || OTHERS.includes(name) || /^FAIRLEAD_(AGENT|TEST)_/.test(name);

const problem = (field: string, message: string) => failure('INVALID_INPUT', `${field}: ${message}`, { field });

interface Setting {
  readonly name: string;
  readonly about: string;
  /** As it would be written; null where there is none. */
  readonly default: string | null;
}

const defaultOf = (field: z.ZodType): string | null =>
  field instanceof z.ZodDefault || field instanceof z.ZodPrefault
    ? String(field.def.defaultValue).replace(homedir(), '~')
    : null;

/** For the documentation: every setting with what it is for. */
export const SETTINGS: readonly Setting[] = Object.entries(schema.shape).map(([name, field]) => ({
  name,
  about: field.description ?? '',
  default: defaultOf(field),
}));
