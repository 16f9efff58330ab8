import type { Bus, Subscription } from '../ports/bus.ts';
import type { CommandOf } from '../engine/commands.ts';
import type { Execution } from '../engine/execution.ts';
import type { Input } from '../engine/inputs.ts';
import type { FoundThere } from '../engine/plan.ts';
import type { Scheduler } from '@fairlead/proto/model/system.ts';
import { executionOf, type NodeId } from '@fairlead/proto/model/ids.ts';
import { subjects } from '@fairlead/proto/subjects.ts';
import type { LockAnswer, LockKeeper } from './lock-keeper.ts';
import type { LockTerms } from './lock-state.ts';
import { LockWaiters } from './lock-waiters.ts';

/** When to look again at what was answered: it is not wanted any more by then. */
const ANSWERED_MS = 3_000;

/** Of guards, which people set no limit for: so long a queue is a mistake somewhere. */
const PERMITS_QUEUE = 1_000;

export interface LockWorld {
  readonly keeper: LockKeeper;
  readonly bus: Bus;
  readonly scheduler: Scheduler;
  /** What is defined of a guard now; null: nothing any more. */
  guardTerms(constraintId: string): Promise<LockTerms | null>;
  /** What whoever held the lock before has deployed since the run was planned. */
  foundThere(execution: Execution, runId: NodeId): Promise<readonly FoundThere[]>;
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

  async acquire(command: CommandOf<'acquireLock'>, execution: Execution): Promise<number> {
    const { runId, requestId, queueLimit } = command;
    const executionId = executionOf(runId);
    const fences: Record<string, number> = {};
    for (const key of command.keys.toSorted()) {
      const known = await this.#world.keeper.acquire(key, { requestId, executionId }, queueLimit);
      const answer = named(known, command.names[key] ?? key);
      if (answer.state !== 'HELD') return this.#tell(key, answer, { input: 'lockAnswered', runId, requestId, answer });
      fences[key] = answer.ticket;
    }
    const found = await this.#world.foundThere(execution, runId);
    const answer = { state: 'HELD', fences, ...(found.length === 0 ? {} : { found }) } as const;
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

  /** The guard as it is defined now: more room is used at once, less as soon as it is free. */
  async acquirePermits(command: CommandOf<'acquirePermits'>): Promise<number> {
    const { stepId, requestId, key, constraint, permits, capacity, strategy } = command;
    const planned = { capacity, strategy, revision: 0 };
    const terms = (await this.#world.guardTerms(constraint.id)) ?? planned;
    const request = { requestId, executionId: executionOf(stepId), permits };
    const known = await this.#world.keeper.acquire(key, request, PERMITS_QUEUE, terms);
    const answer = named(known, constraint.name);
    return this.#tell(key, answer, { input: 'permitsAnswered', stepId, requestId, answer });
  }

  async releasePermits(command: CommandOf<'releasePermits'>): Promise<number> {
    const { stepId, requestId, key } = command;
    const executionId = executionOf(stepId);
    await this.#world.keeper.release(key, { requestId, executionId });
    this.#world.bus.publish(subjects.locks, { keys: [key] });
    await this.#world.give(executionId, { input: 'permitsReleased', stepId, requestId });
    return ANSWERED_MS;
  }

  /** Says what the answer was; who is in a queue then waits for another one. */
  async #tell(
    key: string,
    answer: LockAnswer,
    input: Extract<Input, { input: 'lockAnswered' | 'permitsAnswered' }>,
  ): Promise<number> {
    const give = (): Promise<unknown> => this.#world.give(executionOf(input.requestId), input);
    if (answer.state !== 'QUEUED') return give().then(() => ANSWERED_MS);
    // Waiting from now on, so that a bell that rings while this is written down is not missed.
    const changed = this.#waiters.wait(key, input.requestId, answer.position);
    await give();
    await changed;
    return 0;
  }
}

/** A key is made of ids, which tell people nothing. */
function named(answer: LockAnswer, name: string): LockAnswer {
  if (answer.state !== 'REFUSED') return answer;
  const { failure } = answer;
  return { ...answer, failure: { ...failure, message: `${name}: ${failure.message}` } };
}
