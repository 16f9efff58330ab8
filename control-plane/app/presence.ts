/** Gossip about connected agents, so that every replica can choose among all of them. Doorbell only: it may be lost. */
import type { Scheduler, Timer } from '@fairlead/proto/model/system.ts';
import type { ReplicaId } from '@fairlead/proto/model/ids.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import { openInParts } from '@fairlead/proto/fairlead/v1/open-parts.ts';
import { subjects } from '@fairlead/proto/subjects.ts';
import type { Bus, Subscription } from '../ports/bus.ts';
import type { AgentDirectory, AgentPresence } from './agent-directory.ts';
import type { AgentWatch, Arrival } from './agent-watch.ts';

const EVERY_MS = 2_000;
/** Agents a message, so that it stays far under what the bus carries. */
const BATCH = 200;
/** Of the open attempts in one message, for the same reason. */
const PART_CHARACTERS = 200_000;

type News =
  | {
      readonly news: 'arrived';
      readonly presence: AgentPresence;
      /** With a part of the open attempts: the messages of one session carry all of them together. */
      readonly arrival: Arrival;
      readonly part: number;
      readonly parts: number;
    }
  | { readonly news: 'left'; readonly agentId: string; readonly sessionId: string }
  | { readonly news: 'here'; readonly from: ReplicaId; readonly agents: readonly AgentPresence[] };

export class Presence {
  readonly #me: ReplicaId;
  readonly #bus: Bus;
  readonly #agents: AgentDirectory;
  readonly #watch: Pick<AgentWatch, 'arrived'>;
  readonly #scheduler: Scheduler;
  readonly #connected: () => readonly AgentPresence[];
  /** There is no other replica. */
  readonly #alone: boolean;
  /** Of whose arrival only parts were heard. */
  readonly #arriving = new Map<string, { readonly sessionId: string; readonly heard: Map<number, Arrival['open']> }>();
  #subscription: Subscription | null = null;
  #timer: Timer | null = null;

  constructor(
    me: ReplicaId,
    bus: Bus,
    agents: AgentDirectory,
    watch: Pick<AgentWatch, 'arrived'>,
    scheduler: Scheduler,
    connected: () => readonly AgentPresence[],
    alone: boolean,
  ) {
    this.#me = me;
    this.#bus = bus;
    this.#agents = agents;
    this.#watch = watch;
    this.#scheduler = scheduler;
    this.#connected = connected;
    this.#alone = alone;
  }

  start(): void {
    if (this.#alone) return;
    this.#subscription = this.#bus.subscribe(subjects.presence, (payload) =>
      this.#hear(payload as unknown as News & { readonly from: ReplicaId }),
    );
    this.#gossip();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#subscription?.end();
  }

  arrived(presence: AgentPresence, arrival: Arrival): void {
    this.#agents.seen(presence);
    this.#watch.arrived(arrival);
    const parts = openInParts(arrival.open, PART_CHARACTERS);
    for (const [part, open] of parts.entries()) {
      this.#tell({ news: 'arrived', presence, arrival: { ...arrival, open }, part, parts: parts.length });
    }
  }

  /** Of an agent that is connected here. */
  beat(presence: AgentPresence): void {
    this.#agents.seen(presence);
  }

  left(agentId: string, sessionId: string): void {
    this.#agents.left(agentId, sessionId);
    this.#tell({ news: 'left', agentId, sessionId });
  }

  #tell(news: News): void {
    // There is nobody to tell: with two thousand agents that is a few percent of a processor for nothing.
    if (this.#alone) return;
    this.#bus.publish(subjects.presence, { from: this.#me, ...news } as unknown as JsonObject); // Plain data.
  }

  #hear(news: News & { readonly from: ReplicaId }): void {
    if (news.from === this.#me) return;
    if (news.news === 'here') for (const presence of news.agents) this.#agents.seen(presence);
    else if (news.news === 'left') this.#hearLeft(news.agentId, news.sessionId);
    else {
      this.#agents.seen(news.presence);
      this.#hearPart(news);
    }
  }

  #hearLeft(agentId: string, sessionId: string): void {
    this.#agents.left(agentId, sessionId);
    if (this.#arriving.get(agentId)?.sessionId === sessionId) this.#arriving.delete(agentId);
  }

  /** An arrival that is not whole says nothing: what it does not name would be taken for lost. */
  #hearPart({ arrival, part, parts }: Extract<News, { news: 'arrived' }>): void {
    const { agentId, sessionId } = arrival;
    const before = this.#arriving.get(agentId);
    const heard = before?.sessionId === sessionId ? before.heard : new Map<number, Arrival['open']>();
    heard.set(part, arrival.open);
    this.#arriving.set(agentId, { sessionId, heard });
    if (heard.size < parts) return;
    this.#arriving.delete(agentId);
    this.#watch.arrived({ ...arrival, open: [...heard.values()].flat() });
  }

  #gossip(): void {
    const connected = this.#connected();
    for (let at = 0; at < connected.length; at += BATCH) {
      this.#tell({ news: 'here', from: this.#me, agents: connected.slice(at, at + BATCH) });
    }
    this.#timer = this.#scheduler.after(EVERY_MS, () => this.#gossip());
  }
}
