import type { System, Timer } from '@fairlead/proto/model/system.ts';

/** A connection that has to be heard of in time. */
export interface Watched {
  /** Within how much time it must be heard of again. Milliseconds. */
  readonly patienceMs: number;
  /** It was not. */
  expire(): void;
}

const TICK_MS = 1_000;

/**
 * The open sessions, and one timer for all of them: with thousands of agents, a timer each would cost more than the
 * heartbeats do.
 */
export class SessionTable {
  readonly #system: System;
  /** When each was last heard of, monotonic. */
  readonly #heard = new Map<Watched, number>();
  #timer: Timer | null = null;

  constructor(system: System) {
    this.#system = system;
  }

  get size(): number {
    return this.#heard.size;
  }

  heardOf(watched: Watched): void {
    this.#heard.set(watched, this.#system.clock.monotonic());
    if (this.#timer === null) this.#timer = this.#system.scheduler.after(TICK_MS, () => this.#tick());
  }

  remove(watched: Watched): void {
    this.#heard.delete(watched);
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #tick(): void {
    this.#timer = null;
    const now = this.#system.clock.monotonic();
    for (const [watched, at] of this.#heard) {
      if (now - at < watched.patienceMs) continue;
      this.#heard.delete(watched);
      watched.expire();
    }
    if (this.#heard.size > 0) this.#timer = this.#system.scheduler.after(TICK_MS, () => this.#tick());
  }
}
