import type { Clock } from '@fairlead/proto/model/system.ts';

/**
 * Until when the control plane certainly still counts on this session. Reckoned from the *sending* of what was
 * answered, on the monotonic clock, so that it never ends later here than there.
 */
export class Lease {
  readonly #clock: Clock;
  readonly #sent = new Map<number, number>();
  #leaseMs = 0;
  #until = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get holds(): boolean {
    return this.#clock.monotonic() < this.#until;
  }

  /** Milliseconds left; 0 when it does not hold. */
  get leftMs(): number {
    return Math.max(0, this.#until - this.#clock.monotonic());
  }

  /** The welcome answered a hello sent at `sentAt`. */
  begin(sentAt: number, leaseMs: number): void {
    this.#sent.clear();
    this.#leaseMs = leaseMs;
    this.#until = sentAt + leaseMs;
  }

  beatSent(number: number): void {
    this.#sent.set(number, this.#clock.monotonic());
  }

  beatAnswered(number: number): void {
    const sentAt = this.#sent.get(number);
    if (sentAt === undefined) return;
    for (const earlier of this.#sent.keys()) if (earlier <= number) this.#sent.delete(earlier);
    this.#until = Math.max(this.#until, sentAt + this.#leaseMs);
  }

  end(): void {
    this.#sent.clear();
    this.#until = -Infinity;
  }
}
