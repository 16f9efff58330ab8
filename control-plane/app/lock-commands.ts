import type { Bus } from '../ports/bus.ts';
import type { CommandOf } from '../engine/commands.ts';
import type { Input } from '../engine/inputs.ts';
import type { Scheduler } from '@fairlead/proto/model/system.ts';
import { executionOf } from '@fairlead/proto/model/ids.ts';
import { subjects } from '@fairlead/proto/subjects.ts';
import type { LockAnswer, LockKeeper } from './lock-keeper.ts';

/** The doorbell may be lost; then this is how late a free lock is noticed. */
const POLL_MS = 3_000;

export interface LockWorld {
  readonly keeper: LockKeeper;
  readonly bus: Bus;
  readonly scheduler: Scheduler;
  give(executionId: string, input: Input): Promise<unknown>;
}

/**
 * Carries out what executions want of locks. Several keys are taken one after the other in the order of their names, which
 * is the same for everybody, so two executions never wait for each other.
 */
export class LockCommands {
  readonly #world: LockWorld;
  readonly #waiting = new Set<() => void>();

  constructor(world: LockWorld) {
    this.#world = world;
    world.bus.subscribe(subjects.locks, () => this.#wake());
  }

  async acquire(command: CommandOf<'acquireLock'>): Promise<number> {
    const { runId, requestId, queueLimit } = command;
    const executionId = executionOf(runId);
    const fences: Record<string, number> = {};
    for (const key of command.keys.toSorted()) {
      const answer = await this.#world.keeper.acquire(key, { requestId, executionId }, queueLimit);
      if (answer.state !== 'HELD') return this.#notYet(command, answer);
      fences[key] = answer.ticket;
    }
    const answer = { state: 'HELD', fences } as const;
    await this.#world.give(executionId, { input: 'lockAnswered', runId, requestId, answer });
    return POLL_MS;
  }

  async release(command: CommandOf<'releaseLock'>): Promise<number> {
    const { runId, requestId, keys } = command;
    const executionId = executionOf(runId);
    for (const key of keys) await this.#world.keeper.release(key, { requestId, executionId });
    this.#world.bus.publish(subjects.locks, { keys: [...keys] });
    await this.#world.give(executionId, { input: 'lockReleased', runId, requestId });
    return POLL_MS;
  }

  async #notYet(command: CommandOf<'acquireLock'>, answer: Exclude<LockAnswer, { state: 'HELD' }>): Promise<number> {
    const { runId, requestId } = command;
    await this.#world.give(executionOf(runId), { input: 'lockAnswered', runId, requestId, answer });
    return this.#untilDoorbell();
  }

  async #untilDoorbell(): Promise<number> {
    await new Promise<void>((resolve) => {
      const timer = this.#world.scheduler.after(POLL_MS, resolve);
      this.#waiting.add(() => {
        timer.cancel();
        resolve();
      });
    });
    return 0;
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resume of waiting) resume();
  }
}
