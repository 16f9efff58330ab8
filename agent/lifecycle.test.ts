import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LinkWorld } from '../test/contract/agent/link-world.ts';
import { FakePlatform, NO_CRASH, workshopOf } from '../test/support/agent-fakes.ts';
import { lockDirectory } from './adapters/directory-lock.ts';
import { readLocalSecret } from './adapters/local-secrets.ts';
import { realSystem } from './adapters/system.ts';
import { loadConfig } from './config.ts';
import { startAgent, type RunningAgent } from './lifecycle.ts';
import { SILENT } from './ports/logger.ts';

let world: LinkWorld;
let directory: string;
const agents: RunningAgent[] = [];

beforeEach(async () => {
  world = new LinkWorld();
  await world.listen();
  directory = mkdtempSync(join(tmpdir(), 'fairlead-agent-'));
});
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.stop();
  await world.end();
  rmSync(directory, { recursive: true, force: true });
});

const platform = new FakePlatform();

async function start(...args: readonly string[]): Promise<RunningAgent> {
  const server = `127.0.0.1:${world.server?.port ?? 0}`;
  const config = loadConfig(['--server', server, '--data', directory, '--name', 'edge-1', ...args], {});
  const agent = await startAgent(config, {
    system: realSystem,
    logger: SILENT,
    crash: NO_CRASH,
    version: '0.1.0',
    workshop: () => Promise.resolve(workshopOf(platform)),
  });
  agents.push(agent);
  return agent;
}

/** The fake gateway knows an agent by what it enrolled with, as the real one does. */
function admitEnrolled(): void {
  world.gateway.authenticate = (_agentId, credential) => {
    const hash = createHash('sha256').update(credential).digest('hex');
    const known = world.gateway.enrolled.some(({ credentialSha256 }) => credentialSha256 === hash);
    return known ? Promise.resolve() : Promise.reject(new Error('unknown'));
  };
}

test('joins once with a token, and afterwards is known by the credential that never left its directory', async () => {
  admitEnrolled();
  const first = await start('--token', 'good');
  await expect.poll(() => first.sessionId).toBe('s1');
  const [enrolled] = world.gateway.enrolled;
  const path = join(directory, 'identity.json');
  const text = readFileSync(path, 'utf8');
  const { credential } = JSON.parse(text) as { credential: string };
  expect(enrolled).toMatchObject({ token: 'good', name: 'edge-1' });
  expect(enrolled?.credentialSha256).toBe(createHash('sha256').update(credential).digest('hex'));
  expect(text).not.toContain('good');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await first.stop();

  const again = await start();
  await expect.poll(() => again.sessionId).toBe('s2');
  expect(world.gateway.enrolled).toHaveLength(1);
  expect(world.gateway.hellos[1]?.ledgerId).toBe(world.gateway.hellos[0]?.ledgerId);
});

test('an answer lost while joining: it asks again with the same credential', async () => {
  const enroll = world.gateway.enroll.bind(world.gateway);
  const seen: string[] = [];
  world.gateway.enroll = (request) => {
    seen.push(request.credentialSha256);
    return seen.length === 1 ? new Promise(() => {}) : enroll(request);
  };
  admitEnrolled();
  const starting = start('--token', 'good');
  await expect.poll(() => seen.length).toBe(1);
  await world.server?.close();
  await world.listen();
  const agent = await starting;
  await expect.poll(() => agent.sessionId).toBe('s1');
  expect(new Set(seen).size).toBe(1);
});

test('without a token, or with a wrong one, it says so and leaves the directory free', async () => {
  await expect(start()).rejects.toThrow('has not joined yet: give it a join token');
  await expect(start('--token', 'bad')).rejects.toThrow('the join token is unknown or revoked');
  admitEnrolled();
  const agent = await start('--token', 'good');
  await expect.poll(() => agent.sessionId).toBe('s1');
});

test('two agents on one directory: the second refuses, however the first one died before', async () => {
  admitEnrolled();
  const first = await start('--token', 'good');
  await expect(start()).rejects.toThrow(/another agent runs on .*: give each agent a data directory of its own/);
  await first.stop();
  const second = await start();
  await expect.poll(() => second.sessionId).not.toBeNull();
});

test('a lock left behind by a process that is gone holds nobody up, at any length of the path', async () => {
  for (const place of [directory, mkdtempSync(join(directory, 'x'.repeat(150)))]) {
    const lock = await lockDirectory(place);
    await expect(lockDirectory(place)).rejects.toMatchObject({ failures: [{ code: 'CONFLICT', field: 'data' }] });
    await lock.release();
    await (await lockDirectory(place)).release();
  }
  // A file nobody listens on, as kill -9 leaves it.
  writeFileSync(join(directory, 'in-use'), '');
  await (await lockDirectory(directory)).release();
});

test('an attempt runs, and draining waits for it and no longer than it may', async () => {
  admitEnrolled();
  const agent = await start('--token', 'good', '--drain-timeout', '300ms');
  await expect.poll(() => world.gateway.beats.length).toBeGreaterThan(0);
  await world.offer('e/run/a@-#1');
  await expect.poll(() => platform.attempts.length).toBe(1);
  await agent.drain();
  expect(await agent.ended).toEqual({ end: 'stopped' });
});

test('secrets are read from this machine only, and a failure says which and why', async () => {
  const path = join(directory, 'secret');
  writeFileSync(path, 'line one\nline two\n');
  expect(await readLocalSecret({ secret: `file:${path}` })).toBe('line one\nline two');
  process.env['SOME_SECRET'] = 'value';
  process.env['FAIRLEAD_SOME_TOKEN'] = 'ours';
  expect(await readLocalSecret({ secret: 'env:SOME_SECRET' })).toBe('value');
  for (const [secret, why] of [
    ['env:FAIRLEAD_SOME_TOKEN', 'no such variable'],
    ['env:NOT_THERE', 'no such variable'],
    [`file:${directory}/none`, 'cannot read the file'],
    ['file:relative', 'not absolute'],
    ['vault:x', 'neither file:/path nor env:NAME'],
  ] as const) {
    await expect(readLocalSecret({ secret })).rejects.toThrow(`the secret ${secret} is not available`);
    await expect(readLocalSecret({ secret })).rejects.toThrow(why);
  }
});

test('says in one line that its directory cannot be made', async () => {
  const parent = directory;
  const file = join(parent, 'file');
  writeFileSync(file, '');
  directory = join(file, 'agent');
  const started = start();
  directory = parent;
  await expect(started).rejects.toMatchObject({
    failures: [{ code: 'UNAVAILABLE', message: expect.stringContaining(`${file} is no directory`) }],
  });
});
