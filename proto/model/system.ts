/**
 * The outside world as ports, so that simulation can own time and chance. Only `control-plane/adapters/system` and the
 * agent's `adapters/system.ts` touch the real ones.
 */
export interface Clock {
  /** Milliseconds since the epoch; may jump in either direction. */
  now(): number;
  /** Milliseconds since some start; never runs backwards. For leases, intervals and waiting. */
  monotonic(): number;
  /**
   * Names the start that `monotonic` counts from, where other processes count from the same one: the last start of the
   * machine. What they wrote down of it can then be compared. Absent: nobody else counts from it.
   */
  readonly era?: string;
}

export interface Timer {
  cancel(): void;
}

export interface Scheduler {
  /** Runs the task once, no sooner than `ms` milliseconds from now. A task that throws is a bug and is reported as one. */
  after(ms: number, task: () => void): Timer;
  /** Resolves no sooner than `ms` milliseconds from now. */
  sleep(ms: number): Promise<void>;
}

export interface Random {
  /** In [0, 1). */
  fraction(): number;
  /** Unpredictable where the platform can; only simulation may be predictable. */
  bytes(count: number): Uint8Array;
}

export interface Ids {
  /** A new id, unique everywhere and for ever, made of `a-z0-9`: `<prefix><random>`. */
  unique(prefix: string): string;
}

export interface System {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly ids: Ids;
}
