/** Connections from agents to control planes: streams that keep order, stall while they are cut, and break as a whole. */
import type { Link, LinkEvents, OpenLink } from '@fairlead/agent/ports/link.ts';
import type { LogChunk } from '@fairlead/agent/ports/log-chunk.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { AgentAnswer, AgentRequest, Hello } from '@fairlead/proto/model/task.ts';
import { subjects } from '@fairlead/proto/subjects.ts';
import type { Replica } from '../../control-plane/app/replica.ts';
import type { VirtualProcess, VirtualSystem } from '../support/virtual-system.ts';
import type { Network } from './network.ts';
import type { ReplicaProcess } from './replica-process.ts';

/** How often a stalled stream tries again. Milliseconds. */
const RETRY_MS = 250;

/** The process that dials. */
export interface Dialer {
  readonly name: string;
  readonly agentId: string;
  readonly process: VirtualProcess;
  alive(): boolean;
}

/** Told of what an agent was asked, and of what it answered. */
export type RequestObserver = (dialer: Dialer, request: AgentRequest) => (answer: AgentAnswer) => void;

export class LinkWorld {
  onRequest: RequestObserver = () => () => {};
  readonly #system: VirtualSystem;
  readonly #network: Network;
  readonly #replicas: () => readonly ReplicaProcess[];
  readonly #connections = new Set<Connection>();

  constructor(system: VirtualSystem, network: Network, replicas: () => readonly ReplicaProcess[]) {
    this.#system = system;
    this.#network = network;
    this.#replicas = replicas;
  }

  /** A process died: its end of every stream is closed, which the other end hears when it can be reached. */
  cut(node: string): void {
    for (const connection of this.#connections) {
      if (connection.agent === node) connection.closeHere('the agent died');
      else if (connection.replica === node) connection.closeThere('the control plane died');
    }
  }

  link(dialer: Dialer): Link {
    return { open: (hello, events) => this.#open(dialer, hello, events) };
  }

  async #open(dialer: Dialer, hello: Hello, events: LinkEvents): Promise<OpenLink> {
    const { name, agentId, process } = dialer;
    const live = this.#replicas().filter((each) => each.replica !== null && this.#network.reaches(name, each.name));
    const replica = live[Math.floor(process.random.fraction() * live.length)];
    await process.scheduler.sleep(this.#network.delayMs());
    const core = replica?.replica;
    if (replica === undefined || core == null) throw new FailureError(failure('UNAVAILABLE', 'nobody answers'));
    const connection = new Connection(this.#system, this.#network, dialer, replica, core, events);
    // The server ends an agent's earlier session before it opens another.
    for (const each of this.#connections) {
      if (each.agent === name && each.isOf(core)) each.closeThere('the agent opened another session');
    }
    this.#connections.add(connection);
    connection.onClosed = () => this.#connections.delete(connection);
    const welcome = await core.gateway.hello(
      { agentId, drain: () => events.drain(), revoke: (why) => events.revoked(why) },
      hello,
    );
    connection.opened(welcome.sessionId, welcome.leaseMs);
    await process.scheduler.sleep(this.#network.delayMs());
    // The welcome never arrives; the server finds out when it hears no heartbeat.
    if (!this.#network.reaches(name, replica.name)) throw new FailureError(failure('UNAVAILABLE', 'cut'));
    const served = this.#network.bus(name, dialer.alive).serve(subjects.agent(agentId), async (payload) => {
      if (!dialer.alive()) return new Promise(() => {});
      const request = payload as unknown as AgentRequest; // Only replicas publish there, and they send requests.
      const answered = this.onRequest(dialer, request);
      const answer = await events.request(request);
      if (!dialer.alive()) return new Promise(() => {});
      answered(answer);
      return answer as unknown as JsonObject;
    });
    connection.onLeft = () => served.end();
    if (connection.isOver) served.end();
    return { welcome, ...connection.sends(), goodbye: () => {} };
  }
}

/** One connection with its two ends: `here` is the agent's, `there` the control plane's. */
class Connection {
  readonly agent: string;
  readonly replica: string;
  onClosed: () => void = () => {};
  onLeft: () => void = () => {};
  readonly #system: VirtualSystem;
  readonly #dialer: Dialer;
  readonly #core: Replica;
  readonly #process: ReplicaProcess;
  readonly #events: LinkEvents;
  readonly #up: Stream;
  readonly #down: Stream;
  #sessionId = '';
  #openHere = true;
  #openThere = true;
  #heardAt = 0;
  #storing = Promise.resolve();

  constructor(
    system: VirtualSystem,
    network: Network,
    dialer: Dialer,
    process: ReplicaProcess,
    core: Replica,
    events: LinkEvents,
  ) {
    this.agent = dialer.name;
    this.replica = process.name;
    this.#system = system;
    this.#dialer = dialer;
    this.#process = process;
    this.#core = core;
    this.#events = events;
    const reaches = (): boolean => network.reaches(this.agent, this.replica);
    const delayMs = (): number => network.delayMs();
    this.#up = new Stream(system, reaches, delayMs, () => this.#openThere && this.#serves);
    this.#down = new Stream(system, reaches, delayMs, () => this.#openHere && dialer.alive());
  }

  get isOver(): boolean {
    return !this.#openHere;
  }

  isOf(core: Replica): boolean {
    return this.#core === core;
  }

  opened(sessionId: string, leaseMs: number): void {
    this.#sessionId = sessionId;
    this.#heardAt = this.#system.elapsed;
    this.#watch(leaseMs);
  }

  sends(): Pick<OpenLink, 'heartbeat' | 'report' | 'logs' | 'close'> {
    const { gateway } = this.#core;
    return {
      heartbeat: ({ number, ...beat }) =>
        this.#up.deliver(() => {
          this.#heardAt = this.#system.elapsed;
          if (gateway.heartbeat(this.#key, beat)) this.#down.deliver(() => this.#events.heartbeatAnswered(number));
          else this.closeThere('the session is not known');
        }),
      report: (id, report) =>
        this.#up.deliver(() => {
          gateway.report(this.#key, report).then(
            (acknowledgement) => {
              if (acknowledgement !== null && this.#openThere && this.#serves) {
                this.#down.deliver(() => this.#events.acknowledged(id, acknowledgement));
              }
            },
            () => this.closeThere('a report could not be taken'),
          );
        }),
      logs: (chunks) => {
        this.#up.deliver(() => {
          this.#storing = this.#storing.then(() => this.#store(chunks));
        });
        return true;
      },
      close: () => this.closeHere('closed by the agent'),
    };
  }

  /** One batch after the other, as long as it takes. */
  async #store(chunks: readonly LogChunk[]): Promise<void> {
    while (this.#openThere && this.#serves) {
      try {
        return this.#tellStored(await this.#core.gateway.logs(this.#key.agentId, chunks));
      } catch {
        await this.#system.scheduler.sleep(RETRY_MS);
      }
    }
  }

  /** An agent that drains waits for it. */
  #tellStored(lengths: Awaited<ReturnType<Replica['gateway']['logs']>>): void {
    if (!this.#openThere || !this.#serves) return;
    this.#down.deliver(() => {
      for (const { attemptId, offset } of lengths) this.#events.logsStored(attemptId, offset);
    });
  }

  /** The agent's end is gone; the control plane hears of it as long as it can be reached. */
  closeHere(reason: string): void {
    if (!this.#openHere) return;
    this.#openHere = false;
    this.onLeft();
    this.#up.deliver(() => this.closeThere(reason));
    this.#forget();
  }

  /** The control plane's end is gone; the agent hears of it as long as it can be reached. */
  closeThere(reason: string): void {
    if (!this.#openThere) return;
    this.#openThere = false;
    if (this.#serves && this.#sessionId !== '') this.#core.gateway.disconnected(this.#key, reason);
    this.#down.deliver(() => {
      this.#openHere = false;
      this.onLeft();
      this.#events.closed(reason);
      this.#forget();
    });
    this.#forget();
  }

  get #serves(): boolean {
    return this.#process.replica === this.#core;
  }

  get #key(): { readonly agentId: string; readonly sessionId: string } {
    return { agentId: this.#dialer.agentId, sessionId: this.#sessionId };
  }

  /** A session without heartbeats is ended by the control plane. */
  #watch(leaseMs: number): void {
    this.#system.scheduler.after(leaseMs, () => {
      if (!this.#openThere || !this.#serves) return;
      if (this.#system.elapsed - this.#heardAt >= leaseMs) this.closeThere('no heartbeat for a whole lease');
      else this.#watch(leaseMs);
    });
  }

  #forget(): void {
    if (!this.#openHere && !this.#openThere) this.onClosed();
  }
}

/** One direction: deliveries one after the other; while the way is cut they wait, as TCP would send again. */
class Stream {
  readonly #system: VirtualSystem;
  readonly #reaches: () => boolean;
  readonly #delayMs: () => number;
  readonly #isOpen: () => boolean;
  readonly #waiting: { readonly at: number; readonly deliver: () => void }[] = [];
  #last = 0;
  #busy = false;

  constructor(system: VirtualSystem, reaches: () => boolean, delayMs: () => number, isOpen: () => boolean) {
    this.#system = system;
    this.#reaches = reaches;
    this.#delayMs = delayMs;
    this.#isOpen = isOpen;
  }

  deliver(deliver: () => void): void {
    this.#last = Math.max(this.#system.elapsed + this.#delayMs(), this.#last);
    this.#waiting.push({ at: this.#last, deliver });
    if (!this.#busy) this.#next();
  }

  #next(): void {
    const first = this.#waiting[0];
    this.#busy = first !== undefined;
    if (first !== undefined) this.#system.scheduler.after(first.at - this.#system.elapsed, () => this.#arrive());
  }

  #arrive(): void {
    if (!this.#isOpen()) {
      this.#waiting.length = 0;
      this.#busy = false;
    } else if (!this.#reaches()) this.#system.scheduler.after(RETRY_MS, () => this.#arrive());
    else {
      this.#waiting.shift()?.deliver();
      this.#next();
    }
  }
}
