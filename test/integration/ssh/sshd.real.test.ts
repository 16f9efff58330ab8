import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Platform } from '@fairlead/agent/platforms/platform.ts';
import { createSshPlatform } from '@fairlead/agent/platforms/ssh/index.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { HostTarget } from '@fairlead/proto/model/task.ts';
import { requireReal } from '../../support/real/index.ts';
import { freePort } from '../../support/real/listening.ts';
import { startSshdHosts, type SshdHost, type SshdHosts } from '../../support/real/sshd.ts';
import { testAttempt, type TestAttempt } from '../../support/ssh-host/attempt.ts';
import { realSystem } from '../../support/ssh-host/system.ts';
import { killedAtRandom } from './kill-cases.ts';

const HOSTS = 50;
/** Out of order, each in its own way, by index. */
const BAD_KEY = 10;
const CLOSED = 20;
const HANGING = 30;
const FULL = 40;
const ONE_SESSION = 45;

let fleet: SshdHosts;
let data = '';
let platform: Platform;
let closedPort = 0;
let number = 0;

beforeAll(async () => {
  fleet = await startSshdHosts(requireReal('sshd').path, HOSTS, {
    acceptsKey: (index) => index !== BAD_KEY,
    config: (index) => (index === ONE_SESSION ? ['MaxSessions 1'] : []),
  });
  data = await mkdtemp(join(tmpdir(), 'fairlead-agent-'));
  closedPort = await freePort('127.0.0.1');
  process.kill(hostAt(HANGING).pid, 'SIGSTOP');
  const home = hostAt(FULL).directory;
  mkdirSync(join(home, '.fairlead'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k,nr_inodes=6', 'tmpfs', join(home, '.fairlead')]);
  execFileSync('/bin/sh', ['-c', `cat /dev/zero > ${join(home, '.fairlead/filler')} 2>/dev/null || true`]);
  platform = await open();
}, 60_000);
afterAll(async () => {
  await platform.close();
  execFileSync('umount', ['-l', join(hostAt(FULL).directory, '.fairlead')]);
  await fleet.stop();
  await rm(data, { recursive: true, force: true });
});

const open = (readyTimeoutMs = 10_000): Promise<Platform> =>
  createSshPlatform({ directory: data, system: realSystem, pool: { readyTimeoutMs } });

function hostAt(index: number): SshdHost {
  const host = fleet.hosts[index];
  if (host === undefined) throw new Error(`there is no host ${index}`);
  return host;
}

const targetOf = (host: SshdHost): HostTarget => ({
  name: host.name,
  address: host.address,
  port: host.port,
  login: { user: host.user, key: { secret: 'file:key' } },
  hostKey: host.hostKeyFingerprint,
  variables: {},
});

function attempt(target: HostTarget, script: string): TestAttempt {
  number += 1;
  return testAttempt({
    secrets: { 'file:key': fleet.clientKey },
    task: {
      type: 'COMMAND',
      attemptId: `exec-r/run/p/deploy@${target.name}#${number}`,
      target,
      parameters: { command: 'Install', units: [{ unit: 'EXEC', name: 'script', script }] },
    },
  });
}
const codeOf = (result: AttemptResult): string => result.failure?.code ?? result.outcome;

describe('fifty hosts', () => {
  test('each thing that is wrong is told, and none holds up the others', async () => {
    const ended: number[] = [];
    const results = await Promise.all(
      fleet.hosts.map(async (host, index) => {
        const target =
          index === CLOSED ? { ...targetOf(host), address: '127.0.0.1', port: closedPort } : targetOf(host);
        const result = await platform.run(attempt(target, 'true'));
        ended.push(index);
        return result;
      }),
    );
    const wanted = Array.from({ length: HOSTS }, () => 'SUCCESS');
    wanted[BAD_KEY] = 'AUTHENTICATION_REFUSED';
    wanted[CLOSED] = 'UNREACHABLE';
    wanted[HANGING] = 'UNREACHABLE';
    wanted[FULL] = 'DISK_FULL';
    expect(results.map(codeOf)).toEqual(wanted);
    expect(results[HANGING]?.failure?.message).toContain('does not speak SSH');
    for (const index of [BAD_KEY, CLOSED, HANGING, FULL]) expect(results[index]?.touched).toBe(false);
    // All of them had ended before it was clear that the hanging one hangs.
    expect(ended.at(-1)).toBe(HANGING);
  }, 40_000);

  test('with MaxSessions 1, several commands at once and a cancel', async () => {
    const target = targetOf(hostAt(ONE_SESSION));
    const all = await Promise.all(Array.from({ length: 10 }, () => platform.run(attempt(target, 'sleep 0.1'))));
    expect(all.map(codeOf)).toEqual(Array.from({ length: 10 }, () => 'SUCCESS'));
    const what = attempt(target, `trap '' TERM; echo up; while :; do sleep 1; done`);
    const running = platform.run(what);
    await until(() => what.lines().includes('up\n'));
    what.stop({ kind: 'cancel', graceMs: 500 });
    expect(await running).toMatchObject({ outcome: 'CANCELED', confirmed: true });
  }, 40_000);

  test('a cancel of scripts that ignore TERM on many hosts ends within two seconds, and the processes are gone', async () => {
    const hosts = fleet.hosts.slice(0, 10);
    const all = hosts.map((host) =>
      attempt(targetOf(host), `trap '' TERM; sleep 300 & echo up; while :; do sleep 1; done`),
    );
    const running = all.map((each) => platform.run(each));
    await until(() => all.every((each) => each.lines().includes('up\n')));
    const started = performance.now();
    for (const each of all) each.stop({ kind: 'cancel', graceMs: 1_000 });
    const results = await Promise.all(running);
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(results.map((result) => result.outcome)).toEqual(all.map(() => 'CANCELED'));
    // A machine busy with something else may answer too late; it then says so, and the processes end all the same.
    expect(results.filter((result) => result.confirmed === true).length).toBeGreaterThanOrEqual(all.length / 2);
    await platform.close();
    platform = await open();
    await until(() => hosts.every((host) => host.processes().length === 0));
  }, 40_000);

  test('a host that hangs while a script runs: the cancel is prompt and says that it is not confirmed', async () => {
    const host = hostAt(1);
    const what = attempt(targetOf(host), 'echo up; sleep 5');
    const running = platform.run(what);
    await until(() => what.lines().includes('up\n'));
    const sessions = sessionsOf(host);
    for (const pid of [host.pid, ...sessions]) process.kill(pid, 'SIGSTOP');
    const started = performance.now();
    what.stop({ kind: 'cancel', graceMs: 500 });
    expect(await running).toMatchObject({ outcome: 'CANCELED', confirmed: false, touched: true });
    expect(performance.now() - started).toBeLessThan(1_600);
    for (const pid of [host.pid, ...sessions]) process.kill(pid, 'SIGCONT');
  }, 40_000);

  test('the sshd of a session killed under a running script: the script goes on, and its outcome is found', async () => {
    const host = hostAt(2);
    const what = attempt(
      targetOf(host),
      'for i in 1 2 3 4 5 6; do echo "<$i>"; sleep 0.2; done; echo end > "$HOME/end"',
    );
    const running = platform.run(what);
    await until(() => what.lines().includes('<2>'));
    for (const pid of sessionsOf(host)) process.kill(pid, 'SIGKILL');
    expect((await running).outcome).toBe('SUCCESS');
    expect(what.lines().match(/<\d>/g)).toEqual(['<1>', '<2>', '<3>', '<4>', '<5>', '<6>']);
    expect(await readFile(join(host.directory, 'end'), 'utf8')).toBe('end\n');
  }, 40_000);

  test('an agent that is killed again and again runs every unit exactly once', async () => {
    const kills = await Promise.all(
      [3, 4, 5, 6].map((index) => {
        const host = hostAt(index);
        return killedAtRandom(
          { target: targetOf(host), directory: host.directory, secrets: { 'file:key': fleet.clientKey } },
          index,
        );
      }),
    );
    expect(kills.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(0);
  }, 240_000);

  test('key exchange is told apart from speed: cold and pooled, all hosts at once', async () => {
    const good = fleet.hosts.filter((_, index) => ![BAD_KEY, CLOSED, HANGING, FULL].includes(index));
    const fresh = await open(20_000);
    const round = async (): Promise<number> => {
      const started = performance.now();
      const results = await Promise.all(good.map((host) => fresh.run(attempt(targetOf(host), 'true'))));
      expect(results.map(codeOf)).toEqual(good.map(() => 'SUCCESS'));
      return performance.now() - started;
    };
    const cold = await round();
    const pooled = Math.min(await round(), await round());
    await fresh.close();
    console.log(
      `${good.length} hosts, claimed and recorded: cold ${Math.round(cold)} ms, pooled ${Math.round(pooled)} ms`,
    );
    expect(cold).toBeLessThan(15_000);
    expect(pooled).toBeLessThan(cold);
  }, 40_000);
});

/** The processes of this sshd that serve connections. */
function sessionsOf(host: SshdHost): number[] {
  const children = (pid: number): number[] => {
    try {
      const out = execFileSync('/bin/sh', ['-c', `cat /proc/${pid}/task/*/children`], { encoding: 'utf8' });
      return out.trim().split(/\s+/).filter(Boolean).map(Number);
    } catch {
      return [];
    }
  };
  const isSshd = (pid: number): boolean =>
    execFileSync('/bin/sh', ['-c', `cat /proc/${pid}/comm || true`], { encoding: 'utf8' }).startsWith('sshd');
  return children(host.pid)
    .flatMap((pid) => [pid, ...children(pid)])
    .filter(isSshd);
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 8_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('waited 8 s for nothing');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
