import { parseArgs } from 'node:util';
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';

interface Option {
  readonly name: string;
  readonly env: string;
  readonly help: string;
  readonly default?: string;
  /** May be given several times; the values are joined by commas. */
  readonly multiple?: true;
}

/** Every setting of an agent: its flag, its variable, and what it is. The help text and the documentation are made of it. */
export const OPTIONS = [
  { name: 'server', env: 'FAIRLEAD_SERVER', help: 'where the control plane listens for agents, host:port' },
  { name: 'name', env: 'FAIRLEAD_AGENT_NAME', help: "this agent's name; by default the machine's" },
  {
    name: 'data',
    env: 'FAIRLEAD_AGENT_DATA',
    help: 'directory for identity, ledger and caches',
    default: '.fairlead/agent',
  },
  { name: 'token', env: 'FAIRLEAD_JOIN_TOKEN', help: 'join token, needed once' },
  { name: 'token-file', env: 'FAIRLEAD_JOIN_TOKEN_FILE', help: 'file that holds the join token' },
  {
    name: 'selectors',
    env: 'FAIRLEAD_SELECTORS',
    help: 'what tasks may ask for, separated by commas',
    default: '',
    multiple: true,
  },
  { name: 'capacity', env: 'FAIRLEAD_CAPACITY', help: 'tasks that run at once', default: '100' },
  {
    name: 'drain-timeout',
    env: 'FAIRLEAD_DRAIN_TIMEOUT',
    help: 'how long an ending agent waits for running tasks',
    default: '30s',
  },
  {
    name: 'log-spool-mb',
    env: 'FAIRLEAD_LOG_SPOOL_MB',
    help: 'logs kept while the control plane is away',
    default: '256',
  },
  { name: 'log-per-attempt-mb', env: 'FAIRLEAD_LOG_PER_ATTEMPT_MB', help: 'of these, for one task', default: '16' },
  { name: 'log-level', env: 'FAIRLEAD_LOG_LEVEL', help: 'debug, info, warn or error', default: 'info' },
] as const satisfies readonly Option[];

export type OptionName = (typeof OPTIONS)[number]['name'];
type Settings = Partial<Record<OptionName, string>>;

/** What was written, flags before variables before defaults, and what of it makes no sense. */
export function readSettings(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  defaults: Settings,
): { readonly settings: Settings; readonly failures: readonly Failure[] } {
  const failures: Failure[] = [];
  const settings: Settings = { ...defaults };
  for (const option of OPTIONS) {
    const value = env[option.env] ?? ('default' in option ? option.default : undefined);
    if (value !== undefined) settings[option.name] = value;
  }
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(OPTIONS.map(({ name }) => [name, { type: 'string', multiple: true }] as const)),
    strict: false,
    tokens: true,
  });
  const given = new Map<OptionName, string[]>();
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      failures.push(failure('INVALID_INPUT', `'${token.value}' belongs to no flag`));
      continue;
    }
    const option = OPTIONS.find(({ name }) => name === token.name);
    if (option === undefined) failures.push(unknownFlag(token.rawName));
    else if (token.value === undefined) {
      failures.push(failure('INVALID_INPUT', `--${option.name} needs a value`, { field: option.name }));
    } else given.set(option.name, [...(given.get(option.name) ?? []), token.value]);
  }
  for (const [name, values] of given) {
    const several = OPTIONS.some((option) => option.name === name && 'multiple' in option);
    if (values.length > 1 && !several) {
      failures.push(failure('INVALID_INPUT', `--${name} is given ${values.length} times`, { field: name }));
    }
    settings[name] = several ? values.join(',') : (values.at(-1) ?? '');
  }
  // A flag beats the variable of its twin: one of the two tokens was meant.
  if (given.has('token') && !given.has('token-file')) delete settings['token-file'];
  if (given.has('token-file') && !given.has('token')) delete settings.token;
  return { settings, failures };
}

export function helpText(program: string): string {
  const rows = OPTIONS.map((option) => {
    const by = 'default' in option && option.default !== '' ? ` (${option.default})` : '';
    return `  --${option.name.padEnd(20)} ${option.help}${by}\n  ${' '.repeat(22)} ${option.env}`;
  });
  return `usage: ${program} --server HOST:PORT [--token-file FILE] [flags]\n\n${rows.join('\n')}\n`;
}

const unknownFlag = (flag: string): Failure =>
  failure('INVALID_INPUT', `there is no flag ${flag}; there are ${OPTIONS.map(({ name }) => `--${name}`).join(' ')}`);
