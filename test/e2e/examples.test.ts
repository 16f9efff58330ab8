/** What the README and `deploy/examples` tell people to write and to type is written and typed here. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { catalogOf } from '@fairlead/control-plane/definitions/catalog-fixture.ts';
import { explainCatalog } from '@fairlead/control-plane/definitions/explain.ts';
import { planned } from '../support/planned.ts';
import { repositoryFiles } from '../support/real/suites.ts';
import { type ExampleHost, type ExampleWorld, makeExampleWorld } from './examples-hosts.ts';
import { type ControlPlane, startControlPlane } from './fairlead-process.ts';
import { freePort } from '../support/real/listening.ts';
import { buildProgram } from './program.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

const blocksOf = (file: string, language: string): readonly string[] =>
  [...read(file).matchAll(new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, 'gm'))].map((match) =>
    (match[2] ?? '').replaceAll(new RegExp(`^${match[1] ?? ''}`, 'gm'), ''),
  );

const documented = repositoryFiles(root).filter((file) => /^(README\.md|deploy\/examples\/.*)$/.test(file));
const definitions: readonly (readonly [string, string])[] = documented.flatMap((file) =>
  file.endsWith('.md')
    ? blocksOf(file, 'yaml').map((text, index) => [`${file}, block ${index + 1}`, text] as const)
    : [[file, read(file)] as const],
);

it('are there', () => {
  expect(definitions.map(([name]) => name)).toEqual(
    expect.arrayContaining(['README.md, block 1', 'deploy/examples/bookstore/fairlead.yaml']),
  );
});

it.each(definitions.filter(([name]) => name.startsWith('deploy/')))('%s has a page', (name) => {
  expect(documented).toContain(join(dirname(name), 'README.md'));
});

/** What the page beside the file types to start it. */
function deployLines(file: string): readonly string[] {
  const lines = blocksOf(join(dirname(file), 'README.md'), 'sh').flatMap((block) => block.split('\n'));
  return lines.filter((line) => line.startsWith('fairlead deploy '));
}

/** Values of its inputs, as the page beside the file gives them. */
function variablesOf(file: string, name: string): Readonly<Record<string, string>> {
  const line = deployLines(file).find((each) => each.split(' ')[2] === name) ?? '';
  return Object.fromEntries([...line.matchAll(/--var (\w+)=(\S+)/g)].map(([, key = '', value = '']) => [key, value]));
}

describe.each(definitions)('%s', (file, text) => {
  it('applies, and explains to what explains to the same', () => {
    const explained = explainCatalog(catalogOf(text));
    expect(explained).toContain('rollback:');
    expect(explainCatalog(catalogOf(explained))).toBe(explained);
  });

  it('can be planned, with a section that undoes each that deploys', () => {
    const catalog = catalogOf(text);
    const startable = catalog.entities.filter(({ kind }) => kind === 'workflow' || kind === 'pipeline');
    expect(startable.length).toBeGreaterThan(0);
    for (const { name } of startable) {
      const variables = variablesOf(file, name);
      const plan = planned(catalog, name, variables);
      const phases = plan.stages.flatMap((stage) => stage.runs.flatMap((run) => run.phases));
      expect(phases.length).toBeGreaterThan(0);
      for (const phase of phases) {
        // Or a provisioner tells them while it runs.
        expect(phase.hosts.length > 0 || phase.hostsFrom !== undefined).toBe(true);
        expect(phase.rollback.some((section) => section.steps.length > 0)).toBe(true);
      }
    }
  });
});

describe('typed as written', () => {
  let program: string;
  let world: ExampleWorld;
  let directory: string;
  let server: ControlPlane;
  const environment = (): Readonly<Record<string, string>> => ({
    PATH: process.env['PATH'] ?? '',
    HOME: world.home,
    FAIRLEAD_DATA: directory,
  });

  beforeAll(async () => {
    program = await buildProgram();
    world = await makeExampleWorld(['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4']);
    directory = mkdtempSync(join(tmpdir(), 'fairlead-examples-data-'));
    server = await startControlPlane(program, directory);
  }, 60_000);

  afterAll(async () => {
    await server.stop('SIGTERM');
    for (const host of world.hosts) await stopProgram(host);
    await world.remove();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  });

  /** The line as a shell reads it, with `npm run fairlead --` standing for what it starts. */
  function type(line: string): Promise<{ readonly code: number; readonly text: string }> {
    const command = line.replace(/^(npm run )?fairlead (-- )?/, `'${process.execPath}' '${program}' `);
    return new Promise((resolve) => {
      execFile(
        '/bin/sh',
        ['-c', command],
        { cwd: world.home, env: environment(), timeout: 60_000 },
        (error, out, err) => {
          const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
          resolve({ code, text: `${out}${err}` });
        },
      );
    });
  }

  it('the sixty seconds of the README deploy to a host', async () => {
    const scripts = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
    expect(scripts.scripts['fairlead']).toBe('tsx control-plane/cli/main.ts');
    const lines = (blocksOf('README.md', 'sh').find((block) => block.includes('fairlead -- init')) ?? '').split('\n');
    const typed = lines.filter((line) => line.startsWith('npm run fairlead --'));
    expect(typed.map((line) => line.split(' ')[4])).toEqual(['init', 'apply', 'deploy', 'status']);
    const [host] = world.hosts;
    const port = await freePort('127.0.0.1');
    // The hosts of this machine would share the port of the service: one is enough.
    const here = typed.map((line) =>
      line
        .replace('deploy@web-1', `deploy@${host?.address ?? ''}:${host?.port ?? 0}`)
        .replace(' --host deploy@web-2', ` --port ${port}`),
    );
    const outputs: string[] = [];
    for (const line of here) {
      const { code, text } = await type(line);
      expect(code, `${line}\n${text}`).toBe(0);
      outputs.push(text);
    }
    expect(outputs.at(-1)).toMatch(/web +prod\/hosts +127\.0\.0\.1-\d+ +7 /);
    expect(await answerAt(port)).toBe('/health');
  }, 120_000);

  it('the definition of the README deploys to four hosts', async () => {
    const [text = ''] = blocksOf('README.md', 'yaml');
    writeHere('readme.yaml', text, 'readme', { 'prod/dc1': world.hosts });
    for (const line of ['fairlead apply -f readme.yaml', 'fairlead deploy --application readme --wait']) {
      const { code, text: output } = await type(line);
      expect(code, output).toBe(0);
    }
    await expectBuildSeven('readme');
    for (const host of world.hosts) expect(await answerAt(host.httpPort)).toBe('/health');
  }, 120_000);

  it('the pipeline of deploy/examples waits for its approval, meets at its barrier, and deploys to four hosts', async () => {
    for (const host of world.hosts) await stopProgram(host); // They share their ports with what was deployed above.
    const [qa, eu, ...us] = world.hosts;
    if (qa === undefined || eu === undefined) throw new Error('no hosts');
    const text = read('deploy/examples/pipeline/fairlead.yaml');
    writeHere('pipeline.yaml', text, 'here', { 'qa/lab': [qa], 'prod/eu': [eu], 'prod/us': us });
    const lines = ['apply -f pipeline.yaml', 'deploy release --application here'];
    for (const line of lines) {
      const { code, text: output } = await type(`fairlead ${line}`);
      expect(code, output).toBe(0);
    }
    const id = await waitingAt('Sign-off');
    for (const line of [`approve ${id} --comment fine`, `executions watch ${id}`]) {
      const { code, text: output } = await type(`fairlead ${line}`);
      expect(code, output).toBe(0);
    }
    await expectBuildSeven('here');
    const { text: events } = await type(`fairlead executions show ${id} --events`);
    for (const each of ['PermitsGranted', 'BarrierPassed', 'ApprovalAnswered']) expect(events).toContain(each);
  }, 180_000);

  /** The id of the execution, as soon as something of that name waits for a person. */
  async function waitingAt(name: string): Promise<string> {
    const shape = z.object({
      waiting: z.array(z.object({ executionId: z.string(), waiting: z.object({ name: z.string() }) })),
    });
    for (const end = Date.now() + 60_000; Date.now() < end;) {
      const { waiting } = shape.parse(JSON.parse((await type('fairlead waiting -o json')).text));
      const found = waiting.find((each) => each.waiting.name === name);
      if (found !== undefined) return found.executionId;
    }
    throw new Error(`nothing waits at ${name}`);
  }

  /** The definition with the hosts, the key and the builds that there are. */
  function writeHere(
    file: string,
    text: string,
    application: string,
    hosts: Readonly<Record<string, readonly ExampleHost[]>>,
  ): void {
    const document = parseDocument(text);
    document.setIn(['application'], application);
    document.setIn(['services', 'web', 'artifact', 'directory'], join(world.home, 'builds'));
    document.setIn(['services', 'web', 'variables', 'port'], '${instance.variables.httpPort}');
    for (const [place, its] of Object.entries(hosts)) {
      const [environment = '', name = ''] = place.split('/');
      const infrastructure = ['environments', environment, 'infrastructure', name];
      const key = `secret:file:${join(world.home, '.ssh', 'id_ed25519')}`;
      document.setIn([...infrastructure, 'login', 'key'], key);
      const written = its.map(({ address, port, httpPort }) => ({
        name: address,
        address,
        port,
        variables: { httpPort },
      }));
      document.setIn([...infrastructure, 'hosts'], document.createNode(written));
    }
    writeFileSync(join(world.home, file), document.toString({ lineWidth: 0 }));
  }

  async function expectBuildSeven(application: string): Promise<void> {
    const status = await type(`fairlead status --application ${application} -o json`);
    const rows = JSON.parse(status.text) as readonly { readonly host: string; readonly build: string }[];
    expect(rows.map((row) => `${row.host} ${row.build}`).toSorted()).toEqual(
      world.hosts.map((host) => `${host.address} 7`),
    );
  }

  it('the commands of deploy/examples are refused or taken as their pages say', async () => {
    const pages = documented.filter((file) => file.endsWith('.md') && file !== 'README.md');
    const lines = pages.flatMap((page) => blocksOf(page, 'sh').flatMap((block) => block.split('\n')));
    const applied = lines.filter((line) => /^fairlead (apply|explain) /.test(line));
    expect(applied.length).toBeGreaterThan(1);
    for (const line of applied) {
      const { code, text } = await type(line.replaceAll('deploy/examples', join(root, 'deploy', 'examples')));
      expect(code, `${line}\n${text}`).toBe(0);
    }
    // Their hosts, agents and builds are examples: each says which of them is missing, and starts nothing.
    for (const [file, text] of definitions) {
      const { application } = z.object({ application: z.string() }).parse(parseDocument(text).toJS());
      for (const line of file.startsWith('deploy/') ? deployLines(file) : []) {
        const { code, text: said } = await type(`${line.replace(/ *#.*$/, '')} --application ${application}`);
        expect([line, said]).toEqual([line, expect.stringMatching(/\/srv\/builds\/|lacks dc1/)]);
        expect(code, line).not.toBe(0);
      }
    }
  }, 120_000);
});

const answerAt = async (port: number): Promise<string> => (await fetch(`http://127.0.0.1:${port}/health`)).text();

/** By the process id that the program of this host wrote into its runtime directory. */
async function stopProgram(host: ExampleHost): Promise<void> {
  const files = readdirSync(host.directory, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((each) => each.endsWith('server.pid'))) {
    const pid = Number(readFileSync(join(host.directory, file), 'utf8'));
    rmSync(join(host.directory, file)); // Its number may be another's soon.
    try {
      if (pid > 1) process.kill(pid, 'SIGTERM');
    } catch {
      // Stopped by a later deployment.
    }
  }
}
