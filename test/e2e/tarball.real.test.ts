/** What `npm pack` makes, as somebody meets it who has nothing but Node: an empty directory, an empty home, the registry. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from './fairlead-process.ts';
import { startProcess } from '../support/real/processes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const place = mkdtempSync(join(tmpdir(), 'fairlead-tarball-'));
const home = join(place, 'home');
const app = join(place, 'app');
const installed = join(app, 'node_modules', 'fairlead');
let environment: Readonly<Record<string, string>> = {};

/** Where packages come from and are kept is the machine's business; nothing else of it is handed on. */
async function emptyEnvironment(): Promise<Readonly<Record<string, string>>> {
  const asked = async (name: string): Promise<string> =>
    (await run('npm', ['config', 'get', name], { cwd: tmpdir() })).stdout.trim();
  const passed = Object.entries(process.env).flatMap(([name, value]) =>
    /^(https?_proxy|no_proxy|node_extra_ca_certs)$/i.test(name) && value !== undefined ? [[name, value] as const] : [],
  );
  return {
    ...Object.fromEntries(passed),
    HOME: home,
    PATH: [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter),
    LANG: 'C.UTF-8',
    CI: 'true',
    npm_config_registry: await asked('registry'),
    npm_config_cache: await asked('cache'),
  };
}

interface Ended {
  readonly code: number;
  readonly text: string;
}

const inApp = (command: string, ...args: readonly string[]): Promise<Ended> =>
  run(command, args, { cwd: app, env: environment, maxBuffer: 1 << 24 }).then(
    ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
    (error: { readonly code: number; readonly stdout: string; readonly stderr: string }) => ({
      code: error.code,
      text: error.stdout + error.stderr,
    }),
  );

beforeAll(async () => {
  mkdirSync(home);
  mkdirSync(app);
  environment = await emptyEnvironment();
  await run('npm', ['pack', '--pack-destination', place], { cwd: root });
  const tarball = readdirSync(place).find((name) => name.endsWith('.tgz')) ?? 'no tarball';
  const install = await inApp('npm', 'install', `../${tarball}`);
  expect(install.code, install.text).toBe(0);
}, 180_000);

afterAll(() => rmSync(place, { recursive: true, force: true, maxRetries: 5 }));

describe('the tarball', () => {
  it('holds what it runs, and nothing of the machine it was made on', () => {
    const files = ['dist/agent.proto', 'dist/web/index.html', 'deploy/examples/bookstore/fairlead.yaml', 'LICENSE'];
    expect(files.filter((file) => !existsSync(join(installed, file)))).toEqual([]);
    const programs = readdirSync(join(installed, 'dist')).filter((name) => name.endsWith('.js'));
    expect(programs.toSorted()).toEqual(['fairlead-agent.js', 'fairlead.js']);
    for (const name of programs) expect(readFileSync(join(installed, 'dist', name), 'utf8')).not.toContain(root);
    // One native package with its few companions: no tree that somebody has to trust.
    expect(readdirSync(join(app, 'node_modules')).filter((name) => !name.startsWith('.')).length).toBeLessThan(10);
  });

  it('answers --help and --version', async () => {
    const help = await inApp('npx', 'fairlead', '--help');
    expect([help.code, help.text]).toEqual([0, expect.stringContaining('Usage: fairlead')]);
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string };
    const version = await inApp('npx', 'fairlead', '--version');
    expect([version.code, version.text]).toEqual([0, expect.stringContaining(manifest.version)]);
    const agent = await inApp('npx', 'fairlead', 'agent', '--help');
    expect([agent.code, agent.text]).toEqual([0, expect.stringContaining('--token-file')]);
  }, 60_000);

  it('runs the demo in less than a minute, with the -- of npm run before the flag', async () => {
    const began = performance.now();
    const demo = await inApp('npx', 'fairlead', 'demo', '--', '--once');
    expect(demo.code, demo.text).toBe(0);
    expect(performance.now() - began).toBeLessThan(60_000);
    expect(demo.text.split('\n').filter((line) => line.includes('as told'))).toHaveLength(3);
    const unknown = await inApp('npx', 'fairlead', 'demo', '--twice');
    expect([unknown.code, unknown.text]).toEqual([2, expect.stringContaining("unknown option '--twice'")]);
  }, 120_000);

  it('starts, serves its page, and is found by commands in another terminal', async () => {
    const server = startProcess(join(app, 'node_modules', '.bin', 'fairlead'), ['start', '--port', '0'], {
      cwd: app,
      env: { ...environment, FAIRLEAD_AGENT_PORT: '0' },
    });
    try {
      const [, link = ''] = await server.waitFor(/(http:\S+\/login\?token=\S+)/, 30_000);
      expect(server.output()).toContain('In another terminal: fairlead init');
      const login = await fetch(link, { redirect: 'manual' });
      const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';
      const page = await fetch(new URL('/', link), { headers: { cookie } });
      expect(await page.text()).toContain('<div id="root">');
      await until(
        'the agent inside is connected',
        async () => /embedded +connected/.test((await inApp('npx', 'fairlead', 'agents', 'list')).text),
        30_000,
      );
      const example = join(installed, 'deploy', 'examples', 'bookstore', 'fairlead.yaml');
      const applied = await inApp('npx', 'fairlead', 'apply', '-f', example);
      expect([applied.code, applied.text]).toEqual([0, expect.stringContaining('create workflow ship')]);
      const doctor = await inApp('npx', 'fairlead', 'doctor');
      expect(doctor.code, doctor.text).toBe(0);
    } finally {
      await server.stop(10_000);
    }
  }, 120_000);
});
