/** HAProxy's runtime socket reached through the machine that it runs on: HAProxy itself, behind an sshd itself. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLoadBalancerPlatform } from '@fairlead/agent/platforms/load-balancer/index.ts';
import { createSshPlatform, type SshPlatform } from '@fairlead/agent/platforms/ssh/index.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { Json } from '@fairlead/proto/model/json.ts';
import type { BalancerUnderTest } from '../../support/haproxy/simulator.ts';
import { startHaproxy } from '../../support/haproxy/real.ts';
import { requireReal } from '../../support/real/index.ts';
import { startSshdHosts, type SshdHost, type SshdHosts } from '../../support/real/sshd.ts';
import { testAttempt } from '../../support/ssh-host/attempt.ts';
import { realSystem } from '../../support/ssh-host/system.ts';

const NAMES = ['web-1', 'web-2'] as const;
const GROUPS = { blue: ['web-1'], green: ['web-2'] };

let directory = '';
let fleet: SshdHosts;
let ssh: SshPlatform;
let sites: readonly Site[] = [];
const balancers: BalancerUnderTest[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fl-lb-ssh-'));
  const refuses = (index: number): readonly string[] =>
    index === 1 ? ['AllowStreamLocalForwarding no', 'AllowTcpForwarding no'] : [];
  fleet = await startSshdHosts(requireReal('sshd').path, 2, { config: refuses });
  ssh = await createSshPlatform({ directory, system: realSystem });
  sites = await Promise.all(NAMES.map((name) => startSite(name)));
}, 60_000);
afterAll(async () => {
  for (const each of balancers) await each.stop();
  await ssh.close();
  await fleet.stop();
  for (const { server } of sites) await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true, force: true });
});

interface Site {
  readonly name: string;
  readonly port: number;
  readonly server: http.Server;
}

async function startSite(name: string): Promise<Site> {
  const server = http.createServer((_, response) => response.end(name));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // It listens on TCP.
  const { port } = server.address() as AddressInfo;
  return { name, port, server };
}

async function balancerAt(socket?: string): Promise<BalancerUnderTest> {
  const servers = sites.map(({ name, port }) => ({ name, port, disabled: name === 'web-2' }));
  const { path } = requireReal('haproxy');
  const started = await startHaproxy(path, { backend: 'web', servers, ...(socket === undefined ? {} : { socket }) });
  balancers.push(started);
  return started;
}

let number = 0;
function run(
  type: string,
  over: SshdHost,
  socket: string,
  parameters: Readonly<Record<string, Json>>,
): Promise<AttemptResult> {
  number += 1;
  const platform = createLoadBalancerPlatform({ through: (attempt, host) => ssh.through(attempt, host) });
  const balancer: Json = {
    product: 'HAPROXY',
    sockets: [socket],
    over: {
      name: over.name,
      address: over.address,
      port: over.port,
      login: { user: over.user, key: { secret: 'file:key' } },
      hostKey: over.hostKeyFingerprint,
      variables: {},
    },
    backend: 'web',
    servers: Object.fromEntries(NAMES.map((name) => [name, name])),
  };
  const task = {
    type,
    attemptId: `x1/r1/p1/s1/t1@-#${number}`,
    parameters: { balancer, groups: GROUPS, ...parameters },
  };
  return platform.run(testAttempt({ secrets: { 'file:key': fleet.clientKey }, task }));
}
const hostAt = (index: number): SshdHost => {
  const host = fleet.hosts[index];
  if (host === undefined) throw new Error(`no host ${index}`);
  return host;
};
const served = async (url: string): Promise<string> => (await fetch(url, { headers: { connection: 'close' } })).text();

describe('a swap at HAProxy, told over SSH', () => {
  it.each([
    ['its UNIX socket', () => join(directory, 'admin.sock')],
    ['its TCP socket', () => undefined],
  ])(
    'by %s, moves the traffic and moves it back',
    async (_name, place) => {
      const { socket, url } = await balancerAt(place());
      const idle = await run('IDLE_GROUP', hostAt(0), socket, {});
      expect(idle, JSON.stringify(idle.failure)).toMatchObject({
        outcome: 'SUCCESS',
        outputs: { live: 'blue', idle: 'green' },
      });
      expect(await served(url)).toBe('web-1');
      for (const [to, name] of [
        ['green', 'web-2'],
        ['blue', 'web-1'],
      ] as const) {
        const swapped = await run('SWAP_TRAFFIC', hostAt(0), socket, {
          to,
          healthyWithinMs: 20_000,
          drainForMs: 1_000,
        });
        expect(swapped, JSON.stringify(swapped.failure)).toMatchObject({ outcome: 'SUCCESS' });
        expect(await served(url)).toBe(name);
      }
    },
    60_000,
  );

  it('fails with the reason, and changes nothing, where that machine forwards no connections', async () => {
    const { socket, url } = await balancerAt(join(directory, 'other.sock'));
    const refused = await run('SWAP_TRAFFIC', hostAt(1), socket, {
      to: 'green',
      healthyWithinMs: 1_000,
      drainForMs: 500,
    });
    expect(refused).toMatchObject({ outcome: 'FAILED', touched: false });
    expect(refused.failure?.message).toContain('does the sshd allow forwarding to it?');
    expect(await served(url)).toBe('web-1');
  }, 60_000);
});
