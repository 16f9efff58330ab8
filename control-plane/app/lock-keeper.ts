/**
 * Locks across executions: one document per key with its holders and its queue, changed by compare-and-set. The lock
 * store is the truth, `LockGranted` its echo. Tickets are handed out and granted in order; both calls may be repeated.
 */
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import type { Documents } from '../ports/documents.ts';

export interface LockRequest {
  /** Who asks: a workflow run. The same request is the same place in the queue. */
  readonly requestId: string;
  /** Whose end frees the lock even if nobody says so. */
  readonly executionId: string;
}

interface Place extends LockRequest {
  readonly ticket: number;
}

export interface LockState {
  readonly capacity: number;
  readonly nextTicket: number;
  readonly holders: readonly Place[];
  /** In order of tickets. */
  readonly queue: readonly Place[];
  /** The last requests that let go, so that a late repetition of theirs does not queue them again. */
  readonly released: readonly string[];
}

export type LockAnswer =
  | { readonly state: 'HELD'; readonly ticket: number }
  /** 1 is next. */
  | { readonly state: 'QUEUED'; readonly position: number }
  | { readonly state: 'REFUSED'; readonly failure: Failure };

const FREE: LockState = { capacity: 1, nextTicket: 1, holders: [], queue: [], released: [] };
/** Tombstones kept per key; each outlives its run's settling by far. */
const TOMBSTONES = 64;

export class LockKeeper {
  readonly #documents: Documents;
  /** True when an execution is settled (or never was): its places are nobody's. */
  readonly #isOver: (executionId: string) => Promise<boolean>;

  constructor(documents: Documents, isOver: (executionId: string) => Promise<boolean>) {
    this.#documents = documents;
    this.#isOver = isOver;
  }

  /** Takes the lock or a place in its queue. Called again, it says what has become of it, and moves up who is next. */
  async acquire(key: string, request: LockRequest, queueLimit: number): Promise<LockAnswer> {
    for (;;) {
      const { state, version } = await this.#read(key);
      if (state.released.includes(request.requestId)) {
        return { state: 'REFUSED', failure: failure('ILLEGAL_STATE', 'the lock was given back already') };
      }
      const entered = enter(await this.#withoutDead(state), request, queueLimit);
      if (entered === null) {
        const message = `${queueLimit} executions already wait for ${key}`;
        return { state: 'REFUSED', failure: failure('QUEUE_FULL', message) };
      }
      const next = grant(entered);
      if (next === state || (await this.#write(key, version, next))) return answerFor(next, request);
    }
  }

  /** Gives the lock, or the place in the queue, back. */
  async release(key: string, request: LockRequest): Promise<void> {
    for (;;) {
      const { state, version } = await this.#read(key);
      const isOther = (place: Place): boolean => place.requestId !== request.requestId;
      if (state.released.includes(request.requestId)) return;
      const next = grant({
        ...state,
        holders: state.holders.filter(isOther),
        queue: state.queue.filter(isOther),
        released: [...state.released, request.requestId].slice(-TOMBSTONES),
      });
      if (await this.#write(key, version, next)) return;
    }
  }

  async look(key: string): Promise<LockState> {
    return (await this.#read(key)).state;
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

  /** A settled execution holds nothing: anyone may evict it. */
  async #withoutDead(state: LockState): Promise<LockState> {
    const ids = new Set([...state.holders, ...state.queue].map((place) => place.executionId));
    const dead = new Set<string>();
    for (const id of ids) if (await this.#isOver(id)) dead.add(id);
    if (dead.size === 0) return state;
    const lives = (place: Place): boolean => !dead.has(place.executionId);
    return { ...state, holders: state.holders.filter(lives), queue: state.queue.filter(lives) };
  }
}

/** With a place for the request; null when the queue is full. */
function enter(state: LockState, request: LockRequest, queueLimit: number): LockState | null {
  if ([...state.holders, ...state.queue].some((place) => place.requestId === request.requestId)) return state;
  const isFree = state.holders.length < state.capacity && state.queue.length === 0;
  if (!isFree && state.queue.length >= queueLimit) return null;
  const place = { ...request, ticket: state.nextTicket };
  return { ...state, nextTicket: state.nextTicket + 1, queue: [...state.queue, place] };
}

/** Moves the first of the queue in, as long as there is room: grant order is ticket order. */
function grant(state: LockState): LockState {
  const room = Math.max(0, state.capacity - state.holders.length);
  const granted = state.queue.slice(0, room);
  if (granted.length === 0) return state;
  return { ...state, holders: [...state.holders, ...granted], queue: state.queue.slice(granted.length) };
}

function answerFor(state: LockState, request: LockRequest): LockAnswer {
  const held = state.holders.find((place) => place.requestId === request.requestId);
  if (held !== undefined) return { state: 'HELD', ticket: held.ticket };
  return { state: 'QUEUED', position: state.queue.findIndex((place) => place.requestId === request.requestId) + 1 };
}
