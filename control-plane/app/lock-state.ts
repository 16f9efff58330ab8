/** One document of the lock store: who holds it, who waits, and what follows when somebody comes or goes. Pure. */
import type { GuardStrategy } from '@fairlead/proto/steps/flow.ts';

export interface LockRequest {
  /** Who asks: a workflow run, or a step for permits. The same request is the same place in the queue. */
  readonly requestId: string;
  /** Whose end frees the lock even if nobody says so. */
  readonly executionId: string;
  /** How much of the capacity; 1 when left out. */
  readonly permits?: number;
}

export interface LockPlace extends LockRequest {
  readonly ticket: number;
  /** When it came; absent: written by a release that did not tell. For people only: the order is that of the tickets. */
  readonly askedAt?: number;
  readonly heldAt?: number;
}

/** How a lock is shared; a lock nobody says anything of has one holder, and a queue. */
export interface LockTerms {
  readonly capacity: number;
  readonly strategy: GuardStrategy;
  /** Of the definitions that say so: what an older one says does not count any more. */
  readonly revision: number;
}

export interface LockState {
  readonly capacity: number;
  /** FIFO when absent. */
  readonly strategy?: GuardStrategy;
  /** Of the definitions its capacity comes from. */
  readonly revision?: number;
  readonly nextTicket: number;
  readonly holders: readonly LockPlace[];
  /** In order of tickets. */
  readonly queue: readonly LockPlace[];
  /** The last requests that let go, so that a late repetition of theirs does not queue them again. */
  readonly released: readonly string[];
}

export const FREE: LockState = { capacity: 1, nextTicket: 1, holders: [], queue: [], released: [] };

export const permitsOf = ({ permits = 1 }: LockRequest): number => permits;
export const permitsHeld = ({ holders }: LockState): number => holders.reduce((sum, each) => sum + permitsOf(each), 0);

/** As defined now; the state itself where that says nothing new. */
export function onTerms(state: LockState, terms: LockTerms | null): LockState {
  if (terms === null || terms.revision < (state.revision ?? 0)) return state;
  const { capacity, strategy, revision } = terms;
  if (state.capacity === capacity && (state.strategy ?? 'FIFO') === strategy) return state;
  return { ...state, capacity, strategy, revision };
}

/** With a place for the request; null when the queue is full. */
export function enter(state: LockState, request: LockRequest, queueLimit: number): LockState | null {
  if ([...state.holders, ...state.queue].some((place) => place.requestId === request.requestId)) return state;
  const isFree = permitsHeld(state) + permitsOf(request) <= state.capacity && state.queue.length === 0;
  if (!isFree && state.queue.length >= queueLimit) return null;
  const place = { ...request, ticket: state.nextTicket };
  return { ...state, nextTicket: state.nextTicket + 1, queue: [...state.queue, place] };
}

/** Without the request, which is remembered as gone; `forget` tells what need not be remembered any longer. */
export function leave(state: LockState, requestId: string, forget: ReadonlySet<string>): LockState {
  const isOther = (place: LockPlace): boolean => place.requestId !== requestId;
  return {
    ...state,
    holders: state.holders.filter(isOther),
    queue: state.queue.filter(isOther),
    released: [...state.released.filter((each) => !forget.has(each)), requestId],
  };
}

/**
 * Moves in whoever has room. FIFO: grant order is ticket order, so one that is too big for what is free keeps those behind
 * it waiting. ASAP: in order of tickets, whoever fits.
 */
export function grant(state: LockState): LockState {
  const holders: LockPlace[] = [...state.holders];
  const queue: LockPlace[] = [];
  let free = state.capacity - permitsHeld(state);
  for (const place of state.queue) {
    const waitsForOthers = queue.length > 0 && state.strategy !== 'ASAP';
    if (waitsForOthers || permitsOf(place) > free) queue.push(place);
    else {
      holders.push(place);
      free -= permitsOf(place);
    }
  }
  return queue.length === state.queue.length ? state : { ...state, holders, queue };
}

/** With the time of those who came, or got it, since. */
export function dated(next: LockState, before: LockState, now: number): LockState {
  const known = new Map([...before.holders, ...before.queue].map((place) => [place.requestId, place]));
  const held = new Set(before.holders.map((place) => place.requestId));
  const asked = (place: LockPlace): LockPlace => (known.has(place.requestId) ? place : { ...place, askedAt: now });
  return {
    ...next,
    holders: next.holders.map((place) => (held.has(place.requestId) ? place : { ...asked(place), heldAt: now })),
    queue: next.queue.map(asked),
  };
}
