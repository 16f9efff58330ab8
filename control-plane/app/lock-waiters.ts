import type { Scheduler, Timer } from '@fairlead/proto/model/system.ts';
import type { LockState } from './lock-keeper.ts';

/** The doorbell may be lost; then this is how late a free lock is noticed. */
const POLL_MS = 3_000;

interface Waiter {
  /** Where it was told to stand; 1 is next. */
  readonly position: number;
  resume(): void;
}

interface Queue {
  /** By request, in the order of their coming. */
  readonly waiters: Map<string, Waiter>;
  timer: Timer | null;
}

/**
 * Those who wait here for locks. One look at a key serves everybody who waits for it, and only those are resumed who have
 * something to learn: however many wait, waiting costs a read or two every few seconds and no write.
 */
export class LockWaiters {
  readonly #scheduler: Scheduler;
  readonly #look: (key: string) => Promise<LockState>;
  readonly #queues = new Map<string, Queue>();
  #stopped = false;

  constructor(scheduler: Scheduler, look: (key: string) => Promise<LockState>) {
    this.#scheduler = scheduler;
    this.#look = look;
  }

  /** Resolves when asking again may have another answer. */
  wait(key: string, requestId: string, position: number): Promise<void> {
    return new Promise((resolve) => {
      const queue = this.#queues.get(key) ?? { waiters: new Map<string, Waiter>(), timer: null };
      this.#queues.set(key, queue);
      // A request waits once: who came before under the same name was given up.
      this.#resume(queue, requestId);
      queue.waiters.set(requestId, { position, resume: resolve });
      this.#again(key, queue);
    });
  }

  /** The doorbell rang: somebody let go of the key. */
  rang(key: string): void {
    const queue = this.#queues.get(key);
    if (queue !== undefined) void this.#resumeMoved(key, queue);
  }

  stop(): void {
    this.#stopped = true;
    for (const { timer } of this.#queues.values()) timer?.cancel();
    this.#queues.clear();
  }

  #again(key: string, queue: Queue): void {
    if (this.#stopped || queue.timer !== null) return;
    queue.timer = this.#scheduler.after(POLL_MS, () => {
      queue.timer = null;
      // One of them asks for all: asking is what evicts the dead.
      const [first] = queue.waiters.keys();
      if (first !== undefined) this.#resume(queue, first);
      void this.#resumeMoved(key, queue).then(() => {
        if (queue.waiters.size > 0) this.#again(key, queue);
        else if (this.#queues.get(key) === queue && queue.timer === null) this.#queues.delete(key);
      });
    });
  }

  /** Whoever was granted the lock, moved up, or is not in the queue any more. */
  async #resumeMoved(key: string, queue: Queue): Promise<void> {
    try {
      const state = await this.#look(key);
      const positions = new Map(state.queue.map((place, index) => [place.requestId, index + 1]));
      for (const [requestId, { position }] of queue.waiters) {
        if (positions.get(requestId) !== position) this.#resume(queue, requestId);
      }
    } catch {
      // The store is away: the next look is as good.
    }
  }

  #resume(queue: Queue, requestId: string): void {
    const waiter = queue.waiters.get(requestId);
    queue.waiters.delete(requestId);
    waiter?.resume();
  }
}
