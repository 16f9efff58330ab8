import { connect, createServer, type Server, type Socket } from 'node:net';
import { Agent } from '@fairlead/agent/agent.ts';
import { GrpcLink } from '@fairlead/agent/adapters/grpc-link.ts';
import { realSystem } from '@fairlead/agent/adapters/system.ts';
import { SILENT } from '@fairlead/agent/ports/logger.ts';
import type { Workshop } from '@fairlead/agent/ports/workshop.ts';
import { LocalBus } from '@fairlead/control-plane/adapters/local/bus.ts';
import { startAgentServer, type AgentServer } from '@fairlead/control-plane/api/grpc/server.ts';
import type { AgentAnswer, AgentRequest, Offer } from '@fairlead/proto/model/task.ts';
import { subjects } from '@fairlead/proto/subjects.ts';
import { FakePlatform, MemoryDisk, memorySpool, NO_CRASH, task, workshopOf } from '../../support/agent-fakes.ts';
import { FakeGateway } from './fake-gateway.ts';

/** The real gRPC pair on loopback, with a fake application behind it and a real agent core in front. */
export class LinkWorld {
  readonly gateway = new FakeGateway();
  readonly bus = new LocalBus(realSystem.scheduler);
  readonly disk = new MemoryDisk();
  platform = new FakePlatform();
  /** What the agents' workshops have that is not as usual. */
  workshop: Partial<Workshop> = {};
  server: AgentServer | null = null;
  #port = 0;
  readonly #running: { readonly agent: Agent; readonly link: GrpcLink; readonly ended: Promise<unknown> }[] = [];

  async listen(): Promise<AgentServer> {
    const { gateway, bus } = this;
    this.server = await startAgentServer(
      { host: '127.0.0.1', port: this.#port },
      { gateway, bus, system: realSystem, crash: NO_CRASH, logger: SILENT },
    );
    // A restarted one is where the agents look for it.
    this.#port = this.server.port;
    return this.server;
  }

  async startAgent(at?: string, secret = 'c1'): Promise<{ readonly agent: Agent; readonly ended: Promise<unknown> }> {
    this.platform = new FakePlatform();
    const address = at ?? `127.0.0.1:${this.#port}`;
    const link = new GrpcLink({ address, credential: { agentId: 'a1', secret }, system: realSystem, logger: SILENT });
    const agent = await Agent.open({
      identity: { agentId: 'a1', version: '0', hostname: 'here' },
      selectors: [],
      capacity: 10,
      system: realSystem,
      link,
      file: this.disk.file(),
      spool: memorySpool(),
      workshop: { ...workshopOf(this.platform), ...this.workshop },
      logger: SILENT,
      crash: NO_CRASH,
    });
    const started = { agent, link, ended: agent.run() };
    this.#running.push(started);
    return started;
  }

  async request(request: AgentRequest): Promise<AgentAnswer> {
    // What an agent answers was checked by the server.
    return (await this.bus.request(subjects.agent('a1'), { ...request } as never, 5_000)) as unknown as AgentAnswer;
  }

  offer(attemptId: string, more: Partial<Offer> = {}): Promise<AgentAnswer> {
    return this.request({
      kind: 'offer',
      attemptId,
      epoch: 1,
      assignment: 1,
      ledgerId: this.gateway.hellos.at(-1)?.ledgerId ?? '',
      sessionId: this.gateway.sessionId,
      task: task(attemptId),
      ...more,
    });
  }

  async end(): Promise<void> {
    for (const { agent, link, ended } of this.#running) {
      agent.stop();
      await ended;
      await link.close();
    }
    await this.server?.close();
    await this.bus.close();
  }
}

/** A proxy that can fall silent: what is sent then is neither delivered nor refused, as behind a dead router. */
export class SilentProxy {
  readonly #target: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  silent = false;

  constructor(target: number) {
    this.#target = target;
    this.#server = createServer((near) => this.#join(near));
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no address');
    return address.port;
  }

  /** Every connection is reset. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #join(near: Socket): void {
    const far = connect(this.#target, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.on('data', (bytes) => this.silent || to.write(bytes));
      from.on('close', () => {
        this.#sockets.delete(from);
        if (!this.silent) to.destroy();
      });
      from.on('error', () => from.destroy());
    }
  }
}
