import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { startCli } from './run-cli.ts';
import type { Run } from './run-cli.ts';

let data: string;
let open: Run[];
beforeEach(() => {
  data = mkdtempSync(path.join(tmpdir(), 'fairlead-start-'));
  open = [];
});
afterEach(async () => {
  for (const run of open) run.child.kill('SIGKILL');
  await Promise.all(open.map((run) => run.ended));
  rmSync(data, { recursive: true, force: true });
});

const environment = () => ({
  FAIRLEAD_DATA: data,
  FAIRLEAD_HTTP_PORT: '0',
  FAIRLEAD_AGENT_PORT: '0',
  FAIRLEAD_LOG_LEVEL: 'error',
});

function start(parameters: readonly string[], more: Readonly<Record<string, string>> = {}): Run {
  const run = startCli(parameters, { ...environment(), ...more });
  open.push(run);
  return run;
}

async function started(): Promise<Run> {
  const run = start(['start']);
  await expect.poll(() => run.out() + run.err(), { timeout: 30_000, interval: 100 }).toContain('Ctrl-C stops it');
  return run;
}

it('start tells where it is, lets commands in, and goes when told to', async () => {
  const server = await started();
  const file = path.join(data, 'cli.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect((await start(['executions', 'list']).ended).code).toBe(0);
  const link = /http:\S+\/login\?token=\S+/.exec(server.out())?.[0] ?? '';
  expect((await fetch(link, { redirect: 'manual' })).status).toBe(303);

  const second = await start(['start']).ended;
  expect([second.code, second.err]).toEqual([
    1,
    expect.stringMatching(/^fairlead: Another process .*Stop the other process/m),
  ]);
  expect(existsSync(file)).toBe(true);

  server.child.kill('SIGINT');
  expect((await server.ended).code).toBe(0);
  expect(existsSync(file)).toBe(false);
}, 90_000);

it('what init wrote can be applied, and is applied once', async () => {
  await started();
  const file = path.join(data, 'fairlead.yaml');
  const init = ['init', '--host', 'deploy@127.0.0.1:2222', '--artifacts', data, '--out', file];
  expect((await start(init).ended).code).toBe(0);
  const again = await start(init).ended;
  expect([again.code, again.err]).toEqual([2, expect.stringContaining('--force')]);
  const applied = await start(['apply', '-f', file]).ended;
  expect([applied.code, applied.err]).toEqual([0, '']);
  expect(applied.out).toContain('create workflow ship-web');
  const text = await start(['get', '-o', 'yaml']).ended;
  writeFileSync(path.join(data, 'again.yaml'), text.out);
  const same = await start(['apply', '-f', path.join(data, 'again.yaml')]).ended;
  expect(same.out).toContain('Nothing to change');
  const unknown = await start(['deploy', 'ship-web', '--wait']).ended;
  expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('no build')]);
}, 120_000);

it('who waits goes on waiting when the control plane was killed and has another key and address', async () => {
  const server = await started();
  const file = path.join(data, 'ask.yaml');
  writeFileSync(
    file,
    'fairlead: v1\napplication: shop\npipelines: { ask: { stages: [{ name: ok, approval: { groups: [ops] } }] } }\n',
  );
  expect((await start(['apply', '-f', file]).ended).err).toBe('');
  const waiting = start(['deploy', 'ask', '--wait'], { FAIRLEAD_RECONNECT: '60s' });
  await expect.poll(waiting.out, { timeout: 30_000 }).toContain('an approval by ops');
  server.child.kill('SIGKILL');
  await server.ended;
  await started();
  const approved = await start(['approve', 'last']).ended;
  expect(approved.code, approved.err).toBe(0);
  expect((await waiting.ended).code, waiting.err()).toBe(0);
}, 120_000);

it('an agent joins with a token from the command line', async () => {
  const server = start(['start'], { FAIRLEAD_EMBEDDED_AGENT: 'false', FAIRLEAD_LOG_LEVEL: 'info' });
  await expect.poll(server.err, { timeout: 30_000, interval: 100 }).toContain('the control plane is up');
  const address = /"agents":"([^"]+)"/.exec(server.err())?.[1] ?? '';
  await expect.poll(server.out, { timeout: 10_000 }).toContain('Ctrl-C stops it');
  const token = await start(['agents', 'token', 'dc1', '-o', 'json']).ended;
  const made = z.object({ token: z.string() }).parse(JSON.parse(token.out));
  const directory = path.join(data, 'agent-dc1');
  const agent = start(['agent', '--server', address, '--name', 'dc1', '--data', directory, '--token', made.token]);
  const connected = async () => (await start(['agents', 'list']).ended).out;
  await expect.poll(connected, { timeout: 40_000, interval: 500 }).toMatch(/dc1 +connected/);
  expect((await start(['agents', 'tokens']).ended).out).toMatch(/dc1 .*\d\d:\d\d/);
  expect((await start(['agents', 'revoke-token', 'dc1']).ended).code).toBe(0);
  expect((await start(['agents', 'tokens']).ended).out).toMatch(/dc1 .* revoked/);
  agent.child.kill('SIGTERM');
  expect((await agent.ended).code, agent.err()).toBe(0);
  server.child.kill('SIGTERM');
  expect((await server.ended).code).toBe(0);
}, 120_000);

it('settings that are wrong are named, all of them', async () => {
  const result = await start(['start'], { FAIRLEAD_HTTP_PORT: 'many', FAIRLEAD_AGENT_HOST: '0.0.0.0' }).ended;
  expect(result.code).toBe(2);
  const lines = result.err.split('\n').filter((line) => line.startsWith('fairlead: FAIRLEAD_'));
  expect(lines.map((line) => line.split(':')[1]?.trim()).sort()).toEqual(['FAIRLEAD_AGENT_HOST', 'FAIRLEAD_HTTP_PORT']);
  expect(result.err).toContain('is no port: write a number from 1 to 65535');
  expect(() => readFileSync(path.join(data, 'cli.json'))).toThrow('ENOENT');
}, 30_000);

it('doors that are closed are named with what to do', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as AddressInfo;
  const [agents, directory, proc] = await Promise.all([
    start(['start'], { FAIRLEAD_AGENT_PORT: String(port) }).ended,
    start(['start'], { FAIRLEAD_DATA: path.join(process.execPath, 'data') }).ended,
    start(['start'], { FAIRLEAD_DATA: '/proc/fairlead/data' }).ended,
  ]);
  taken.close();
  expect([agents.code, agents.err]).toEqual([1, expect.stringContaining('EADDRINUSE')]);
  expect(agents.err).toContain('Choose another port (FAIRLEAD_AGENT_PORT), or none.');
  for (const { code, err } of [directory, proc]) {
    expect([code, err.trim().split('\n').length]).toEqual([1, 1]);
    expect(err).toContain('Choose one that this user may write (FAIRLEAD_DATA).');
  }
}, 60_000);
