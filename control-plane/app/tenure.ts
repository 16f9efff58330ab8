import type { Execution } from '../engine/execution.ts';
import type { Decision } from './deliberate.ts';
import type { Loaded } from './history.ts';
import { LoopClock } from './loop-clock.ts';
import { Superseded, type LoopWorld } from './loop-world.ts';

/** One driver's turn at an execution, its epoch: how far it has read, and what it appends in it. */
export class Tenure {
  readonly #id: string;
  readonly #epoch: number;
  readonly #world: LoopWorld;
  readonly #clock: LoopClock;
  at: Loaded;

  constructor(id: string, epoch: number, world: LoopWorld, at: Loaded) {
    this.#id = id;
    this.#epoch = epoch;
    this.#world = world;
    this.#clock = new LoopClock(world.clock);
    this.at = at;
  }

  now(): number {
    this.#clock.reached(this.at.execution?.lastAt ?? 0);
    return this.#clock.now();
  }

  /** Is this the epoch of that state? Before its own first append a driver has no turn to send in. */
  covers(execution: Execution | null): execution is Execution {
    return execution?.epoch === this.#epoch;
  }

  /** Throws once another driver has taken over. */
  check(): void {
    if ((this.at.execution?.epoch ?? 0) <= this.#epoch) return;
    throw new Superseded(`execution ${this.#id} has another driver since`);
  }

  /** False when somebody else appended first: catch up, and decide again. */
  async append(execution: Execution, decisions: readonly Decision[]): Promise<boolean> {
    const seq = this.at.seq + 1;
    const head = { executionId: this.#id, seq, epoch: this.#epoch, now: execution.lastAt };
    if ((await this.#world.history.append(head, decisions)) === 'conflict') return false;
    this.at = { execution, seq };
    this.#world.publish(execution, seq, decisions);
    return true;
  }

  /** Reads what somebody else appended; a newer driver among it ends this one. */
  async catchUp(): Promise<void> {
    this.at = await this.#world.history.catchUp(this.#id, this.at);
    if (this.at.execution?.settled === true) return this.#world.over(this.at);
    try {
      this.check();
    } catch (error) {
      this.#world.over(this.at);
      throw error;
    }
  }
}
