/**
 * Finds executions that nobody drives and takes them over, and looks after those driven here whose doorbell was lost; once
 * in a while, after broken ones that have ended. Waiting executions cost no writes.
 */
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { Scheduler, Timer, Random, Clock } from '@fairlead/proto/model/system.ts';
import type { Heads } from '../ports/heads.ts';
import type { Drivers } from './drivers.ts';
import type { Replicas } from './replicas.ts';

const EVERY_MS = 1_000;
const BATCH = 200;
/** Sweeps from one look at broken executions to the next. */
const BROKEN_EVERY = 20;

export class Sweeper {
  readonly #heads: Heads;
  readonly #replicas: Replicas;
  readonly #drivers: Drivers;
  readonly #system: { readonly clock: Clock; readonly scheduler: Scheduler; readonly random: Random };
  #timer: Timer | null = null;
  #stopped = false;
  #sweeps = 0;
  #lastBroken: ExecutionId | null = null;

  constructor(
    heads: Heads,
    replicas: Replicas,
    drivers: Drivers,
    system: { readonly clock: Clock; readonly scheduler: Scheduler; readonly random: Random },
  ) {
    this.#heads = heads;
    this.#replicas = replicas;
    this.#drivers = drivers;
    this.#system = system;
  }

  /** Sweeps now, then about once a second, the replicas a little apart from each other. */
  start(onError: (error: unknown) => void): void {
    if (this.#stopped) return;
    this.sweep()
      .catch(onError)
      .then(() => {
        if (this.#stopped) return;
        const delayMs = EVERY_MS * (0.75 + this.#system.random.fraction() / 2);
        this.#timer = this.#system.scheduler.after(delayMs, () => this.start(onError));
      }, onError);
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async sweep(): Promise<void> {
    await this.#drivers.lookBehind();
    if (this.#sweeps % BROKEN_EVERY === 0) await this.#lookAtBroken();
    this.#sweeps += 1;
    const live = this.#replicas.live;
    const heads = await this.#heads.sweepable({ now: this.#system.clock.now(), live, limit: BATCH });
    if (heads.length === 0) return;
    // Whoever began to drive since the last look lives, too.
    await this.#replicas.look();
    const alive = this.#replicas.live.filter((id) => !live.includes(id));
    const problems: unknown[] = [];
    for (const head of heads) {
      if (this.#drivers.loop(head.executionId) !== undefined) continue;
      if (head.driver !== null && alive.includes(head.driver)) continue;
      // One that cannot be taken over keeps nobody from the others.
      await this.#drivers.claim(head).catch((error: unknown) => problems.push(error));
    }
    if (problems.length > 0) throw problems[0];
  }

  async #lookAtBroken(): Promise<void> {
    const heads = await this.#heads.parked({ after: this.#lastBroken, limit: BATCH });
    for (const head of heads) await this.#drivers.lookAtBroken(head);
    this.#lastBroken = heads.length < BATCH ? null : (heads.at(-1)?.executionId ?? null);
  }
}
