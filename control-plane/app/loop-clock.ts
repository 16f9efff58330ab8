import type { Clock } from '@fairlead/proto/model/system.ts';

/**
 * The time in which one execution is decided here: the wall clock at the beginning, then as fast as time really passes,
 * whatever becomes of the wall clock. Never behind what stands in the journal, which another clock may have written: so
 * that a deadline is as far away as it says.
 */
export class LoopClock {
  readonly #clock: Clock;
  #base: number;
  #since: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#base = clock.now();
    this.#since = clock.monotonic();
  }

  now(): number {
    return this.#base + Math.floor(this.#clock.monotonic() - this.#since);
  }

  /** So late it is at least. */
  reached(at: number): void {
    if (at <= this.now()) return;
    this.#base = at;
    this.#since = this.#clock.monotonic();
  }
}
