/**
 * Which agents are connected, here or at another replica, and which of them may take a task (admin 1.8). Derived from
 * sessions and gossip; a wrong entry costs a refused offer, never a wrong start.
 */
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import type { AgentId, AttemptId, LedgerId, ReplicaId } from '@fairlead/proto/model/ids.ts';
import type { Hello } from '@fairlead/proto/model/task.ts';
import type { Clock } from '@fairlead/proto/model/system.ts';
import { AgentPools } from './agent-pools.ts';
import { nobodyMay, type Requirements } from './nobody-may.ts';

export interface AgentPresence {
  readonly agentId: AgentId;
  readonly name: string;
  readonly sessionId: string;
  readonly ledgerId: LedgerId;
  readonly replica: ReplicaId;
  readonly hello: Pick<Hello, 'hostname' | 'version' | 'selectors' | 'capabilities' | 'capacity'>;
  readonly draining: boolean;
  readonly running: number;
  readonly waiting: number;
  /** By the clock of the replica it is connected to; for people. */
  readonly lastHeartbeatAt: number;
}

export type Choice =
  | { readonly chosen: AgentPresence }
  /** Somebody may, but all who may have their hands full. */
  | { readonly busy: true }
  | { readonly none: Failure };

/** After so long an agent's own count, from its heartbeats, certainly holds what it was given and still has. Milliseconds. */
const GIVEN_MS = 10_000;

/** An agent may take more than before, or has left. */
type ChangeListener = (agentId: AgentId, change: 'room' | 'left') => void;

interface Entry {
  presence: AgentPresence;
  /** On this process's monotonic clock. */
  seenAt: number;
  /** Given to it by this replica and not known to have ended, and when. */
  readonly given: Map<AttemptId, number>;
  /** Of those its last heartbeat counted, as many as nobody here gave it. */
  others: number;
}

export class AgentDirectory {
  readonly #clock: Clock;
  readonly #lostAfterMs: number;
  readonly #entries = new Map<AgentId, Entry>();
  readonly #givenTo = new Map<AttemptId, AgentId>();
  readonly #listeners = new Set<ChangeListener>();
  readonly #since: number;
  /** Who has what begun, by its own word; and the same the other way round. */
  readonly #holders = new Map<AttemptId, AgentId>();
  readonly #holding = new Map<AgentId, readonly AttemptId[]>();
  /** Since when it is known that the store was put back from a backup, and who has told since then what it has done. */
  #restoredSince: number | null = null;
  readonly #heard = new Set<AgentId>();
  /** Turned away for good, and known as that here. */
  readonly #revoked = new Set<AgentId>();
  /** Those who are connected and do not drain. */
  readonly #pools = new AgentPools<Entry>();

  /** An agent that nobody has seen for `lostAfterMs` is lost. */
  constructor(clock: Clock, lostAfterMs: number) {
    this.#clock = clock;
    this.#lostAfterMs = lostAfterMs;
    this.#since = clock.monotonic();
  }

  /** Connected, or still connected. A new session of an agent replaces its old one. */
  seen(presence: AgentPresence): void {
    // By a replica that has not heard of it yet.
    if (this.#revoked.has(presence.agentId)) return;
    const known = this.#entries.get(presence.agentId);
    const isBack = known === undefined || this.isLost(presence.agentId);
    const entry: Entry = known ?? { presence, seenAt: 0, given: new Map(), others: 0 };
    const { sessionId, draining, lastHeartbeatAt } = entry.presence;
    const loadBefore = this.#load(entry);
    const counted = presence.running + presence.waiting;
    this.#forgetOld(entry, counted);
    // What was counted before an end is known to us says nothing new when it is heard again.
    const isHeardAgain = sessionId === presence.sessionId && lastHeartbeatAt === presence.lastHeartbeatAt;
    if (!isHeardAgain || known === undefined) entry.others = Math.max(0, counted - entry.given.size);
    entry.presence = presence;
    entry.seenAt = this.#clock.monotonic();
    this.#entries.set(presence.agentId, entry);
    this.#place(entry);
    const mayTakeMore = sessionId !== presence.sessionId || (draining && !presence.draining);
    // Of two thousand agents hundreds say every second that nothing is new.
    if (isBack || mayTakeMore || this.#load(entry) < loadBefore) this.#changed(presence.agentId, 'room');
    // Who waits for its room waits in vain: it takes nothing more, however long it works on what it has.
    if (presence.draining && !draining) this.#changed(presence.agentId, 'left');
  }

  /** Its session ended; it may be back in a moment, so it is not lost yet. */
  left(agentId: AgentId, sessionId: string): void {
    const entry = this.#entries.get(agentId);
    if (entry?.presence.sessionId !== sessionId) return;
    entry.presence = { ...entry.presence, sessionId: '' };
    this.#place(entry);
    this.#changed(agentId, 'left');
  }

  /** Those whose time ran out without a word have left, too: of an agent at a replica that died nobody says so. */
  noticeLost(): void {
    for (const [agentId, { presence }] of this.#entries) {
      if (presence.sessionId !== '' && this.isLost(agentId)) this.left(agentId, presence.sessionId);
    }
  }

  /** It does not come back: nobody waits until its time has run out. */
  revoked(agentId: AgentId): void {
    if (this.#revoked.has(agentId)) return;
    this.#revoked.add(agentId);
    const entry = this.#entries.get(agentId);
    if (entry === undefined) return;
    entry.presence = { ...entry.presence, sessionId: '', running: 0, waiting: 0 };
    this.#place(entry);
    this.#changed(agentId, 'left');
  }

  isRevoked(agentId: AgentId): boolean {
    return this.#revoked.has(agentId);
  }

  presence(agentId: AgentId): AgentPresence | undefined {
    return this.#entries.get(agentId)?.presence;
  }

  /** Of those never seen here nothing is known from before this process began: they get the same time to come back. */
  isLost(agentId: AgentId): boolean {
    if (this.#revoked.has(agentId)) return true;
    const seenAt = this.#entries.get(agentId)?.seenAt ?? this.#since;
    return this.#clock.monotonic() - seenAt > this.#lostAfterMs;
  }

  get all(): readonly AgentPresence[] {
    return [...this.#entries.values()].map((entry) => entry.presence);
  }

  isConnected(presence: AgentPresence): boolean {
    return presence.sessionId !== '' && !this.isLost(presence.agentId);
  }

  isHere(agentId: AgentId): boolean {
    const presence = this.presence(agentId);
    return presence !== undefined && this.isConnected(presence);
  }

  /** Who holds the ledger now, by whatever name; the agent itself when nobody else does. */
  holding(agentId: AgentId, ledgerId: LedgerId): AgentId {
    if (this.isHere(agentId)) return agentId;
    const now = this.all.find((each) => each.ledgerId === ledgerId && this.isConnected(each));
    return now?.agentId ?? agentId;
  }

  /** Of those who may, the one with the fewest tasks; among equals in turn. */
  choose(wanted: Requirements): Choice {
    for (const entry of this.#pools.inOrder(wanted.selectors)) {
      if (!this.#may(entry.presence, wanted)) continue;
      // Those with room come first.
      if (this.#load(entry) >= entry.presence.hello.capacity) return { busy: true };
      this.#pools.hadItsTurn(entry);
      return { chosen: entry.presence };
    }
    const agents = this.all.filter(({ agentId }) => !this.#revoked.has(agentId));
    return { none: nobodyMay(wanted, agents, (each) => this.#reasonAgainst(each, wanted)) };
  }

  /** That one or nobody, however much it has to do. */
  only(agentId: AgentId, wanted: Requirements, why: string): Choice {
    const presence = this.#entries.get(agentId)?.presence;
    if (presence !== undefined && this.#may(presence, wanted)) return { chosen: presence };
    const reason = presence === undefined ? 'not connected' : (this.#reasonAgainst(presence, wanted) ?? 'nothing');
    const reasons = [`${presence?.name ?? agentId}: ${reason}`];
    return { none: failure('NO_ELIGIBLE_AGENT', `${why}: ${reasons.join()}`, { details: { reasons } }) };
  }

  /** These have begun there, or ended, as its ledger has it. */
  holds(agentId: AgentId, attemptIds: readonly AttemptId[]): void {
    for (const attemptId of this.#holding.get(agentId) ?? []) this.#holders.delete(attemptId);
    for (const attemptId of attemptIds) this.#holders.set(attemptId, agentId);
    if (attemptIds.length === 0) this.#holding.delete(agentId);
    else this.#holding.set(agentId, attemptIds);
  }

  /** Matters for what waits for an agent although it has begun: after the store was restored from a backup. */
  holderOf(attemptId: AttemptId): AgentId | null {
    return this.#holders.get(attemptId) ?? null;
  }

  /** Its hello names all that it has in its ledger; or not yet (`restored`). */
  heard(agentId: AgentId, restored: boolean): void {
    if (!restored) this.#heard.add(agentId);
    else {
      this.#heard.delete(agentId);
      this.#restoredSince ??= this.#clock.monotonic();
    }
  }

  /** Somebody may have begun what the store does not know of any more, and has not told yet. */
  waitsToHear(enrolled: Iterable<AgentId>): boolean {
    if (this.#restoredSince === null) return false;
    if (this.#clock.monotonic() - this.#restoredSince <= this.#lostAfterMs) {
      for (const agentId of enrolled) if (!this.#heard.has(agentId)) return true;
    }
    this.#restoredSince = null;
    return false;
  }

  given(agentId: AgentId, attemptId: AttemptId): void {
    this.#takeBack(attemptId);
    this.#givenTo.set(attemptId, agentId);
    const entry = this.#entries.get(agentId);
    if (entry === undefined) return;
    entry.given.set(attemptId, this.#clock.monotonic());
    this.#place(entry);
  }

  ended(attemptId: AttemptId): void {
    const agentId = this.#takeBack(attemptId);
    if (agentId !== null) this.#changed(agentId, 'room');
  }

  /** Could this one take it now? */
  fits(agentId: AgentId, wanted: Requirements): boolean {
    const entry = this.#entries.get(agentId);
    if (entry === undefined || !this.#may(entry.presence, wanted)) return false;
    return this.#load(entry) < entry.presence.hello.capacity;
  }

  /** From whom; null when nobody had it. */
  #takeBack(attemptId: AttemptId): AgentId | null {
    const agentId = this.#givenTo.get(attemptId);
    if (agentId === undefined) return null;
    this.#givenTo.delete(attemptId);
    const entry = this.#entries.get(agentId);
    if (entry?.given.delete(attemptId) !== true) return null;
    this.#place(entry);
    return agentId;
  }

  /** Called whenever a choice could come out differently. */
  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What was given to it here, and what it has of others. */
  #load({ given, others }: Entry): number {
    return given.size + others;
  }

  /** Where it stands now among those who may be chosen. */
  #place(entry: Entry): void {
    const { sessionId, draining, hello } = entry.presence;
    if (sessionId === '' || draining) return this.#pools.withdraw(entry);
    this.#pools.place(entry, { selectors: hello.selectors, load: this.#load(entry), capacity: hello.capacity });
  }

  /** Their ends may have been told to another replica: as many as its heartbeat does not count any more. */
  #forgetOld({ given }: Entry, counted: number): void {
    const now = this.#clock.monotonic();
    for (const [attemptId, at] of given) {
      if (given.size <= counted || now - at <= GIVEN_MS) return; // In the order in which they were given.
      this.#takeBack(attemptId);
    }
  }

  #changed(...change: Parameters<ChangeListener>): void {
    for (const listener of this.#listeners) listener(...change);
  }

  /** The same as having no reason against, without making one: asked for every task. */
  #may(presence: AgentPresence, { type, selectors, avoid, pausing }: Requirements): boolean {
    const { hello, draining, agentId } = presence;
    if (draining || !hello.capabilities.includes(type)) return false;
    for (const selector of selectors) if (!hello.selectors.includes(selector)) return false;
    return !avoid.includes(agentId) && pausing?.has(agentId) !== true && this.isConnected(presence);
  }

  #reasonAgainst(presence: AgentPresence, wanted: Requirements): string | null {
    if (this.#revoked.has(presence.agentId)) return 'revoked';
    if (!this.isConnected(presence)) return 'not connected';
    if (presence.draining) return 'draining';
    if (!presence.hello.capabilities.includes(wanted.type)) return `cannot do ${wanted.type}`;
    const missing = wanted.selectors.filter((selector) => !presence.hello.selectors.includes(selector));
    if (missing.length > 0) return `lacks ${missing.join(', ')}`;
    if (wanted.avoid.includes(presence.agentId)) return 'refused it before';
    const refusal = wanted.pausing?.get(presence.agentId);
    return refusal === undefined ? null : `refuses it and is asked again soon: ${refusal.message}`;
  }
}
