import type { Bus, Subscription } from '../ports/bus.ts';
import type { CommandOf } from '../engine/commands.ts';
import type { Input } from '../engine/inputs.ts';
import type { Scheduler } from '@fairlead/proto/model/system.ts';
import { executionOf } from '@fairlead/proto/model/ids.ts';
import { subjects } from '@fairlead/proto/subjects.ts';
import type { LockAnswer, LockKeeper } from './lock-keeper.ts';
import { LockWaiters } from './lock-waiters.ts';

/** When to look again at what was answered: it is not wanted any more by then. */
const ANSWERED_MS = 3_000;

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
  readonly #waiters: LockWaiters;
  readonly #subscription: Subscription;

  constructor(world: LockWorld) {
    this.#world = world;
    this.#waiters = new LockWaiters(world.scheduler, (key) => world.keeper.look(key));
    this.#subscription = world.bus.subscribe(subjects.locks, ({ keys }) => {
      for (const key of Array.isArray(keys) ? keys : []) this.#waiters.rang(String(key));
    });
  }

  stop(): void {
    this.#subscription.end();
    this.#waiters.stop();
  }

  async acquire(command: CommandOf<'acquireLock'>): Promise<number> {
    const { runId, requestId, queueLimit } = command;
    const executionId = executionOf(runId);
    const fences: Record<string, number> = {};
    for (const key of command.keys.toSorted()) {
      const answer = await this.#world.keeper.acquire(key, { requestId, executionId }, queueLimit);
      if (answer.state !== 'HELD') return this.#notYet(command, key, answer);
      fences[key] = answer.ticket;
    }
    const answer = { state: 'HELD', fences } as const;
    await this.#world.give(executionId, { input: 'lockAnswered', runId, requestId, answer });
    return ANSWERED_MS;
  }

  async release(command: CommandOf<'releaseLock'>): Promise<number> {
    const { runId, requestId, keys } = command;
    const executionId = executionOf(runId);
    for (const key of keys) await this.#world.keeper.release(key, { requestId, executionId });
    this.#world.bus.publish(subjects.locks, { keys: [...keys] });
    await this.#world.give(executionId, { input: 'lockReleased', runId, requestId });
    return ANSWERED_MS;
  }

  async #notYet(
    { runId, requestId }: CommandOf<'acquireLock'>,
    key: string,
    answer: Exclude<LockAnswer, { state: 'HELD' }>,
  ): Promise<number> {
    const give = (): Promise<unknown> =>
      this.#world.give(executionOf(runId), { input: 'lockAnswered', runId, requestId, answer });
    if (answer.state === 'REFUSED') return give().then(() => ANSWERED_MS);
    // Waiting from now on, so that a bell that rings while this is written down is not missed.
    const changed = this.#waiters.wait(key, requestId, answer.position);
    await give();
    await changed;
    return 0;
  }
}
