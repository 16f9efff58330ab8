/**
 * Which executions this replica drives: taking them, holding their loops, letting go of the settled ones. Appending needs
 * no claim; sending does, and only a loop held here sends.
 */
import type { ExecutionId, ReplicaId } from '@fairlead/proto/model/ids.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import type { Execution } from '../engine/execution.ts';
import type { Input } from '../engine/inputs.ts';
import type { Plan } from '../engine/plan.ts';
import { park } from '../engine/rules/park.ts';
import type { Head, Heads } from '../ports/heads.ts';
import type { EngineBug } from './engine.ts';
import { ExecutionLoop } from './execution-loop.ts';
import { NOTHING, type Loaded } from './history.ts';
import { Superseded, type LoopWorld, type Outcome } from './loop-world.ts';
import { Outbound, type CarryOut } from './outbound.ts';

/** This many drivers that did not live to load it: it is parked before another tries. */
const STRIKES = 2;
/** A head whose first event never came is given up after so long: whoever asked will ask again. Milliseconds. */
const UNBORN_MS = 600_000;

export interface DriversWorld {
  readonly replica: ReplicaId;
  readonly system: System;
  readonly heads: Heads;
  readonly loops: Omit<LoopWorld, 'park'>;
  readonly carryOut: CarryOut;
  /** Rings for people: an execution is broken. */
  alarm(id: ExecutionId, reason: string): void;
}

export class Drivers {
  readonly #world: DriversWorld;
  readonly #loops = new Map<ExecutionId, ExecutionLoop>();
  readonly #claiming = new Set<ExecutionId>();

  constructor(world: DriversWorld) {
    this.#world = world;
  }

  get driven(): Iterable<readonly [ExecutionId, ExecutionLoop]> {
    return this.#loops;
  }

  loop(id: ExecutionId): ExecutionLoop | undefined {
    return this.#loops.get(id);
  }

  /** Starts an execution, or answers that its id was used before (which is how a request made twice runs once). */
  async start(plan: Plan): Promise<{ readonly created: boolean }> {
    const { executionId: id } = plan;
    const { heads, replica, system } = this.#world;
    const createdAt = system.clock.now();
    const fresh: Head = {
      executionId: id,
      settled: false,
      dueAt: null,
      driver: replica,
      epoch: 1,
      strikes: 0,
      parked: null,
      createdAt,
    };
    const { inserted, head } = await heads.insert(fresh);
    const loaded = inserted ? NOTHING : await this.#world.loops.history.load(id);
    if (loaded.execution !== null) return { created: false };
    // Its first event never came: whoever made the head is gone. Take it up where it stopped.
    const epoch = inserted ? 1 : head.epoch + 1;
    if (!inserted && !(await heads.claim(id, head, { driver: replica, epoch }))) {
      throw new FailureError(failure('CONFLICT', `execution ${id} is being started by another request`));
    }
    await this.#hold(id, epoch, loaded).give({ input: 'start', plan, driver: replica, epoch });
    return { created: true };
  }

  /** Whether its first event stands in the journal. */
  async exists(id: ExecutionId): Promise<boolean> {
    return this.#loops.get(id)?.at.execution != null || (await this.#world.loops.history.load(id)).execution !== null;
  }

  /** Takes over from a driver that is gone. False when somebody else was faster. */
  async claim(head: Head): Promise<boolean> {
    const { heads, replica, system, loops } = this.#world;
    const { executionId: id } = head;
    if (this.#loops.has(id) || this.#claiming.has(id)) return false;
    if (head.strikes >= STRIKES) {
      const reason = `${head.strikes} control planes went down while they took it over`;
      await heads.patch(id, { parked: reason });
      this.#world.alarm(id, reason);
      return false;
    }
    this.#claiming.add(id);
    try {
      const epoch = head.epoch + 1;
      if (!(await heads.claim(id, head, { driver: replica, epoch }))) return false;
      const loaded = await loops.history.load(id);
      if (loaded.execution === null) return await this.#giveUpUnborn(head, system.clock.now());
      const loop = this.#hold(id, Math.max(epoch, loaded.execution.epoch + 1), loaded);
      await loop.give({ input: 'driverChanged', driver: replica, epoch: Math.max(epoch, loaded.execution.epoch + 1) });
      await heads.patch(id, { strikes: 0 });
      return true;
    } finally {
      this.#claiming.delete(id);
    }
  }

  /** Null when this replica does not drive it (any more). */
  async give(id: ExecutionId, input: Parameters<ExecutionLoop['give']>[0]): Promise<Outcome | null> {
    const loop = this.#loops.get(id);
    if (loop === undefined) return null;
    try {
      return await loop.give(input);
    } catch (error) {
      if (!(error instanceof Superseded)) throw error;
      this.#drop(id, loop);
      return null;
    }
  }

  /** Told of every append, also of others'. */
  async settled(execution: Execution): Promise<void> {
    if (!execution.settled) return;
    const loop = this.#loops.get(execution.id);
    if (loop !== undefined) this.#drop(execution.id, loop);
    await this.#world.heads.patch(execution.id, { settled: true, dueAt: null });
  }

  stop(): void {
    for (const loop of this.#loops.values()) loop.stop();
    this.#loops.clear();
  }

  #drop(id: ExecutionId, loop: ExecutionLoop): void {
    loop.stop();
    if (this.#loops.get(id) === loop) this.#loops.delete(id);
  }

  #hold(id: ExecutionId, epoch: number, loaded: Loaded): ExecutionLoop {
    const { loops, system, carryOut } = this.#world;
    const outbound = new Outbound(system.scheduler, carryOut);
    const park: LoopWorld['park'] = (at, bug, inputs) => this.#park(id, epoch, at, bug, inputs);
    const loop = new ExecutionLoop(id, epoch, { ...loops, park }, outbound, loaded);
    this.#loops.set(id, loop);
    return loop;
  }

  async #giveUpUnborn(head: Head, now: number): Promise<boolean> {
    if (now - head.createdAt > UNBORN_MS) await this.#world.heads.patch(head.executionId, { settled: true });
    else await this.#world.heads.patch(head.executionId, { strikes: 0 });
    return false;
  }

  /** Marks it broken, in its journal where that is still possible. An abort ends it even so. */
  async #park(id: ExecutionId, epoch: number, at: Loaded, bug: EngineBug, inputs: readonly Input[]): Promise<Loaded> {
    const { heads, loops, system } = this.#world;
    await heads.patch(id, { parked: bug.message });
    this.#world.alarm(id, bug.message);
    const { execution, seq } = at;
    if (execution === null) return at;
    const abort = inputs.find((input) => input.input === 'abort') ?? null;
    const events = park(execution, bug.message, abort, Math.max(system.clock.now(), execution.lastAt));
    if (events.length === 0) return at;
    const parked = events.reduce<Execution>((state, event) => loops.engine.evolve(state, event), execution);
    const decisions = [{ input: { input: 'tick' } as const, events }];
    const head = { executionId: id, seq: seq + 1, epoch, now: parked.lastAt };
    if ((await loops.history.append(head, decisions)) === 'conflict') return loops.history.load(id, at);
    loops.publish(parked, seq + 1, decisions);
    return { execution: parked, seq: seq + 1 };
  }
}
