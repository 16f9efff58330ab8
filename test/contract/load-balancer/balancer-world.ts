/** A load balancer in front of two groups of sites, fresh for every test. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { Json } from '@fairlead/proto/model/json.ts';
import {
  connectDirectly,
  parseEndpoint,
  askRuntime,
} from '@fairlead/agent/platforms/load-balancer/haproxy/runtime-socket.ts';
import { haproxyRouter } from '@fairlead/agent/platforms/load-balancer/haproxy/index.ts';
import { createLoadBalancerPlatform } from '@fairlead/agent/platforms/load-balancer/index.ts';
import { testAttempt, type TestAttempt } from '../../support/ssh-host/attempt.ts';
import type { BalancerOptions, BalancerUnderTest } from '../../support/haproxy/simulator.ts';

export type StartBalancer = (options: BalancerOptions) => Promise<BalancerUnderTest>;

interface Site {
  readonly name: string;
  readonly port: number;
  well: boolean;
  /** Answers take so long. */
  slowMs: number;
  answered: number;
  close(): Promise<void>;
}

async function startSite(name: string): Promise<Site> {
  const site: Site = { name, port: 0, well: true, slowMs: 0, answered: 0, close: () => Promise.resolve() };
  const server = http.createServer((request, response) => {
    if (request.url !== '/health') site.answered += 1;
    const slow = request.url === '/health' ? 0 : site.slowMs;
    setTimeout(() => response.writeHead(site.well ? 200 : 500).end(name), slow);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // It listens on TCP.
  return Object.assign(site, {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

export function balancerWorld(start: StartBalancer) {
  const platform = createLoadBalancerPlatform({ through: () => Promise.resolve(connectDirectly) });
  const names = ['web-1', 'web-2', 'web-3', 'web-4'] as const;
  const groups = { blue: ['web-1', 'web-2'], green: ['web-3', 'web-4'] };
  let sites: readonly Site[] = [];
  let balancer: BalancerUnderTest;
  let directory = '';
  let number = 0;

  const startWith = async (options: Partial<BalancerOptions> = {}): Promise<void> => {
    balancer = await start({
      backend: 'web',
      servers: sites.map(({ name, port }) => ({ name, port, disabled: groups.green.includes(name) })),
      ...options,
    });
  };
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'fl-lb-'));
    sites = await Promise.all(names.map((name) => startSite(name)));
    await startWith();
  });
  afterEach(async () => {
    await balancer.stop();
    await Promise.all(sites.map((site) => site.close()));
    rmSync(directory, { recursive: true, force: true });
  });

  const described = (): Json => ({
    product: 'HAPROXY',
    sockets: [balancer.socket],
    over: null,
    backend: 'web',
    servers: Object.fromEntries(names.map((name) => [name, name])),
  });
  const attempt = (
    type: string,
    parameters: Record<string, Json>,
    more: Partial<Parameters<typeof testAttempt>[0]> = {},
  ): TestAttempt => {
    number += 1;
    const task = {
      type,
      attemptId: `x1/r1/p1/s1/t1@-#${number}`,
      parameters: { balancer: described(), ...parameters },
    };
    return testAttempt({ ...more, task: { ...more.task, ...task } });
  };
  const swap = (to: string, more: Record<string, Json> = {}): TestAttempt =>
    attempt('SWAP_TRAFFIC', { groups, to, healthyWithinMs: 5_000, drainForMs: 2_000, ...more });
  const target = (name: string) => ({
    name,
    address: name,
    port: 22,
    login: { user: 'deploy' },
    hostKey: null,
    variables: {},
  });
  const balance = (host: string, traffic: 'in' | 'out', healthyWithinMs = 5_000): TestAttempt =>
    attempt(
      'BALANCE',
      { traffic, healthyWithinMs, drainForMs: 500 },
      { task: { type: '', parameters: {}, target: target(host) } },
    );
  const states = async (): Promise<Record<string, string>> => {
    const read = await haproxyRouter(balancer.socket, 'web', connectDirectly).read();
    return Object.fromEntries([...read].map(([name, { admission, health }]) => [name, `${admission} ${health}`]));
  };
  const raw = (command: string): Promise<string> => {
    const endpoint = parseEndpoint(balancer.socket);
    if (endpoint === null) throw new Error(`no endpoint: ${balancer.socket}`);
    return askRuntime(connectDirectly, endpoint, command);
  };
  const siteOf = (name: string): Site => {
    const site = sites.find((each) => each.name === name);
    if (site === undefined) throw new Error(`no site ${name}`);
    return site;
  };
  const BLUE = { 'web-1': 'ON UP', 'web-2': 'ON UP', 'web-3': 'OFF UNCHECKED', 'web-4': 'OFF UNCHECKED' };
  const GREEN = { 'web-1': 'OFF UNCHECKED', 'web-2': 'OFF UNCHECKED', 'web-3': 'ON UP', 'web-4': 'ON UP' };
  return {
    platform,
    names,
    groups,
    startWith,
    described,
    attempt,
    swap,
    balance,
    states,
    raw,
    siteOf,
    BLUE,
    GREEN,
    balancer: () => balancer,
    sites: () => sites,
    directory: () => directory,
  };
}

export const failedWith = (result: AttemptResult): string => `${result.failure?.code}: ${result.failure?.message}`;
