/**
 * Locks across executions: one document per key with its holders and its queue, changed by compare-and-set. The lock
 * store is the truth, `LockGranted` its echo. Tickets are handed out and granted in order; both calls may be repeated.
 */
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import { executionOf } from '@fairlead/proto/model/ids.ts';
import type { Clock } from '@fairlead/proto/model/system.ts';
import type { Documents } from '../ports/documents.ts';
import {
  dated,
  enter,
  FREE,
  grant,
  leave,
  onTerms,
  permitsOf,
  type LockPlace,
  type LockRequest,
  type LockState,
  type LockTerms,
} from './lock-state.ts';

export type { LockRequest, LockState } from './lock-state.ts';

export type LockAnswer =
  | { readonly state: 'HELD'; readonly ticket: number }
  /** 1 is next. */
  | { readonly state: 'QUEUED'; readonly position: number }
  | { readonly state: 'REFUSED'; readonly failure: Failure };

/** Tombstones kept per key in any case; beyond them, those of executions that are not settled. */
const TOMBSTONES = 64;

export class LockKeeper {
  readonly #documents: Documents;
  /** True when an execution is settled (or never was): its places are nobody's. */
  readonly #isOver: (executionId: string) => Promise<boolean>;
  readonly #clock: Pick<Clock, 'now'>;

  constructor(documents: Documents, isOver: (executionId: string) => Promise<boolean>, clock: Pick<Clock, 'now'>) {
    this.#documents = documents;
    this.#isOver = isOver;
    this.#clock = clock;
  }

  /** Takes the lock or a place in its queue. Called again, it says what has become of it, and moves up who is next. */
  async acquire(
    key: string,
    request: LockRequest,
    queueLimit: number,
    terms: LockTerms | null = null,
  ): Promise<LockAnswer> {
    for (;;) {
      const { state, version } = await this.#read(key);
      if (state.released.includes(request.requestId)) {
        return { state: 'REFUSED', failure: failure('ILLEGAL_STATE', 'the lock was given back already') };
      }
      const standing = onTerms(await this.#withoutDead(state, state.holders), terms);
      const isHolder = standing.holders.some((place) => place.requestId === request.requestId);
      if (!isHolder && permitsOf(request) > standing.capacity)
        return { state: 'REFUSED', failure: exceeded(request, standing) };
      const entered =
        enter(standing, request, queueLimit) ??
        enter(await this.#withoutDead(standing, standing.queue), request, queueLimit);
      if (entered === null) {
        const message = `its queue is full, with ${queueLimit} waiting`;
        return { state: 'REFUSED', failure: failure('QUEUE_FULL', message) };
      }
      const next = await this.#granted(entered);
      if (next === state || (await this.#write(key, version, this.#dated(next, state))))
        return answerFor(next, request);
    }
  }

  /** Gives the lock, or the place in the queue, back. */
  async release(key: string, request: LockRequest): Promise<void> {
    for (;;) {
      const { state, version } = await this.#read(key);
      if (state.released.includes(request.requestId)) return;
      const next = grant(leave(state, request.requestId, await this.#forgettable(state)));
      if (await this.#write(key, version, this.#dated(next, state))) return;
    }
  }

  async look(key: string): Promise<LockState> {
    return (await this.#read(key)).state;
  }

  /** Every lock of which the key begins so, as it stands. */
  async list(prefix = ''): Promise<readonly { readonly key: string; readonly state: LockState }[]> {
    const documents = await this.#documents.list('locks', { prefix });
    // As in `#read`.
    return documents.map(({ id, body }) => ({ key: id, state: body as unknown as LockState }));
  }

  #dated(next: LockState, before: LockState): LockState {
    return dated(next, before, this.#clock.now());
  }

  async #read(key: string): Promise<{ readonly state: LockState; readonly version: number }> {
    const document = await this.#documents.get('locks', key);
    // The adapter stores what `#write` gave it.
    return document === null
      ? { state: FREE, version: 0 }
      : { state: document.body as unknown as LockState, version: document.version };
  }

  async #write(key: string, version: number, state: LockState): Promise<boolean> {
    const body = { ...state } as never; // Plain data.
    return version === 0
      ? this.#documents.insert('locks', key, body)
      : this.#documents.replace('locks', key, version, body);
  }

  /**
   * Whom a place is given is looked at then, and nobody else in the queue: when somebody lets go, all who wait ask where
   * they stand now, and each looking at all the others would be a million looks where a thousand wait.
   */
  async #granted(state: LockState): Promise<LockState> {
    const next = grant(state);
    const held = new Set(state.holders);
    const living = await this.#withoutDead(
      state,
      next.holders.filter((place) => !held.has(place)),
    );
    return living === state ? next : this.#granted(living);
  }

  /** A settled execution holds nothing: anyone may evict it. */
  async #withoutDead(state: LockState, places: readonly LockPlace[]): Promise<LockState> {
    const dead = await this.#over(places.map((place) => place.executionId));
    if (dead.size === 0) return state;
    const lives = (place: LockPlace): boolean => !dead.has(place.executionId);
    return { ...state, holders: state.holders.filter(lives), queue: state.queue.filter(lives) };
  }

  /** A tombstone is of use as long as its execution may still ask; the few last are kept without asking. */
  async #forgettable({ released }: LockState): Promise<ReadonlySet<string>> {
    const oldest = released.slice(0, Math.max(0, released.length - TOMBSTONES + 1));
    const over = await this.#over(oldest.map(executionOf));
    return new Set(oldest.filter((requestId) => over.has(executionOf(requestId))));
  }

  async #over(executionIds: readonly string[]): Promise<ReadonlySet<string>> {
    const over = new Set<string>();
    for (const id of new Set(executionIds)) if (await this.#isOver(id)) over.add(id);
    return over;
  }
}

const exceeded = (request: LockRequest, { capacity }: LockState): Failure =>
  failure('PERMITS_EXCEEDED', `${permitsOf(request)} permits of a guard that has ${capacity}`);

function answerFor(state: LockState, request: LockRequest): LockAnswer {
  const held = state.holders.find((place) => place.requestId === request.requestId);
  if (held !== undefined) return { state: 'HELD', ticket: held.ticket };
  return { state: 'QUEUED', position: state.queue.findIndex((place) => place.requestId === request.requestId) + 1 };
}
