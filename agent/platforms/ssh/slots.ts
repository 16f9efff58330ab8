/** At most so many at once, first come first served. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Resolves with the function that gives the slot back; calling that twice is harmless. */
  async take(signal?: AbortSignal): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else {
      await new Promise<void>((resolve) => {
        const given = (): void => {
          signal?.removeEventListener('abort', leave);
          resolve();
        };
        // One that gives up is let through at once: it notices its signal and gives the place back.
        const leave = (): void => {
          const at = this.#waiting.indexOf(given);
          if (at < 0) return;
          this.#waiting.splice(at, 1);
          this.#free -= 1;
          given();
        };
        this.#waiting.push(given);
        signal?.addEventListener('abort', leave, { once: true });
      });
    }
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#free += 1;
      if (this.#free <= 0) return;
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#free -= 1;
      next();
    };
  }
}
