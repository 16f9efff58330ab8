/** Connections from agents to control planes: streams that keep order and break as a whole. */
import type { Link, LinkEvents, OpenLink } from '@fairlead/agent/ports/link.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { AgentRequest, Hello } from '@fairlead/proto/model/task.ts';
import { subjects } from '@fairlead/proto/subjects.ts';
import type { VirtualProcess, VirtualSystem } from '../support/virtual-system.ts';
import type { Network } from './network.ts';
import type { ReplicaProcess } from './replica-process.ts';

interface Connection {
  readonly agent: string;
  readonly replica: ReplicaProcess;
  end(reason: string): void;
}

export class LinkWorld {
  readonly #system: VirtualSystem;
  readonly #network: Network;
  readonly #replicas: () => readonly ReplicaProcess[];
  readonly #connections = new Set<Connection>();

  constructor(system: VirtualSystem, network: Network, replicas: () => readonly ReplicaProcess[]) {
    this.#system = system;
    this.#network = network;
    this.#replicas = replicas;
  }

  /** Every stream of a process that died, or of an agent whose network is cut. */
  cut(node: string): void {
    for (const connection of this.#connections) {
      if (connection.agent === node || connection.replica.name === node) connection.end('cut');
    }
  }

  link(agent: string, agentId: string, process: VirtualProcess, alive: () => boolean): Link {
    return { open: (hello, events) => this.#open(agent, agentId, process, alive, hello, events) };
  }

  async #open(
    agent: string,
    agentId: string,
    process: VirtualProcess,
    alive: () => boolean,
    hello: Hello,
    events: LinkEvents,
  ): Promise<OpenLink> {
    const live = this.#replicas().filter((each) => each.replica !== null && this.#network.reaches(agent, each.name));
    const replica = live[Math.floor(process.random.fraction() * live.length)];
    await process.scheduler.sleep(this.#network.delayMs());
    const core = replica?.replica;
    if (replica === undefined || core == null) throw new FailureError(failure('UNAVAILABLE', 'nobody answers'));
    const { gateway } = core;
    let open = true;
    const bus = this.#network.bus(agent, alive);
    const connection: Connection = { agent, replica, end: (reason) => end(reason) };
    const here = (): boolean => open && replica.replica === core;
    const welcome = await gateway.hello(
      { agentId, drain: () => events.drain(), revoke: (why) => events.revoked(why) },
      hello,
    );
    const key = { agentId, sessionId: welcome.sessionId };
    const served = bus.serve(subjects.agent(agentId), async (payload) => {
      if (!alive() || !open) return new Promise(() => {});
      return (await events.request(payload as unknown as AgentRequest)) as unknown as JsonObject;
    });
    const end = (reason: string): void => {
      if (!open) return;
      open = false;
      this.#connections.delete(connection);
      served.end();
      if (replica.replica === core) gateway.disconnected(key, reason);
      if (alive()) this.#system.scheduler.after(1, () => alive() && events.closed(reason));
    };
    this.#connections.add(connection);
    const upstream = this.#ordered(() => here() && this.#network.reaches(agent, replica.name));
    const downstream = this.#ordered(() => open && alive() && this.#network.reaches(agent, replica.name));
    return {
      welcome,
      heartbeat: ({ number, ...beat }) =>
        upstream(() => gateway.heartbeat(key, beat) && downstream(() => events.heartbeatAnswered(number))),
      report: (id, report) =>
        upstream(() => {
          gateway.report(key, report).then(
            (acknowledgement) => downstream(() => events.acknowledged(id, acknowledgement)),
            () => end('a report was refused'),
          );
        }),
      goodbye: () => {},
      logs: () => true,
      close: () => end('closed by the agent'),
    };
  }

  /** Deliveries one after the other, as long as the way is open when each arrives. */
  #ordered(isOpen: () => boolean): (deliver: () => void) => void {
    let last = 0;
    return (deliver) => {
      const at = Math.max(this.#system.elapsed + this.#network.delayMs(), last);
      last = at;
      this.#system.scheduler.after(at - this.#system.elapsed, () => {
        if (isOpen()) deliver();
      });
    };
  }
}
