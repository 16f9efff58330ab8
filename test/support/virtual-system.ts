import type { Clock, Ids, Random, Scheduler, System, Timer } from '@fairlead/proto/model/system.ts';

const TURNS_TOGETHER = 256;

/**
 * Time and chance owned by a test. Timers run one at a time in order of virtual time (in order of their making where
 * the time is equal), and every microtask that follows is drained before the next one: the same seed gives the same
 * history. Code under it must not wait for anything real: no I/O, no real timer.
 *
 * Several processes can live in one world: `spawn` gives each its own chance and, where wanted, a wall clock that is
 * off; `kill` takes its timers away, as a crash would.
 */
export class VirtualSystem implements System {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly ids: Ids;
  readonly #seed: number;
  readonly #queue = new TimerQueue();
  #elapsed = 0;
  #wall: number;
  #made = 0;

  constructor(seed = 1, startsAt = Date.UTC(2026, 0, 1)) {
    this.#seed = seed;
    this.#wall = startsAt;
    const world = this.#process('world', 0);
    this.clock = world.clock;
    this.scheduler = world.scheduler;
    this.random = world.random;
    this.ids = world.ids;
  }

  /** Milliseconds since the test began. */
  get elapsed(): number {
    return this.#elapsed;
  }

  /** Timers that wait. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** A process of this world; `skewMs` is how far its wall clock is off. Name and seed determine its chance. */
  spawn(name: string, skewMs = 0): VirtualProcess {
    return this.#process(name, skewMs);
  }

  /** Lets everything run that waits for no timer. */
  async settle(): Promise<void> {
    // All microtasks, however many they beget, run before an immediate.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** Runs the next timer and what follows from it; false when there is none. A timer's bug is thrown here. */
  async step(): Promise<boolean> {
    await this.settle();
    if (!this.next()) return false;
    await this.settle();
    return true;
  }

  /**
   * Calls the turn again and again, each time with everything settled, until it says false. A turn runs the next timer
   * itself, by `next`. Nothing of the real event loop is between turns: many thousands of them are a second.
   */
  turns(turn: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      let over = false;
      const once = (): void => {
        if (over) return;
        try {
          if (turn()) return;
          over = true;
          resolve();
        } catch (error) {
          over = true;
          reject(error as Error);
        }
      };
      const many = (): void => {
        if (over) return;
        // All microtasks run between two immediates, also where these were made together.
        for (let made = 0; made < TURNS_TOGETHER; made += 1) setImmediate(once);
        setImmediate(many);
      };
      many();
    });
  }

  /** Runs the next timer, but not what follows from it; false when there is none. */
  next(): boolean {
    const next = this.#queue.take(Infinity);
    if (next === undefined) return false;
    this.#moveTo(next.at);
    next.task();
    return true;
  }

  /** Lets so much time pass, running every timer that falls into it. */
  async advance(ms: number): Promise<void> {
    const until = this.#elapsed + ms;
    await this.settle();
    for (let next = this.#queue.take(until); next !== undefined; next = this.#queue.take(until)) {
      this.#moveTo(next.at);
      next.task();
      await this.settle();
    }
    this.#moveTo(until);
  }

  /** Steps until the claim holds; a bug of the test if it does not within the limit or nothing is left to run. */
  async until(claim: () => boolean, limitMs = 3_600_000): Promise<void> {
    const end = this.#elapsed + limitMs;
    await this.settle();
    while (!claim()) {
      if (this.#elapsed > end) throw new Error(`not within ${limitMs} virtual milliseconds`);
      if (!(await this.step())) throw new Error('nothing is left to run, and the claim does not hold');
    }
  }

  /** The wall clock jumps, as after a correction; the monotonic clock does not. */
  jump(ms: number): void {
    this.#wall += ms;
  }

  #moveTo(at: number): void {
    this.#wall += at - this.#elapsed;
    this.#elapsed = at;
  }

  #process(name: string, skewMs: number): VirtualProcess {
    const own = new Set<Entry>();
    let alive = true;
    const after = (ms: number, task: () => void): Timer => {
      if (!alive) return { cancel() {} };
      const entry = this.#queue.add(this.#elapsed + Math.max(0, ms), () => {
        own.delete(entry);
        task();
      });
      own.add(entry);
      return {
        cancel: () => {
          own.delete(entry);
          entry.canceled = true;
        },
      };
    };
    return {
      clock: { now: () => this.#wall + skewMs, monotonic: () => this.#elapsed },
      scheduler: { after, sleep: (ms) => new Promise((resolve) => void after(ms, resolve)) },
      random: seededRandom(this.#seed ^ textHash(name)),
      ids: {
        unique: (prefix) =>
          `${prefix}${(this.#seed >>> 0).toString(36)}x${(this.#made++).toString(36).padStart(4, '0')}`,
      },
      kill: () => {
        alive = false;
        for (const entry of own) entry.canceled = true;
        own.clear();
      },
    };
  }
}

export interface VirtualProcess extends System {
  /** None of its timers runs any more, and none can be made: what it awaited never comes. */
  kill(): void;
}

/** Mulberry32: small, fast, and the same everywhere. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { fraction, bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(fraction() * 256)) };
}

function textHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
  canceled: boolean;
}

/** A binary heap by (time, order of making). Canceled entries are left in it until they come up. */
class TimerQueue {
  readonly #heap: Entry[] = [];
  #made = 0;

  get size(): number {
    return this.#heap.filter((entry) => !entry.canceled).length;
  }

  add(at: number, task: () => void): Entry {
    const entry: Entry = { at, order: this.#made++, task, canceled: false };
    this.#heap.push(entry);
    let child = this.#heap.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.#before(child, parent)) break;
      this.#swap(child, parent);
      child = parent;
    }
    return entry;
  }

  /** The next entry due at or before `until`. */
  take(until: number): Entry | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined || (!first.canceled && first.at > until)) return undefined;
      this.#removeFirst();
      if (!first.canceled) return first;
    }
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    for (let parent = 0; ;) {
      const left = 2 * parent + 1;
      if (left >= this.#heap.length) return;
      const least = left + 1 < this.#heap.length && this.#before(left + 1, left) ? left + 1 : left;
      if (!this.#before(least, parent)) return;
      this.#swap(least, parent);
      parent = least;
    }
  }

  #before(left: number, right: number): boolean {
    const one = this.#heap[left];
    const other = this.#heap[right];
    if (one === undefined || other === undefined) return false;
    return one.at === other.at ? one.order < other.order : one.at < other.at;
  }

  #swap(left: number, right: number): void {
    const one = this.#heap[left];
    const other = this.#heap[right];
    if (one === undefined || other === undefined) return;
    this.#heap[left] = other;
    this.#heap[right] = one;
  }
}
