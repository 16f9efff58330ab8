/** Four hosts in two groups behind a load balancer, a web application with three builds, and people who use it. */
import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { executionView } from '@fairlead/control-plane/api/http/schemas.ts';
import type { StartBalancer } from '../contract/load-balancer/balancer-world.ts';
import type { BalancerUnderTest } from '../support/haproxy/simulator.ts';
import { startLoad, type Load } from '../support/load.ts';
import { freePort } from '../support/real/listening.ts';
import { startTestHost, type TestHost } from '../support/ssh-host/index.ts';
import { ask, demand, startControlPlane, until, type ControlPlane } from './fairlead-process.ts';
import { buildProgram } from './program.ts';
import { AGENT_ENVIRONMENT, applyDefinition } from './units-world.ts';

export const GROUPS = { blue: ['web-1', 'web-2'], green: ['web-3', 'web-4'] } as const;
const NAMES = [...GROUPS.blue, ...GROUPS.green];

/** Answers its version; version 3 is well enough to start, and answers 500. */
const SERVER = `require('node:fs').writeFileSync('server.pid', String(process.pid));
const version = require('node:fs').readFileSync(__dirname + '/../version', 'utf8').trim();
require('node:http').createServer((request, response) => response.writeHead(version === '3' ? 500 : 200).end(version))
  .listen(Number(process.env.port), '127.0.0.1');
`;
const FILES: Readonly<Record<string, string>> = {
  start: '#!/bin/sh\nexec node "$(dirname "$0")/server.cjs"\n',
  stop: '#!/bin/sh\nkill "$(cat server.pid)" && rm server.pid\n',
  'server.cjs': SERVER,
};

type View = z.output<typeof executionView>;

export class BlueGreenWorld {
  readonly balancer: BalancerUnderTest;
  readonly people: Load;
  readonly #directory: string;
  readonly #hosts: readonly TestHost[];
  readonly #program: string;
  readonly #runtime: Runtime;
  #controlPlane: ControlPlane | null = null;

  private constructor(parts: {
    directory: string;
    hosts: readonly TestHost[];
    program: string;
    balancer: BalancerUnderTest;
    runtime: Runtime;
  }) {
    this.#directory = parts.directory;
    this.#hosts = parts.hosts;
    this.#program = parts.program;
    this.#runtime = parts.runtime;
    this.balancer = parts.balancer;
    this.people = startLoad(parts.balancer.url, 2);
  }

  static async make(startBalancer: StartBalancer): Promise<BlueGreenWorld> {
    const directory = mkdtempSync(join(tmpdir(), 'fairlead-bg-'));
    await makeBuilds(directory);
    const hosts: TestHost[] = [];
    for (const name of NAMES) hosts.push(await startTestHost(name));
    const ports = await Promise.all(NAMES.map(() => freePort('127.0.0.1')));
    const balancer = await startBalancer({
      backend: 'web',
      servers: NAMES.map((name, index) => ({
        name,
        port: ports[index] ?? 0,
        disabled: (GROUPS.green as readonly string[]).includes(name),
      })),
    });
    const runtime = await Runtime.start(balancer.socket);
    const world = new BlueGreenWorld({ directory, hosts, program: await buildProgram(), balancer, runtime });
    await world.startControlPlane();
    await applyDefinition(world.controlPlane, definitionOf(directory, hosts, ports, runtime.socket));
    return world;
  }

  get controlPlane(): ControlPlane {
    if (this.#controlPlane === null) throw new Error('no control plane runs');
    return this.#controlPlane;
  }

  async startControlPlane(): Promise<void> {
    await this.#controlPlane?.stop();
    this.#controlPlane = await startControlPlane(this.#program, join(this.#directory, 'data'), AGENT_ENVIRONMENT);
  }

  /** Calls back once, when the load balancer has carried out a command like this and before anybody is told of it. */
  whenToldOf(command: RegExp): Promise<void> {
    return this.#runtime.swallowAnswerOf(command);
  }

  async start(build: string): Promise<string> {
    const started = z.object({ executionId: z.string() });
    const body = { application: 'bg', name: 'ship', artifacts: { web: build } };
    return (await demand(started, ask(this.controlPlane, 'POST', '/executions', body))).executionId;
  }

  async settled(id: string): Promise<View> {
    const look = (): Promise<View> => demand(executionView, ask(this.controlPlane, 'GET', `/executions/${id}`));
    await until(
      `execution ${id} is settled`,
      async () => (await look()).header.settled,
      60_000,
      async () => JSON.stringify(await look()),
    );
    return look();
  }

  async deploy(build: string): Promise<View> {
    return this.settled(await this.start(build));
  }

  async rollBack(id: string): Promise<View> {
    const begun = z.object({ executionId: z.string() });
    const { executionId } = await demand(
      begun,
      ask(this.controlPlane, 'POST', `/executions/${id}/rollback`, { reason: 'for a test' }),
    );
    return this.settled(executionId);
  }

  /** `web-1 1 idle`, of every host. */
  async instances(): Promise<readonly string[]> {
    const row = z.looseObject({
      host: z.string(),
      build: z.string(),
      state: z.string(),
      details: z.looseObject({ traffic: z.string().optional() }),
    });
    const { instances } = await demand(
      z.object({ instances: z.array(row) }),
      ask(this.controlPlane, 'GET', '/instances'),
    );
    return instances.map(
      ({ host, build, state, details }) => `${host} ${build} ${state === 'RUNNING' ? (details.traffic ?? '-') : state}`,
    );
  }

  async remove(): Promise<void> {
    await this.people.stop();
    await this.#controlPlane?.stop();
    await this.#runtime.stop();
    await this.balancer.stop();
    for (const host of this.#hosts) stopProgram(host);
    for (const host of this.#hosts) await host.remove();
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface RuntimeState {
  waiting: { readonly command: RegExp; readonly tell: () => void } | null;
}

/** Between the agent and the runtime socket: passes everything on, and can keep an answer to itself. */
class Runtime {
  readonly socket: string;
  readonly #server: net.Server;
  readonly #state: RuntimeState;

  private constructor(server: net.Server, state: RuntimeState) {
    this.#server = server;
    this.#state = state;
    // It listens on TCP.
    this.socket = `tcp://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  }

  static async start(socket: string): Promise<Runtime> {
    const { hostname, port } = new URL(socket.replace('tcp://', 'http://'));
    const state: RuntimeState = { waiting: null };
    const server = net.createServer((from) => {
      const to = net.connect({ host: hostname, port: Number(port) });
      let swallows = false;
      from.on('error', () => to.destroy());
      to.on('error', () => from.destroy());
      from.on('data', (part: Buffer) => {
        const { waiting } = state;
        if (waiting?.command.test(part.toString('utf8')) === true) {
          swallows = true;
          state.waiting = null;
          // HAProxy closes the connection when it has carried it out.
          to.once('close', waiting.tell);
        }
        to.write(part);
      });
      to.on('data', (part: Buffer) => {
        if (!swallows) from.write(part);
      });
      to.once('end', () => {
        if (!swallows) from.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Runtime(server, state);
  }

  swallowAnswerOf(command: RegExp): Promise<void> {
    return new Promise((tell) => (this.#state.waiting = { command, tell }));
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function makeBuilds(directory: string): Promise<void> {
  mkdirSync(join(directory, 'builds'));
  for (const version of ['1', '2', '3']) {
    const tree = join(directory, `tree-${version}`);
    mkdirSync(join(tree, 'bin'), { recursive: true });
    for (const [name, text] of Object.entries(FILES)) {
      writeFileSync(join(tree, 'bin', name), text);
      chmodSync(join(tree, 'bin', name), 0o755);
    }
    writeFileSync(join(tree, 'version'), version);
    await promisify(execFile)('tar', [
      '-czf',
      join(directory, 'builds', `web-${version}.tgz`),
      '-C',
      tree,
      'bin',
      'version',
    ]);
  }
}

function definitionOf(directory: string, hosts: readonly TestHost[], ports: readonly number[], socket: string): string {
  // JSON is YAML.
  return JSON.stringify({
    fairlead: 'v1',
    application: 'bg',
    services: {
      web: {
        type: 'ssh/tar',
        artifact: { directory: join(directory, 'builds'), match: 'web-(?<build>\\d+)\\.tgz' },
        variables: { port: '${instance.variables.httpPort}' },
        start: 'nohup bin/start >server.log 2>&1 </dev/null &',
        stop: 'bin/stop',
        ready: { port: '${serviceVariable.port}' },
      },
    },
    environments: {
      prod: {
        type: 'production',
        infrastructure: {
          dc1: {
            hosts: hosts.map(({ target: { name, address, port, hostKey } }, index) => ({
              name,
              address,
              port,
              hostKey,
              variables: { httpPort: String(ports[index]) },
            })),
            groups: GROUPS,
            loadBalancer: { haproxy: socket, backend: 'web' },
            login: { user: 'deploy', password: 'secret:env:PASSWORD' },
          },
        },
      },
    },
    workflows: {
      ship: {
        type: 'blue-green',
        service: 'web',
        environment: 'prod',
        verify: [{ http: 'http://127.0.0.1:${instance.variables.httpPort}/' }],
      },
    },
  });
}

/** By the process id that the program of this host wrote into its runtime directory. */
function stopProgram(host: TestHost): void {
  if (!existsSync(host.directory)) return;
  const files = readdirSync(host.directory, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((each) => each.endsWith('server.pid'))) {
    try {
      const pid = Number(readFileSync(join(host.directory, file), 'utf8'));
      if (pid > 1) process.kill(pid, 'SIGTERM');
    } catch {
      // Stopped by a later deployment.
    }
  }
}
