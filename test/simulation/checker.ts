/** Holds every invariant against everything that happens, at the moment it happens. */
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { AgentRequest } from '@fairlead/proto/model/task.ts';
import type { LockState } from '../../control-plane/app/lock-keeper.ts';
import type { Event } from '../../control-plane/engine/events.ts';
import type { Execution } from '../../control-plane/engine/execution.ts';
import type { MemoryData } from '../support/memory-store/index.ts';
import type { History } from './history.ts';
import { replayEqualsLive } from './invariants/end.ts';
import { JOURNAL_INVARIANTS } from './invariants/journal.ts';
import { LOCK_INVARIANTS } from './invariants/locks.ts';
import { Epochs, Sendable } from './invariants/messages.ts';
import type { Finding, Observed } from './invariants/observed.ts';
import { ORDER_INVARIANTS } from './invariants/order.ts';
import { Restored } from './invariants/restored.ts';
import { TRUTH_INVARIANTS, unlawfulEffect, unlawfulVisit } from './invariants/truth.ts';
import { Waits } from './invariants/waits.ts';
import { Writes } from './invariants/writes.ts';
import { Journals, type Change } from './journals.ts';
import type { RequestObserver } from './link-world.ts';
import type { ReplicaProcess } from './replica-process.ts';
import type { Effect, TargetWorld } from './target-world.ts';
import type { Watcher } from './watcher.ts';

/** From its first append to its settlement: milliseconds since the run began. */
export interface Life {
  readonly from: number;
  until: number;
}

export interface Violation {
  readonly invariant: string;
  readonly text: string;
}

/** From an abort's request to ABORTED, while somebody drives it and nothing is in the way. Milliseconds. */
const ABORT_MS = 2_000;
/** How late a driver may hear what others appended, doorbell or not. Milliseconds. */
const BEHIND_MS = 3_000;
/** How long a control plane that is gone may keep others from noticing. */
const TAKEOVER_MS = 9_000;

export class Checker implements Observed {
  readonly violations: Violation[] = [];
  readonly journals: Journals;
  readonly data: MemoryData;
  readonly lives = new Map<string, Life>();
  /** Settled by force. */
  readonly forced = new Set<string>();
  readonly #mayBreak: (executionId: string) => boolean;
  readonly #appended: (execution: Execution, seq: number) => void;
  readonly #watchers: () => readonly Watcher[];
  readonly #targets: TargetWorld;
  readonly #history: History;
  readonly #replicas: () => readonly ReplicaProcess[];
  readonly #elapsed: () => number;
  readonly #sendable = new Sendable();
  readonly #epochs = new Epochs();
  readonly #waits = new Waits();
  readonly writes = new Writes();
  readonly #restored = new Restored();
  readonly #begun = new Set<string>();
  readonly #effects = new Map<string, Effect>();
  readonly #locks = new Map<string, { readonly version: number; readonly state: LockState }>();
  /** Runs being aborted, and since when. */
  readonly #aborting = new Map<string, number>();
  readonly #unchecked = new Set<string>();
  /** Loops that lag behind their journal, and since when. */
  readonly #behind = new Map<object, number>();
  #lookAt = 0;
  #disturbedAt = 0;

  constructor(parts: {
    readonly data: MemoryData;
    readonly targets: TargetWorld;
    readonly history: History;
    readonly replicas: () => readonly ReplicaProcess[];
    readonly elapsed: () => number;
    /** It was to be expected that the engine cannot interpret it. */
    readonly mayBreak: (executionId: string) => boolean;
    readonly appended: (execution: Execution, seq: number) => void;
    readonly watchers: () => readonly Watcher[];
  }) {
    this.#mayBreak = parts.mayBreak;
    this.#appended = parts.appended;
    this.#watchers = parts.watchers;
    this.data = parts.data;
    this.#targets = parts.targets;
    this.#history = parts.history;
    this.#replicas = parts.replicas;
    this.#elapsed = parts.elapsed;
    this.journals = new Journals(parts.data);
    parts.targets.onEffect = (effect) => this.#onEffect(effect);
    parts.targets.onDone = (effect) => this.#restored.succeeded(effect, this);
    parts.targets.onVisit = (visit) => {
      const [invariant, finding] = unlawfulVisit(visit, this.#begun, this);
      this.found(invariant, finding);
      if (!visit.resumed) this.#begun.add(visit.work);
    };
  }

  elapsed(): number {
    return this.#elapsed();
  }

  effect(attemptId: string): Effect | undefined {
    return this.#effects.get(attemptId);
  }

  get effects(): readonly Effect[] {
    return this.#targets.effects;
  }

  lock(key: string): LockState | null {
    return this.#locks.get(key)?.state ?? null;
  }

  /** Itself, as plain data and functions. */
  observed(): Observed {
    const { journals, data, effects } = this;
    return {
      journals,
      data,
      effects,
      elapsed: this.#elapsed,
      effect: (attemptId) => this.effect(attemptId),
      lock: (key) => this.lock(key),
    };
  }

  found(invariant: string, finding: Finding): void {
    if (finding === null) return;
    this.#history.note('VIOLATED', `${invariant}: ${finding}`);
    this.violations.push({ invariant, text: finding });
  }

  /** A call was applied to the store. */
  onStore(call: string): void {
    this.found('waiting-costs-no-writes', this.writes.applied(call, this.#disturbedAt, this));
    if (call === 'journal.append') for (const change of this.journals.grown()) this.#onChange(change);
    else if (call === 'documents.insert' || call === 'documents.replace') this.#onDocuments();
  }

  onRequest(from: string, subject: string, payload: JsonObject): void {
    if (payload['kind'] === undefined) return; // From replica to replica.
    const sender = this.#replicas().find((each) => each.name === from)?.replica?.id ?? from;
    const request = payload as unknown as AgentRequest; // The only requests that name a kind.
    this.found('sent-after-append', this.#sendable.sentTooEarly(request, sender, subject));
  }

  readonly onAsked: RequestObserver = ({ name, process }, request) => {
    const judge = this.#epochs.heard(`${name}.${this.#lifeOf(process)}`, request);
    return (answer) => this.found('lower-epochs-refused', judge(answer));
  };

  /** Something is in the way of the control planes now: until it is not, and a while longer, they may be slow. */
  disturbed(): void {
    this.#disturbedAt = this.elapsed();
  }

  /** After every step. */
  stepped(): void {
    for (const [runId, since] of this.#aborting) this.#checkAbort(runId, since);
    if (this.elapsed() >= this.#lookAt) this.#checkDrivers();
    for (const id of this.#unchecked) {
      this.#unchecked.delete(id);
      this.found('replay-equals-live', replayEqualsLive(this.#replicas(), this, id));
    }
    for (const { broken } of this.#replicas()) {
      for (const each of broken.splice(0)) {
        if (!isExpected(each, this.#mayBreak)) this.found('nothing-is-broken', each);
      }
    }
  }

  readonly #lives = new Map<object, number>();
  #lifeOf(process: object): number {
    const known = this.#lives.get(process) ?? this.#lives.size;
    this.#lives.set(process, known);
    return known;
  }

  #onEffect(effect: Effect): void {
    this.#effects.set(effect.work, effect);
    this.#restored.begun(effect, this);
    for (const [invariant, finding] of unlawfulEffect(effect, this)) this.found(invariant, finding);
  }

  #onChange(change: Change): void {
    const { record, moves } = change;
    this.#history.note('journal', () => {
      const told = moves.map(({ event }) => lineOf(event)).join('; ');
      return `${record.executionId}:${record.seq} epoch ${record.epoch} ${told}`;
    });
    this.#live(record.executionId, change.after);
    this.#appended(change.after, record.seq);
    for (const [name, invariant] of Object.entries(JOURNAL_INVARIANTS)) this.found(name, invariant(change, this));
    for (const [name, invariant] of Object.entries(ORDER_INVARIANTS)) this.found(name, invariant(change, this));
    for (const [name, invariant] of Object.entries(TRUTH_INVARIANTS)) this.found(name, invariant(change, this));
    this.#sendable.appended(change);
    this.#waits.appended(change, this.elapsed());
    this.found('rollback-restores-what-was-captured', this.#restored.appended(change));
    this.found('waiting-costs-no-writes', this.writes.appended(change, this.elapsed()));
    for (const { event } of moves) {
      if (event.event === 'AbortRequested') this.#aborting.set(event.runId, this.elapsed());
      if (event.event === 'SettledByForce') this.forced.add(record.executionId);
      if (event.event === 'RunEnded') this.#aborting.delete(event.runId);
      if (event.event === 'ExecutionEnded' || event.event === 'SectionEnded') this.#unchecked.add(record.executionId);
    }
  }

  #live(id: string, { settled }: Execution): void {
    const now = this.elapsed();
    const life = this.lives.get(id) ?? { from: now, until: Infinity };
    this.lives.set(id, life);
    if (settled) life.until = Math.min(life.until, now);
  }

  #onDocuments(): void {
    for (const [key, { version, body }] of this.data.documents.get('locks') ?? []) {
      const known = this.#locks.get(key);
      if (known?.version === version) continue;
      const state = JSON.parse(body) as LockState; // Written by the lock keeper.
      this.#locks.set(key, { version, state });
      const places = (list: LockState['holders']): string =>
        list.map((place) => `${place.requestId}#${place.ticket}`).join(' ');
      this.#history.note('lock', () => `${key} held by [${places(state.holders)}] wanted by [${places(state.queue)}]`);
      for (const [name, invariant] of Object.entries(LOCK_INVARIANTS)) {
        this.found(name, invariant(key, known?.state ?? null, state, this));
      }
    }
  }

  #checkDrivers(): void {
    const now = this.elapsed();
    this.#lookAt = now + 250;
    this.found('waits-come-to-an-end', this.#waits.overdue(now, this.#disturbedAt, this));
    for (const watcher of this.#watchers()) this.found('watchers-keep-up', watcher.overdue(this.#disturbedAt));
    for (const { name, replica } of this.#replicas()) {
      for (const [id, loop] of replica?.drivers.driven ?? []) {
        const seq = this.journals.seq(id);
        if (loop.at.seq >= seq) {
          this.#behind.delete(loop);
          continue;
        }
        const since = Math.max(this.#behind.get(loop) ?? now, this.#disturbedAt);
        this.#behind.set(loop, since);
        if (now - since <= BEHIND_MS) continue;
        this.found('drivers-keep-up', `${name} has ${id} at ${loop.at.seq} of ${seq} for too long`);
      }
    }
  }

  #checkAbort(runId: string, since: number): void {
    const limit = this.#disturbedAt === 0 ? since : Math.max(since, this.#disturbedAt + TAKEOVER_MS);
    if (this.elapsed() <= limit + ABORT_MS) return;
    this.#aborting.delete(runId);
    this.found('abort-bound', `${runId} is not aborted ${Math.round(this.elapsed() - since)} ms after its request`);
  }
}

/** Two control planes that went down while they took it over are reason enough to leave it alone. */
const isExpected = (broken: string, mayBreak: (executionId: string) => boolean): boolean =>
  mayBreak(broken.slice(0, broken.indexOf(':'))) || broken.includes('control planes went down while they took it over');

/** The kind, whose, and the few fields that tell one from another. */
function lineOf(event: Event): string {
  const words: string[] = [event.event];
  for (const [name, value] of Object.entries(event)) {
    if (name === 'event' || name === 'at' || name === 'plan') continue;
    if (typeof value === 'string' || typeof value === 'number') words.push(String(value));
    else if (name === 'result') words.push(textOf(value));
    else if (name === 'failure' && value !== null) words.push((value as { readonly message: string }).message);
  }
  return words.join(' ');
}

function textOf(result: unknown): string {
  const { outcome, failure } = result as { readonly outcome: string; readonly failure?: { readonly message: string } };
  return failure === undefined ? outcome : `${outcome} (${failure.message})`;
}
