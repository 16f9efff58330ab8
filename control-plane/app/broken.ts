/**
 * Executions that cannot be decided on any more, BROKEN: they are marked and rung for, and what people may still do with
 * them goes straight to the journal, past a loop that holds what it cannot interpret.
 */
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import type { Event } from '../engine/events.ts';
import type { Execution } from '../engine/execution.ts';
import type { Input } from '../engine/inputs.ts';
import { park } from '../engine/rules/park.ts';
import type { Heads } from '../ports/heads.ts';
import type { Engine, EngineBug } from './engine.ts';
import type { Loaded } from './history.ts';
import { insist } from './insist.ts';
import type { LoopParts } from './loop-world.ts';

export interface BrokenWorld {
  readonly system: System;
  readonly heads: Heads;
  readonly loops: LoopParts;
  /** Rings for people: an execution is broken. */
  alarm(id: ExecutionId, reason: string): void;
}

export const brokenFailure = (reason: string): Failure =>
  failure('ILLEGAL_STATE', `it is broken: it can only be aborted (${reason})`);

type Make = (execution: Execution, engine: Engine, now: number) => readonly Event[];

export class Broken {
  readonly #world: BrokenWorld;

  constructor(world: BrokenWorld) {
    this.#world = world;
  }

  async mark(id: ExecutionId, reason: string): Promise<void> {
    const { heads, system } = this.#world;
    await insist(system.scheduler, () => heads.patch(id, { parked: reason }));
    this.#world.alarm(id, reason);
  }

  /** Marks it, in its journal where that is still possible. An abort ends it even so. */
  async park(id: ExecutionId, at: Loaded, bug: EngineBug, inputs: readonly Input[]): Promise<Loaded> {
    const { loops, system } = this.#world;
    const { execution } = at;
    // One that has ended stays free to be taken up and settled; what was marked before may have ended without our knowing.
    const isNew = execution === null || (execution.endedAt === null && execution.parked === null);
    if (isNew) await this.mark(id, bug.message);
    else this.#world.alarm(id, bug.message);
    if (execution === null) return at;
    const abort = inputs.find((input) => input.input === 'abort') ?? null;
    const events = park(execution, bug.message, abort, Math.max(system.clock.now(), execution.lastAt));
    if (events.length === 0) return at;
    const parked = await this.#append(at, execution, events);
    if (parked !== 'conflict') return parked;
    const now = await loops.history.catchUp(id, at);
    // Somebody else ended it: there is nothing left to keep from others.
    if (now.execution?.endedAt != null) await this.#free(id);
    else if (abort !== null) return this.park(id, now, bug, inputs);
    return now;
  }

  /** Ends one that nobody drives. */
  async abort(id: ExecutionId, reason: string, actor: string): Promise<void> {
    const { heads, loops, system } = this.#world;
    await loops.history.load(id);
    // To read it took nothing down: whoever comes after this replica may look whether it has ended.
    await insist(system.scheduler, () => heads.patch(id, { strikes: 0 }));
    await this.appendByForce(id, (execution, _engine, now) =>
      execution.endedAt === null ? park(execution, reason, { actor }, now) : [],
    );
    await this.#free(id);
  }

  /**
   * Ended, it has only to be settled: whoever comes after this replica may take it up again. Whoever wrote its end may not
   * have lived to free it, and a mark that was tried again may have come after it.
   */
  async freeIfEnded(id: ExecutionId): Promise<void> {
    const { execution } = await this.#world.loops.history.load(id);
    // Of one whose first decision failed nothing stands that could be broken: it is given up like any that never began.
    if (execution === null || execution.endedAt !== null) await this.#free(id);
  }

  /** Appends what a person answers for and the engine cannot decide; `make` is asked again when somebody else was faster. */
  async appendByForce(id: ExecutionId, make: Make): Promise<void> {
    const { loops, system } = this.#world;
    for (;;) {
      const at = await loops.history.load(id);
      if (at.execution === null) return;
      const events = make(at.execution, loops.engine, Math.max(system.clock.now(), at.execution.lastAt));
      if (events.length === 0) return;
      if ((await this.#append(at, at.execution, events)) !== 'conflict') return;
    }
  }

  async #free(id: ExecutionId): Promise<void> {
    const { heads, system } = this.#world;
    await insist(system.scheduler, () => heads.patch(id, { parked: null, strikes: 0 }));
  }

  /** In the epoch that is written down: whoever parks it may have taken it over and not have come to say so. */
  async #append({ seq }: Loaded, execution: Execution, events: readonly Event[]): Promise<Loaded | 'conflict'> {
    const { loops } = this.#world;
    const next = events.reduce<Execution>((state, event) => loops.engine.evolve(state, event), execution);
    const decisions = [{ input: { input: 'tick' } as const, events }];
    const head = { executionId: execution.id, seq: seq + 1, epoch: execution.epoch, now: next.lastAt };
    if ((await loops.history.append(head, decisions)) === 'conflict') return 'conflict';
    loops.publish(next, seq + 1, decisions);
    return { execution: next, seq: seq + 1 };
  }
}
