import { readFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PASSWORD, startTestHost, type TestHost } from '../../../test/support/ssh-host/index.ts';
import type { Channel } from '../shell/channel.ts';
import { SshPool } from './pool.ts';

let host: TestHost;
let pool: SshPool;
/** A road to the host that can be slow: what agents send waits while `holding`, on the connections there are then. */
let road: net.Server;
let holding = false;
const held: (() => void)[] = [];

beforeEach(async () => {
  holding = false;
  host = await startTestHost('web-1');
  road = net.createServer((near) => {
    const far = net.connect(host.port, '127.0.0.1');
    const slow = !holding;
    near.on('data', (chunk: Buffer) => {
      if (holding && slow) held.push(() => far.write(chunk));
      else far.write(chunk);
    });
    far.pipe(near);
    for (const each of [near, far]) each.on('error', () => undefined);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  await new Promise<void>((resolve) => road.listen(0, '127.0.0.1', resolve));
  pool = new SshPool({
    hostKeys: { remembered: () => null, remember: () => Promise.resolve() },
    fraction: () => 0.5,
    readyTimeoutMs: 1_500,
  });
});
afterEach(async () => {
  await pool.close();
  road.close();
  await host.remove();
});

const lives = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const read = (channel: Channel): Channel => {
  channel.stdout.resume();
  channel.stderr.resume();
  return channel;
};

test('of two roads that an urgent command tries, the one that opens later is not left open', async () => {
  const target = { ...host.target, port: (road.address() as net.AddressInfo).port };
  const transport = pool.transport(target, { password: PASSWORD });
  const first = read(await transport.open('true'));
  first.stdin.end();
  await first.ended;

  holding = true;
  const urgent = read(await transport.open('echo $$ >> "$HOME"/pids; exec cat', { urgent: true }));
  holding = false;
  for (const send of held.splice(0)) send();
  const pids = async (): Promise<number[]> =>
    (await readFile(join(host.directory, 'pids'), 'utf8').catch(() => '')).trim().split('\n').map(Number);
  await expect.poll(async () => (await pids()).length).toBe(2);
  const [winner = 0, loser = 0] = await pids();
  await expect.poll(() => lives(loser)).toBe(false);
  expect(lives(winner)).toBe(true);
  urgent.stdin.end();
  await urgent.ended;
});

test('who gives up does not wait for the connection that another is making', async () => {
  host.faults.hangs = true;
  const transport = pool.transport({ ...host.target, port: host.port }, { password: PASSWORD });
  const first = transport.open('true').catch((error: unknown) => error);
  const stop = new AbortController();
  const second = transport.open('true', { signal: stop.signal }).catch((error: unknown) => error);
  const started = performance.now();
  stop.abort();
  expect(await second).toMatchObject({ failures: [{ code: 'CANCELED' }] });
  expect(performance.now() - started).toBeLessThan(500);
  host.cut();
  await first;
});
