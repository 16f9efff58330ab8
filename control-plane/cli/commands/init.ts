/** Writes a first fairlead.yaml: from flags, and on a terminal by asking for what they left open. */
import { existsSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { reasonOf, usage } from '../cli-error.ts';
import type { ExitCode } from '../exit-codes.ts';
import { EXIT } from '../exit-codes.ts';
import { commandName } from '../locate.ts';

export interface InitOptions {
  readonly host?: readonly string[];
  readonly sshKey?: string;
  readonly application?: string;
  readonly service?: string;
  readonly artifacts?: string;
  readonly start?: string;
  readonly stop?: string;
  readonly port?: string;
  readonly out: string;
  readonly force?: boolean;
}

export interface Answers {
  readonly hosts: readonly string[];
  readonly sshKey: string;
  readonly application: string;
  readonly service: string;
  readonly artifacts: string;
  readonly start: string;
  readonly stop: string;
  readonly port: string;
}

export async function init(options: InitOptions): Promise<ExitCode> {
  if (existsSync(options.out) && options.force !== true) {
    throw usage(`--out ${options.out}: exists. Choose another file, or replace it with --force.`);
  }
  const answers = process.stdin.isTTY ? await ask(options) : fromFlags(options);
  const text = definitionText(answers);
  try {
    writeFileSync(options.out, text);
  } catch (error) {
    throw usage(`--out ${options.out}: cannot be written: ${reasonOf(error)}. Choose another file.`);
  }
  const command = commandName(process.env);
  const users = usersOf(answers);
  const deploys =
    users.length === 1 ? ['deploy --wait'] : users.map((user) => `deploy --var Infrastructure=${user} --wait`);
  const next = [`apply -f ${options.out} --dry-run`, `apply -f ${options.out}`, ...deploys];
  process.stdout.write(`Wrote ${options.out}. Next:\n${next.map((each) => `  ${command} ${each}\n`).join('')}`);
  return EXIT.SUCCESS;
}

const DEFAULTS = {
  application: 'shop',
  service: 'web',
  sshKey: path.join(homedir(), '.ssh', 'id_ed25519'),
  start: 'nohup bin/start >app.log 2>&1 & echo $! >app.pid',
  stop: 'test ! -f app.pid || kill "$(cat app.pid)" || true',
  port: '8080',
};

function fromFlags(options: InitOptions): Answers {
  const problems: string[] = [];
  if (options.host === undefined) problems.push('--host: is missing. Give each host like --host deploy@web-1.');
  if (options.artifacts === undefined) problems.push('--artifacts: is missing. Give the directory with the builds.');
  if (problems.length > 0) throw usage(...problems);
  return checked({ ...DEFAULTS, ...options, hosts: options.host ?? [], artifacts: options.artifacts ?? '' });
}

async function ask(options: InitOptions): Promise<Answers> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const question = async (text: string, given: string | undefined, otherwise: string): Promise<string> => {
    if (given !== undefined) return given;
    const answer = (await terminal.question(otherwise === '' ? `${text}: ` : `${text} [${otherwise}]: `)).trim();
    return answer === '' ? otherwise : answer;
  };
  try {
    const hosts =
      options.host ?? (await question('Hosts (user@host[:port], divided by spaces)', undefined, '')).split(/[\s,]+/);
    const application = await question('Application', options.application, DEFAULTS.application);
    const service = await question('Service', options.service, DEFAULTS.service);
    return checked({
      hosts: hosts.filter((host) => host !== ''),
      application,
      service,
      sshKey: await question('SSH key on the agent', options.sshKey, DEFAULTS.sshKey),
      artifacts: await question(
        `Directory with builds like ${service}-1.tgz`,
        options.artifacts,
        path.resolve('builds'),
      ),
      start: await question('Start command', options.start, DEFAULTS.start),
      stop: await question('Stop command', options.stop, DEFAULTS.stop),
      port: await question('Port', options.port, DEFAULTS.port),
    });
  } finally {
    terminal.close();
  }
}

const HOST = /^([a-z_][\w.-]*)@([\w.-]+|\[[0-9a-fA-F:]+\])(?::(\d{1,5}))?$/;

function checked(answers: Answers): Answers {
  const problems = answers.hosts
    .filter((host) => !HOST.test(host))
    .map((host) => `--host ${host}: is no login. Write it like deploy@web-1 or deploy@web-1:2222.`);
  if (answers.hosts.length === 0) problems.push('--host: is missing. Give at least one host.');
  if (!/^\d{1,5}$/.test(answers.port) || Number(answers.port) < 1 || Number(answers.port) > 65_535) {
    problems.push(`--port ${answers.port}: is no port. Give a number from 1 to 65535.`);
  }
  if (problems.length > 0) throw usage(...problems);
  return answers;
}

const usersOf = ({ hosts }: Answers): readonly string[] => [
  ...new Set(hosts.flatMap((host) => HOST.exec(host)?.[1] ?? [])),
];

export function definitionText(answers: Answers): string {
  const logins = answers.hosts.flatMap((text) => {
    const [, user, address, port] = HOST.exec(text) ?? [];
    return user === undefined || address === undefined
      ? []
      : [{ user, address: address.replaceAll(/[[\]]/g, ''), port }];
  });
  // Hosts of one login form one infrastructure; of several, each deployment says to which one it goes.
  const users = usersOf(answers);
  const infrastructure = Object.fromEntries(
    users.map((user) => [
      users.length === 1 ? 'hosts' : user,
      {
        hosts: logins.filter((login) => login.user === user).map(hostEntry),
        login: { user, key: `secret:file:${path.resolve(answers.sshKey)}` },
      },
    ]),
  );
  const definition = {
    fairlead: 'v1',
    application: answers.application,
    services: {
      [answers.service]: {
        type: 'ssh/tar',
        artifact: {
          directory: path.resolve(answers.artifacts),
          match: `${escapeRegex(answers.service)}-(?<build>.+)\\.tgz`,
        },
        variables: { port: Number(answers.port) },
        start: answers.start,
        stop: answers.stop,
        ready: { port: '${serviceVariable.port}', within: '30s' },
      },
    },
    environments: { prod: { type: 'production', infrastructure } },
    workflows: {
      [`ship-${answers.service}`]: {
        type: 'rolling',
        service: answers.service,
        environment: 'prod',
        ...(users.length === 1 ? {} : { infrastructure: '${Infrastructure}' }),
        batch: 1,
      },
    },
  };
  return `# What is deployed, where, and how. \`fairlead explain -f\` shows every default.\n${stringify(definition)}`;
}

const escapeRegex = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

function hostEntry(login: { readonly address: string; readonly port: string | undefined }): string | object {
  if (login.port === undefined) return login.address;
  return { name: `${login.address}-${login.port}`, address: login.address, port: Number(login.port) };
}
