import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSshPlatform } from '@fairlead/agent/platforms/ssh/index.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { HostTarget } from '@fairlead/proto/model/task.ts';
import { testAttempt, type TestAttempt } from '../../support/ssh-host/attempt.ts';
import { keyPair, PASSWORD, startTestHost, type TestHost } from '../../support/ssh-host/index.ts';
import { realSystem } from '../../support/ssh-host/system.ts';

let host: TestHost;
let platform: Awaited<ReturnType<typeof createSshPlatform>>;
let data = '';
let number = 0;

const open = (): ReturnType<typeof createSshPlatform> =>
  createSshPlatform({ directory: data, system: realSystem, pool: { readyTimeoutMs: 700 } });

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'fairlead-agent-'));
  host = await startTestHost('web-1');
  platform = await open();
});
afterEach(async () => {
  await platform.close();
  await host.remove();
  await rm(data, { recursive: true, force: true });
});

const attempt = (target: HostTarget, script = 'true', secrets: Record<string, string> = {}): TestAttempt => {
  number += 1;
  return testAttempt({
    secrets: { 'env:PASSWORD': PASSWORD, ...secrets },
    task: {
      type: 'COMMAND',
      attemptId: `exec-2/run/p/deploy@web-1#${number}`,
      target,
      parameters: { command: 'Install', units: [{ unit: 'EXEC', name: 'a script', script }] },
    },
  });
};
const run = (target: HostTarget, script?: string, secrets?: Record<string, string>): Promise<AttemptResult> =>
  platform.run(attempt(target, script, secrets));
const closedPort = async (): Promise<number> => {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

describe('what can be wrong with a host is told apart, and nothing was touched', () => {
  const untouched = { outcome: 'FAILED', touched: false };

  test('nothing listens', async () => {
    const result = await run({ ...host.target, port: await closedPort() });
    expect(result).toMatchObject({
      ...untouched,
      failure: { code: 'UNREACHABLE', details: { errno: 'ECONNREFUSED' } },
    });
  });

  test('its name does not resolve', async () => {
    const result = await run({ ...host.target, address: 'no-such-host.invalid' });
    expect(result).toMatchObject({ ...untouched, failure: { code: 'UNREACHABLE' } });
  });

  test('it accepts connections and never speaks', async () => {
    host.faults.hangs = true;
    const started = performance.now();
    const result = await run(host.target);
    expect(performance.now() - started).toBeLessThan(1_500);
    expect(result).toMatchObject({ ...untouched, failure: { code: 'UNREACHABLE' } });
    expect(result.failure?.message).toContain('does not speak SSH');
  });

  test('hosts that hang do not hold up the others', async () => {
    host.faults.hangs = true;
    const good = await startTestHost('web-2');
    try {
      const patient = await createSshPlatform({ directory: data, system: realSystem });
      const hanging = Array.from({ length: 20 }, (_, index) =>
        attempt({ ...host.target, name: `hang-${index}` }, 'true', { 'env:PASSWORD': `another login ${index}` }),
      );
      let ended = 0;
      const results = hanging.map((each) => patient.run(each).finally(() => (ended += 1)));
      expect((await patient.run(attempt(good.target))).outcome).toBe('SUCCESS');
      expect(ended).toBe(0);
      for (const each of hanging) each.stop({ kind: 'cancel', graceMs: 0 });
      for (const result of await Promise.all(results))
        expect(result).toMatchObject({ outcome: 'CANCELED', confirmed: true });
      await patient.close();
    } finally {
      await good.remove();
    }
  });

  test('it refuses the login', async () => {
    const wrong = await run(host.target, 'true', { 'env:PASSWORD': 'wrong' });
    expect(wrong).toMatchObject({ ...untouched, failure: { code: 'AUTHENTICATION_REFUSED' } });
    expect(JSON.stringify(wrong)).not.toContain('"wrong"');
  });

  test('the private key cannot be read', async () => {
    const login = { user: 'deploy', key: { secret: 'file:/key' } };
    const result = await run({ ...host.target, login }, 'true', { 'file:/key': 'not a key' });
    expect(result).toMatchObject({ ...untouched, failure: { code: 'AUTHENTICATION_REFUSED' } });
    expect(result.failure?.message).toContain('cannot be read');
  });

  test('the secret is not there', async () => {
    const result = await run({ ...host.target, login: { user: 'deploy', key: { secret: 'file:/nowhere' } } });
    expect(result).toMatchObject({ ...untouched, failure: { code: 'SECRET_UNAVAILABLE' } });
  });

  test('it shows another host key than the pinned one', async () => {
    const result = await run({ ...host.target, hostKey: `SHA256:${'A'.repeat(43)}` });
    expect(result).toMatchObject({ ...untouched, failure: { code: 'HOST_KEY_MISMATCH' } });
    expect(result.failure?.message).toContain(host.fingerprint);
  });

  test('it has another host key than at the first use, also after a restart of the agent', async () => {
    const target = { ...host.target, hostKey: null };
    expect((await run(target)).outcome).toBe('SUCCESS');
    await platform.close();
    const file = join(data, 'known-hosts');
    expect(await readFile(file, 'utf8')).toBe(`127.0.0.1:${host.port} ${host.fingerprint}\n`);
    await writeFile(file, `127.0.0.1:${host.port} SHA256:${'B'.repeat(43)}\n`);
    platform = await open();
    expect((await run(target)).failure?.code).toBe('HOST_KEY_MISMATCH');
  });

  test('its disk is full', async () => {
    host.faults.diskFull = true;
    expect(await run(host.target)).toMatchObject({ ...untouched, failure: { code: 'DISK_FULL' } });
  });

  test('it allows no session at all', async () => {
    host.faults.maxSessions = 0;
    expect(await run(host.target)).toMatchObject({ ...untouched, failure: { code: 'CHANNEL_REFUSED' } });
  });
});

describe('connections', () => {
  test('keys with and without a passphrase log in', async () => {
    const plain = keyPair();
    const locked = keyPair('open sesame');
    const other = await startTestHost('web-3', { authorizedKeys: [plain.publicKey, locked.publicKey] });
    try {
      const with_ = (login: HostTarget['login']): HostTarget => ({ ...other.target, login });
      const secrets = {
        'file:a': plain.privateKey,
        'file:b': locked.privateKey,
        'env:PASS': 'open sesame',
        'env:BAD': 'no',
      };
      const key = { user: 'deploy', key: { secret: 'file:b' } };
      expect((await run(with_({ user: 'deploy', key: { secret: 'file:a' } }), 'true', secrets)).outcome).toBe(
        'SUCCESS',
      );
      expect((await run(with_({ ...key, passphrase: { secret: 'env:PASS' } }), 'true', secrets)).outcome).toBe(
        'SUCCESS',
      );
      expect((await run(with_({ ...key, passphrase: { secret: 'env:BAD' } }), 'true', secrets)).failure?.code).toBe(
        'AUTHENTICATION_REFUSED',
      );
    } finally {
      await other.remove();
    }
  });

  test('one connection serves everything at a host, also at the same time', async () => {
    await run(host.target);
    await Promise.all(Array.from({ length: 6 }, () => run(host.target)));
    expect(host.accepted()).toBe(1);
  });

  test('with one session on each connection everything still works, and a cancel is not held up', async () => {
    host.faults.maxSessions = 1;
    const all = await Promise.all(Array.from({ length: 12 }, () => run(host.target)));
    expect(all.map((each) => each.outcome)).toEqual(Array.from({ length: 12 }, () => 'SUCCESS'));
    expect(host.accepted()).toBeLessThanOrEqual(4);
    const what = attempt(host.target, 'echo up; sleep 60');
    const running = platform.run(what);
    await until(() => what.lines().includes('up\n'));
    what.stop({ kind: 'cancel', graceMs: 200 });
    expect(await running).toMatchObject({ outcome: 'CANCELED', confirmed: true });
  });

  test('a connection that was cut while idle is made again', async () => {
    await run(host.target);
    host.cut();
    expect((await run(host.target)).outcome).toBe('SUCCESS');
    expect(host.accepted()).toBe(2);
  });

  test('a host that drops connections before the login is asked again', async () => {
    host.faults.closesEarly = 2;
    expect((await run(host.target)).outcome).toBe('SUCCESS');
  });

  test('a cancel while the host does not answer is prompt, and confirmed when nothing was sent', async () => {
    host.faults.hangs = true;
    const what = attempt(host.target);
    const running = platform.run(what);
    setTimeout(() => what.stop({ kind: 'cancel', graceMs: 1_000 }), 100);
    const started = performance.now();
    expect(await running).toMatchObject({ outcome: 'CANCELED', confirmed: true, touched: false });
    expect(performance.now() - started).toBeLessThan(500);
  });

  test('a cancel at a host that went away answers in time and says that it is not confirmed', async () => {
    const what = attempt(host.target, 'echo up; sleep 3');
    const running = platform.run(what);
    await until(() => what.lines().includes('up\n'));
    host.faults.hangs = true;
    host.cut();
    const started = performance.now();
    what.stop({ kind: 'cancel', graceMs: 300 });
    expect(await running).toMatchObject({ outcome: 'CANCELED', confirmed: false, touched: true });
    expect(performance.now() - started).toBeLessThan(1_300);
  });

  test('an outcome nobody can tell is unknown: a resumed attempt whose host is gone', async () => {
    const what = testAttempt({
      secrets: { 'env:PASSWORD': PASSWORD },
      resumed: true,
      recorded: [{ name: 'unit:0:intent', data: {} }],
      task: { ...attempt(host.target).task, target: { ...host.target, port: await closedPort() } },
    });
    setTimeout(() => what.stop({ kind: 'cancel', graceMs: 100 }), 200);
    expect(await platform.run(what)).toMatchObject({ outcome: 'CANCELED', confirmed: false, touched: true });
  });
});

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('waited 5 s for nothing');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
