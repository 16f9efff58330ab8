/** Every list in prose is made of the code, and what the pages tell people to type exists. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { OPTIONS } from '@fairlead/agent/options.ts';
import { ROUTES } from '@fairlead/control-plane/api/http/routes/index.ts';
import { EXIT } from '@fairlead/control-plane/cli/exit-codes.ts';
import { makeProgram } from '@fairlead/control-plane/cli/program.ts';
import { SETTINGS } from '@fairlead/control-plane/config.ts';
import { formatDuration } from '@fairlead/proto/model/duration.ts';
import { FAILURES } from '@fairlead/proto/model/failure.ts';
import { STATUSES } from '@fairlead/proto/model/status.ts';
import { STEP_TYPES } from '@fairlead/proto/steps/index.ts';
import { commandUnit } from '@fairlead/proto/steps/ssh.ts';
import { repositoryFiles } from './support/real/suites.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '\\<');
const code = (text: string | null): string =>
  text === null || text === '' ? '' : `\`${text.replaceAll('|', '\\|')}\``;
const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

interface Spoken {
  readonly path: string;
  readonly command: Command;
}

function commands(command: Command, before: string): readonly Spoken[] {
  const path = `${before}${command.name()}`;
  const inner = command.commands.flatMap((each) => commands(each, `${path} `));
  return command.commands.length === 0 ? [{ path, command }] : inner;
}

const program = makeProgram(() => undefined);
const spoken = commands(program, '');

const usageOf = ({ path, command }: Spoken): string =>
  [path, ...command.registeredArguments.map((each) => (each.required ? `<${each.name()}>` : `[${each.name()}]`))].join(
    ' ',
  );

const flagsOf = (command: Command): string => command.options.map((each) => code(each.flags)).join(', ');

const yes = (flag: boolean): string => (flag ? 'yes' : '');

const RUNS = { agent: 'agent', hosts: 'each host', decided: 'control plane', 'agent-or-hosts': 'agent or each host' };

const reference = [
  '# Reference',
  'Made of the code by `npx vitest run test/docs.test.ts -u`; the same test fails when it is out of date.',
  '## Commands',
  table(
    ['command', 'does', 'options'],
    spoken.map((each) => [code(usageOf(each)), cell(each.command.description()), flagsOf(each.command)]),
  ),
  `Before or behind each: ${flagsOf(program)}. Ids may be short, or \`last\`.`,
  `Exit codes: ${Object.entries(EXIT)
    .map(([name, value]) => `${value} ${name.toLowerCase().replaceAll('_', ' ')}`)
    .join(', ')}.`,
  '## Settings of the control plane',
  table(
    ['variable', 'is', 'default'],
    SETTINGS.map((each) => [code(each.name), cell(each.about), code(each.default)]),
  ),
  '## Settings of an agent',
  table(
    ['flag', 'variable', 'is', 'default'],
    OPTIONS.map((each) => [
      code(`--${each.name}`),
      code(each.env),
      cell(each.help),
      'default' in each ? code(each.default) : '',
    ]),
  ),
  '## HTTP API',
  'Below `/api/v1`; `/api/v1/openapi.json` has parameters and answers, `/api/v1/live` is the live socket.',
  table(
    ['request', 'does'],
    ROUTES.map((each) => [code(`${each.method.toUpperCase()} ${each.path}`), cell(each.summary)]),
  ),
  '## Steps',
  table(
    ['step', 'does', 'runs on', 'timeout', 'deploys', 'again after unknown'],
    STEP_TYPES.map((each) => [
      code(each.key),
      cell(each.summary),
      RUNS[each.runs],
      formatDuration(each.defaultTimeoutMs),
      yes(each.deploys),
      yes(each.idempotent),
    ]),
  ),
  `Units of a service command: ${commandUnit.options
    .map((each) => code(each.shape.unit.value.toLowerCase().replaceAll('_', '-')))
    .join(', ')}, and \`command\` for another command of the service.`,
  '## Statuses',
  table(
    ['status', 'shown as', 'has ended', 'counts as failed', 'waits'],
    Object.entries(STATUSES).map(([name, each]) => [
      code(name),
      each.label,
      yes(each.terminal),
      yes(each.failed),
      yes(each.waiting),
    ]),
  ),
  '## Failures',
  '`on:` of a failure strategy names the type; retryable: the same request may succeed when it is sent again.',
  table(
    ['code', 'type', 'who must act', 'retryable', 'HTTP', 'gRPC', 'help'],
    Object.entries(FAILURES).map(([name, each]) => [
      code(name),
      each.type.toLowerCase(),
      each.who,
      yes(each.retryable),
      String(each.http),
      String(each.grpc),
      cell(each.help),
    ]),
  ),
].join('\n\n');

describe('deploy/reference.md', () => {
  it('is the one of this code: npx vitest run test/docs.test.ts -u writes it', async () => {
    const style = z.record(z.string(), z.unknown()).parse(JSON.parse(read('.prettierrc')));
    const text = await format(reference, { ...style, parser: 'markdown' });
    await expect(text).toMatchFileSnapshot('../deploy/reference.md');
  });

  it('has a word on everything', () => {
    expect(spoken.filter((each) => each.command.description() === '').map((each) => each.path)).toEqual([]);
    expect(SETTINGS.filter((each) => each.about === '')).toEqual([]);
    expect(ROUTES.filter((each) => each.summary === '')).toEqual([]);
  });
});

describe('the architecture page', () => {
  const page = read('control-plane/README.md');

  it('lists every decision, in order and by its title', () => {
    const files = repositoryFiles(root).filter((file) => file.startsWith('control-plane/decisions/'));
    const decisions = files.toSorted().map((file) => {
      const [, number = '', title = ''] = /^# (\d+)\. (.*)$/m.exec(read(file)) ?? [];
      expect(file).toContain(`/${number.padStart(4, '0')}-`);
      return `${number}. [${title}](${file.replace('control-plane/', '')})`;
    });
    expect([...page.matchAll(/^\d+\. \[.*\]\(decisions\/.*\)$/gm)].map(([line]) => line)).toEqual(decisions);
  });

  it('names every rule of the engine, and no other', () => {
    const [, table = ''] = /\n(\| question[^]*?)\n\n/.exec(page) ?? [];
    const named = new Set([...table.matchAll(/`([a-z-]+)`/g)].map(([, name = '']) => name));
    const rules = repositoryFiles(root).flatMap((file) => {
      const [, name] = /^control-plane\/engine\/rules\/([a-z-]+)\.ts$/.exec(file) ?? [];
      return name ?? [];
    });
    expect([...named].toSorted()).toEqual(rules.toSorted());
  });
});

describe('the pages', () => {
  const pages = repositoryFiles(root).filter((file) => file.endsWith('.md') && file !== 'CHANGELOG.md');
  const typed = pages.flatMap((page) =>
    [...read(page).matchAll(/^ *(?:```.*|[^`\n]*)$|`([^`\n]+)`/gm)].map(
      (match) => [page, match[1] ?? match[0]] as const,
    ),
  );

  it('name only commands that exist', () => {
    const said = typed.flatMap(([page, text]) =>
      [...text.matchAll(/(?:^ *|`|run )fairlead (?:-- )?([a-z]+)(?: ([a-z]+))?/g)].map(
        (match) => [page, match[1] ?? '', match[2] ?? ''] as const,
      ),
    );
    expect(said.length).toBeGreaterThan(10);
    const known = new Set(
      spoken.flatMap(({ path }) => path.split(' ').map((_, index, words) => words.slice(1, index + 1).join(' '))),
    );
    const groups = new Set(program.commands.filter((each) => each.commands.length > 0).map((each) => each.name()));
    expect(said.filter(([, first, second]) => !known.has(groups.has(first) ? `${first} ${second}` : first))).toEqual(
      [],
    );
  });

  it('name only npm scripts that exist', () => {
    const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')));
    const said = typed.flatMap(([page, text]) =>
      [...text.matchAll(/npm run ([\w:-]+)/g)].map((match) => [page, match[1] ?? ''] as const),
    );
    expect(said.length).toBeGreaterThan(5);
    expect(said.filter(([, name]) => scripts[name] === undefined)).toEqual([]);
  });
});

describe('the scenarios of the engine', () => {
  const rows = [...read('test/e2e/scenarios.md').matchAll(/^\| (\d+) +\|[^|]+\|([^|]+)\|$/gm)];

  it('are all there, each with a test that exists', () => {
    expect(rows.map(([, number]) => Number(number))).toEqual(Array.from({ length: 19 }, (_, index) => index + 1));
    const missing = rows.flatMap(([, number = '', proof = '']) => {
      const named = [...proof.matchAll(/`([\w.-]+)`: ((?:"[^"]+"(?:, )?)+)/g)].flatMap(([, file = '', quoted = '']) =>
        [...quoted.matchAll(/"([^"]+)"/g)].map((match) => [file, match[1] ?? ''] as const),
      );
      if (named.length === 0) return [`${number} names no test`];
      return named
        .filter(([file, name]) => !read(`test/e2e/${file}`).includes(`it('${name}`))
        .map(([file, name]) => `${number}: ${file} has no test '${name}'`);
    });
    expect(missing).toEqual([]);
  });
});
