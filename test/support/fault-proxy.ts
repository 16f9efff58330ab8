import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { Store } from '../../control-plane/ports/store.ts';

const PORTS = ['journal', 'heads', 'documents', 'blobs', 'logs', 'rows'] as const;

/** What becomes of one call: `name` is `<port>.<method>`, `apply` does it. */
type Around = (name: string, apply: () => Promise<unknown>) => Promise<unknown>;

export interface Faults {
  /** The same seed gives the same faults to the same calls in the same order. */
  readonly seed: number;
  /** Shares of the calls, in [0, 1]; the rest goes through untouched. */
  readonly late?: number;
  readonly lost?: number;
  readonly refused?: number;
}

export interface FaultyStore {
  readonly store: Store;
  /** How often each fault was played, so that a test can tell that it had any. */
  readonly played: { late: number; lost: number; refused: number };
}

/**
 * Stands before any store and plays what a network does to it: answers late (others overtake it), loses the answer of a
 * call that was applied, or refuses before anything was applied. Rejections carry UNAVAILABLE, as an adapter's would.
 */
export function withFaults(store: Store, faults: Faults): FaultyStore {
  const { seed, late = 0.1, lost = 0.15, refused = 0.15 } = faults;
  const next = sequence(seed);
  const played = { late: 0, lost: 0, refused: 0 };
  const around: Around = async (name, apply) => {
    const draw = next();
    const turns = 1 + Math.floor(next() * 4);
    if (draw < refused) {
      played.refused++;
      throw unavailable(`${name} was refused`);
    }
    if (draw < refused + lost) {
      played.lost++;
      await apply();
      throw unavailable(`the answer of ${name} was lost`);
    }
    if (draw < refused + lost + late) {
      played.late++;
      await wait(turns);
      const answer = await apply();
      await wait(turns);
      return answer;
    }
    return apply();
  };
  return { store: wrap(store, around), played };
}

/** The caller that the ports' contracts ask for: after an unknown outcome it makes the same call again. */
export function withRetries(store: Store, attempts = 100): Store {
  return wrap(store, async (_name, apply) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await apply();
      } catch (error) {
        const retryable = error instanceof FailureError && error.failures[0].code === 'UNAVAILABLE';
        if (!retryable || attempt === attempts) throw error;
      }
    }
  });
}

function wrap(store: Store, around: Around): Store {
  const wrapped: Record<string, unknown> = {
    incarnation: store.incarnation,
    ping: () => around('store.ping', () => store.ping()),
    close: () => store.close(),
  };
  for (const port of PORTS) wrapped[port] = wrapPort(port, store[port], around);
  // Built above from exactly the members of Store.
  return wrapped as unknown as Store;
}

function wrapPort(port: string, target: object, around: Around): object {
  const entries = Object.entries(target).map(([method, value]) => [
    method,
    // Every member of a port is a method that answers with a promise.
    (...values: unknown[]) => around(`${port}.${method}`, () => (value as Method).apply(target, values)),
  ]);
  return Object.fromEntries(entries) as object;
}

type Method = (...values: unknown[]) => Promise<unknown>;

async function wait(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const unavailable = (message: string): FailureError => new FailureError(failure('UNAVAILABLE', message));

/** mulberry32: small, seeded, good enough to choose faults. */
function sequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
