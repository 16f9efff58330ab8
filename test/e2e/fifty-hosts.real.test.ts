/** Fifty real SSH hosts, seven of them out of order, each in its own way: every one is told, and none holds up the others. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ExecutionView, NodeView } from '@fairlead/proto/live.ts';
import { requireReal } from '../support/real/index.ts';
import { freePort } from '../support/real/listening.ts';
import { descendants, kill } from '../support/real/processes.ts';
import { startSshdHosts, type SshdHost, type SshdHosts } from '../support/real/sshd.ts';
import { livingIn } from '../support/ssh-host/processes.ts';
import { ask, demand, startControlPlane, until, type ControlPlane } from './fairlead-process.ts';
import { buildProgram } from './program.ts';
import { applyDefinition, untilSettled, viewOf } from './units-world.ts';

const HOSTS = 50;
const BAD_KEY = 10;
const CLOSED_PORT = 20;
const HANGING = 30;
/** Its home is full from the start. */
const FULL = 40;
/** Its home is small, and the script fills it. */
const FILLING = 41;
const ONE_SESSION = 45;
/** Its script ignores SIGTERM and never ends. */
const STUBBORN = 46;
/** Hosts of the aborted executions: all well. */
const ABORTED = [1, 2, 3, 4, 5, 6, 7, 8];

const STEP_TIMEOUT_MS = 20_000;
const GRACE_MS = 1_000;
/** Time for an agent that starts fifty connections on a machine that does something else besides. */
const BUSY_MS = 20_000;

let fleet: SshdHosts;
let directory: string;
let plane: ControlPlane;
let closedPort: number;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'fairlead-fifty-'));
  closing.push(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  fleet = await startSshdHosts(requireReal('sshd').path, HOSTS, {
    acceptsKey: (index) => index !== BAD_KEY,
    config: (index) => (index === ONE_SESSION ? ['MaxSessions 1'] : []),
  });
  closing.push(() => fleet.stop());
  closedPort = await freePort('127.0.0.1');
  for (const index of [FULL, FILLING]) {
    const home = hostAt(index).directory;
    // Refused where this is not run by root: then the suite fails, and says so.
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', home]);
    closing.push(() => execFileSync('umount', ['-l', home]));
  }
  execFileSync('/bin/sh', ['-c', 'cat /dev/zero >"$1/filler" 2>/dev/null || true', 'sh', hostAt(FULL).directory]);
  writeFileSync(join(hostAt(FILLING).directory, 'fill-me'), '');
  writeFileSync(join(hostAt(STUBBORN).directory, 'never-end'), '');
  kill(hostAt(HANGING).pid, 'SIGSTOP');
  plane = await startControlPlane(await buildProgram(), join(directory, 'data'));
  closing.push(() => plane.stop());
  await applyDefinition(plane, definition());
}, 120_000);
afterAll(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

function hostAt(index: number): SshdHost {
  const host = fleet.hosts[index];
  if (host === undefined) throw new Error(`there is no host ${index}`);
  return host;
}

const STUBBORN_SCRIPT = `trap '' TERM
cut -d' ' -f5 /proc/$$/stat >"$HOME/group"
while :; do sleep 1; done`;

const DEPLOYED_SCRIPT = `echo deployed >>"$HOME/deployed.log"
[ ! -f "$HOME/fill-me" ] || head -c 3000000 /dev/zero >"$HOME/filler" || exit 1
[ ! -f "$HOME/never-end" ] || {
${STUBBORN_SCRIPT}
}`;

function definition(): string {
  const install = { command: 'Install', timeout: `${STEP_TIMEOUT_MS / 1_000}s`, cancelGrace: `${GRACE_MS / 1_000}s` };
  const names = ABORTED.map((index) => hostAt(index).name);
  return JSON.stringify({
    fairlead: 'v1',
    application: 'fleet',
    services: {
      web: { type: 'ssh/other', commands: { Install: [{ exec: DEPLOYED_SCRIPT, name: 'deploy' }] } },
      stubborn: { type: 'ssh/other', commands: { Install: [{ exec: STUBBORN_SCRIPT, name: 'run' }] } },
    },
    environments: {
      prod: {
        infrastructure: {
          fleet: {
            hosts: fleet.hosts.map(({ name, address, port, hostKeyFingerprint }, index) =>
              index === CLOSED_PORT
                ? { name, address: '127.0.0.1', port: closedPort }
                : { name, address, port, hostKey: hostKeyFingerprint },
            ),
            login: { user: hostAt(0).user, key: `secret:file:${fleet.clientKeyFile}` },
          },
        },
      },
    },
    workflows: {
      deploy: {
        type: 'basic',
        service: 'web',
        environment: 'prod',
        sections: { 'Deploy Service': [install] },
        // Two at once on every host, also on the one that allows a single session.
        verify: ['first', 'second'].map((name, index) => ({
          script: { script: `echo ${name} >>"$HOME/deployed.log"`, on: 'hosts', shell: 'sh' },
          name,
          ...(index === 0 ? {} : { withPrevious: true }),
        })),
        onFailure: [{ on: 'any', do: 'ignore' }],
      },
      stubborn: {
        type: 'basic',
        service: 'stubborn',
        environment: 'prod',
        hosts: names,
        sections: { 'Deploy Service': [{ command: 'Install', cancelGrace: '500ms' }] },
      },
    },
  });
}

async function deploy(name: string): Promise<string> {
  const started = z.object({ executionId: z.string() });
  return (await demand(started, ask(plane, 'POST', '/executions', { name }))).executionId;
}

/** What became of the step at each host, by name. */
function outcomes(view: ExecutionView, step: string): ReadonlyMap<string, NodeView> {
  const wanted = view.nodes.find((node) => node.kind === 'step' && node.name === step);
  const tasks = view.nodes.filter((node) => node.kind === 'task' && node.parent === wanted?.id);
  return new Map(tasks.map((task) => [task.target ?? '-', task]));
}

const groupOf = (host: SshdHost): number => {
  const file = join(host.directory, 'group');
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
};

describe('fifty hosts', () => {
  it('each thing that is wrong is told by its own code, and none holds up the others', async () => {
    const id = await deploy('deploy');
    await untilSettled(plane, id, STEP_TIMEOUT_MS + 3 * BUSY_MS, plane.output());
    const view = await viewOf(plane, id);
    const installed = outcomes(view, 'Install');
    expect(installed.size).toBe(HOSTS);
    const code = (index: number): string => {
      const node = installed.get(hostAt(index).name);
      return node?.failure?.code ?? node?.status ?? 'nothing';
    };
    const wanted: Record<number, string> = {
      [BAD_KEY]: 'AUTHENTICATION_REFUSED',
      [CLOSED_PORT]: 'UNREACHABLE',
      [HANGING]: 'UNREACHABLE',
      [FULL]: 'DISK_FULL',
      [FILLING]: 'DISK_FULL',
      [STUBBORN]: 'STEP_TIMEOUT',
    };
    const indexes = fleet.hosts.map((_, index) => index);
    expect(indexes.map(code)).toEqual(indexes.map((index) => wanted[index] ?? 'SUCCESS'));

    const took = (index: number): number => {
      const node = installed.get(hostAt(index).name);
      return (node?.endedAt ?? Infinity) - (node?.startedAt ?? 0);
    };
    const well = indexes.filter((index) => wanted[index] === undefined);
    expect(Math.max(...well.map(took)), 'the slowest of those that are well').toBeLessThan(BUSY_MS);
    for (const index of [BAD_KEY, CLOSED_PORT, HANGING, FULL, FILLING]) expect(took(index)).toBeLessThan(BUSY_MS);
    expect(took(STUBBORN)).toBeGreaterThanOrEqual(STEP_TIMEOUT_MS);
    expect(await livingIn(groupOf(hostAt(STUBBORN))), 'what ignored SIGTERM is gone').toEqual([]);

    for (const index of well) {
      const lines = readFileSync(join(hostAt(index).directory, 'deployed.log'), 'utf8')
        .trimEnd()
        .split('\n');
      expect([lines[0], ...lines.slice(1).toSorted()], hostAt(index).name).toEqual(['deployed', 'first', 'second']);
    }
    const { header } = view;
    expect(header).toMatchObject({ settled: true, unconfirmed: [] });
  }, 180_000);

  it('an abort is over in two seconds; what is not listed as unconfirmed is gone by the hosts’ own view', async () => {
    const hosts = ABORTED.map(hostAt);
    const [dead] = hosts;
    if (dead === undefined) throw new Error('there are such hosts');
    const id = await deploy('stubborn');
    await until(
      'the script runs everywhere',
      () => hosts.every((host) => groupOf(host) > 0),
      2 * BUSY_MS,
      () => plane.output(),
    );
    for (const host of hosts) expect((await livingIn(groupOf(host))).length).toBeGreaterThan(0);
    // The host is cut off: neither its listener nor its sessions answer any more, and what runs there runs on.
    const sshd = [dead.pid, ...descendants(dead.pid).filter(isSshd)];
    for (const pid of sshd) kill(pid, 'SIGSTOP');
    try {
      const asked = performance.now();
      const aborted = await ask(plane, 'POST', `/executions/${id}/abort`, { reason: 'enough' });
      expect(aborted.status).toBe(202);
      await until('it is aborted', async () => (await viewOf(plane, id)).header.status === 'ABORTED', 10_000);
      expect(performance.now() - asked).toBeLessThan(2_000);
      const { header } = await viewOf(plane, id);
      const unconfirmed = header.unconfirmed.map((each) => each.target);
      expect(unconfirmed).toContain(dead.name);
      for (const host of hosts.filter((each) => !unconfirmed.includes(each.name))) {
        expect(await livingIn(groupOf(host)), host.name).toEqual([]);
      }
      await until(
        'nothing of it lives on the reachable hosts, and nothing else is unconfirmed',
        async () => {
          const living = await Promise.all(hosts.slice(1).map((host) => livingIn(groupOf(host))));
          const open = (await viewOf(plane, id)).header.unconfirmed.map((each) => each.target);
          return living.every((each) => each.length === 0) && open.every((name) => name === dead.name);
        },
        10_000,
        async () => JSON.stringify((await viewOf(plane, id)).header.unconfirmed, null, 1),
      );
      expect((await livingIn(groupOf(dead))).length, 'the one that was cut off still runs it').toBeGreaterThan(0);
    } finally {
      for (const pid of sshd) kill(pid, 'SIGCONT');
    }
  }, 120_000);
});

const isSshd = (pid: number): boolean => {
  const file = `/proc/${pid}/comm`;
  return existsSync(file) && readFileSync(file, 'utf8').startsWith('sshd');
};
