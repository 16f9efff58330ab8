import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ssh2 from 'ssh2';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { applyFiles } from '../../definitions/change-set.ts';
import { demoDefinition } from './demo-definition.ts';
import type { DemoHost } from './demo-hosts.ts';
import { startDemoHosts } from './demo-hosts.ts';

let made = 0;
const newId = (): string => `id${(made += 1)}`;

let directory: string;
let open: DemoHost[];
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'fairlead-hosts-'));
  open = [];
});
afterEach(async () => {
  await close();
  rmSync(directory, { recursive: true });
});

async function start() {
  const started = await startDemoHosts(directory);
  open = [...started.hosts];
  return started;
}

async function close(): Promise<void> {
  await Promise.all(open.map((host) => host.down()));
  open = [];
}

const portsOf = (hosts: readonly DemoHost[]) => hosts.map((host) => [host.name, host.sshPort, host.httpPort]);
const keysOf = (hosts: readonly DemoHost[]) => hosts.map((host) => host.fingerprint);

it('are the same hosts at the next start', async () => {
  const first = await start();
  expect(new Set(first.hosts.flatMap((host) => [host.sshPort, host.httpPort])).size).toBe(8);
  expect(statSync(first.keyFile).mode & 0o777).toBe(0o600);
  const key = readFileSync(first.keyFile, 'utf8');
  await close();
  const second = await start();
  expect(portsOf(second.hosts)).toEqual(portsOf(first.hosts));
  expect(keysOf(second.hosts)).toEqual(keysOf(first.hosts));
  expect(readFileSync(second.keyFile, 'utf8')).toBe(key);
});

it('take another port where somebody else sits on theirs', async () => {
  const first = await start();
  await close();
  const [one, two] = first.hosts;
  if (one === undefined || two === undefined) throw new Error('four hosts');
  const squatters = await Promise.all([one.sshPort, two.httpPort].map(listen));
  const second = await start();
  const [again, other] = second.hosts;
  expect(again?.sshPort).not.toBe(one.sshPort);
  expect(again?.fingerprint).toBe(one.fingerprint);
  expect(other?.httpPort).not.toBe(two.httpPort);
  expect(portsOf(second.hosts).slice(2)).toEqual(portsOf(first.hosts).slice(2));
  await Promise.all(squatters.map((server) => new Promise((resolve) => server.close(resolve))));
});

it('go down and come back as the same host', async () => {
  const { hosts } = await start();
  const [host] = hosts;
  if (host === undefined) throw new Error('four hosts');
  const connects = () =>
    new Promise<boolean>((resolve) => {
      const socket = net.connect(host.sshPort, host.address);
      socket.once('error', () => resolve(false));
      // It says who it is before anything else.
      socket.once('data', (data) => (socket.destroy(), resolve(data.toString().startsWith('SSH-2.0'))));
    });
  expect(await connects()).toBe(true);
  await host.down();
  expect(await connects()).toBe(false);
  await host.up();
  expect(await connects()).toBe(true);
});

it('stand in the example as the language wants it', async () => {
  const { hosts, keyFile } = await start();
  const file = demoDefinition(hosts, keyFile, path.join(directory, 'builds'));
  const applied = applyFiles(null, [file], { newId });
  expect('problems' in applied ? applied.problems : []).toEqual([]);
  for (const host of hosts) expect(file.text).toContain(String(host.sshPort));
  expect(file.text).toContain(host0Fingerprint(hosts));
});

const host0Fingerprint = (hosts: readonly DemoHost[]): string => hosts[0]?.fingerprint ?? 'none';

function listen(port: number): Promise<net.Server> {
  return new Promise((resolve, reject) => {
    // Speaks no HTTP: whoever asks it for a version waits in vain, or is cut off.
    const server = net.createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

it.each(['client-key', 'client-key.pub'])(
  'start with a new key where the %s of last time cannot be read',
  async (name) => {
    const { keyFile } = await start();
    await close();
    writeFileSync(path.join(path.dirname(keyFile), name), 'ssh-ed25519 AAAA');
    await start();
    for (const file of [keyFile, `${keyFile}.pub`]) {
      expect(ssh2.utils.parseKey(readFileSync(file))).not.toBeInstanceOf(Error);
    }
  },
);
