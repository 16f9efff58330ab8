/**
 * Which executions this replica drives: taking them, holding their loops, letting go of the settled ones. Appending needs
 * no claim; sending does, and only a loop held here sends.
 */
import type { ExecutionId, ReplicaId } from '@fairlead/proto/model/ids.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { Execution } from '../engine/execution.ts';
import type { Plan } from '../engine/plan.ts';
import type { Head } from '../ports/heads.ts';
import { Broken, type BrokenWorld } from './broken.ts';
import { EngineBug } from './engine.ts';
import { ExecutionLoop } from './execution-loop.ts';
import { NOTHING, type Loaded } from './history.ts';
import { insist, isPassing } from './insist.ts';
import { Superseded, type LoopWorld, type Outcome } from './loop-world.ts';
import { Outbound, type CarryOut } from './outbound.ts';

/** This many drivers that did not live to load it: it is parked before another tries. */
const STRIKES = 2;
/** A head whose first event never came is given up after so long: whoever asked will ask again. Milliseconds. */
const UNBORN_MS = 300_000;

export interface DriversWorld extends BrokenWorld {
  readonly replica: ReplicaId;
  readonly carryOut: CarryOut;
  /** What went wrong and is tried again: for the log. */
  onError(error: unknown): void;
}

export class Drivers {
  readonly broken: Broken;
  readonly #world: DriversWorld;
  readonly #loops = new Map<ExecutionId, ExecutionLoop>();
  readonly #claiming = new Set<ExecutionId>();
  readonly #starting = new Map<ExecutionId, Promise<void>>();

  constructor(world: DriversWorld) {
    this.#world = world;
    this.broken = new Broken(world);
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
    // One after the other: two at once would both find the same head theirs.
    const before = this.#starting.get(id);
    const started = before === undefined ? this.#start(plan) : before.then(() => this.#start(plan));
    const over = started.then(
      () => {},
      () => {},
    );
    this.#starting.set(id, over);
    try {
      return await started;
    } finally {
      if (this.#starting.get(id) === over) this.#starting.delete(id);
    }
  }

  async #start(plan: Plan): Promise<{ readonly created: boolean }> {
    const { executionId: id } = plan;
    const { heads, replica, system, loops } = this.#world;
    if (this.#loops.get(id)?.at.execution != null) return { created: false };
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
    const loaded = inserted ? NOTHING : await loops.history.load(id);
    if (loaded.execution !== null) return { created: false };
    const epoch = inserted ? 1 : head.epoch + 1;
    // Its first event has not come yet: whoever made the head is slow, or gone. Take it up where it stopped.
    if (!inserted && !(await this.#take(head, epoch))) {
      throw new FailureError(failure('CONFLICT', `execution ${id} is being started by another request`));
    }
    const loop = this.#hold(id, epoch, loaded);
    try {
      const [{ events }] = await Promise.all([
        loop.give({ input: 'start', plan, driver: replica, epoch }),
        // In case that it was only slow: the head is ours by now, and nothing may be decided in between.
        loop.give({ input: 'driverChanged', driver: replica, epoch }),
      ]);
      const created = events.length > 0;
      if (loop.at.execution === null) {
        // Nothing of it stands anywhere: its id would lead nowhere.
        this.#drop(id, loop);
        const why = `${id} was not started: the engine fails on its first decision. The control plane's log says how`;
        throw new FailureError(failure('INTERNAL', why));
      }
      if (!inserted) await insist(system.scheduler, () => heads.patch(id, { strikes: 0, dueAt: null }));
      return { created };
    } catch (error) {
      // Another request took it from us, and started it or will.
      if (error instanceof Superseded) return { created: false };
      throw error;
    }
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
      await this.broken.mark(id, reason);
      return false;
    }
    this.#claiming.add(id);
    try {
      const epoch = head.epoch + 1;
      if (!(await this.#take(head, epoch))) return false;
      // It is ours: as long as this replica lives nobody else looks at it, so nothing from here on may be given up.
      const loaded = await loops.history.catchUp(id);
      const { execution } = loaded;
      if (execution === null) return await this.#giveUpUnborn(head, system.clock.now());
      if (execution.settled) return await this.settled(execution).then(() => false);
      const next = Math.max(epoch, execution.epoch + 1);
      await this.#hold(id, next, loaded).give({ input: 'driverChanged', driver: replica, epoch: next });
      await insist(system.scheduler, () => heads.patch(id, { strikes: 0 }));
      return true;
    } catch (error) {
      if (error instanceof Superseded) return false;
      if (error instanceof EngineBug) await this.broken.mark(id, error.message);
      throw error;
    } finally {
      this.#claiming.delete(id);
    }
  }

  /** A claim whose answer was lost may have been made all the same; then it must be known to be ours. */
  #take(head: Head, epoch: number): Promise<boolean> {
    const { heads, replica, system } = this.#world;
    return insist(system.scheduler, () => heads.claim(head.executionId, head, { driver: replica, epoch }));
  }

  /**
   * Ends what is broken and driven by nobody; false when it is not so. With its end in the journal somebody may take it
   * up again, to settle it.
   */
  async abortParked(id: ExecutionId, actor: string): Promise<boolean> {
    const head = await this.#world.heads.get(id);
    if (head === null || head.parked === null || this.#loops.has(id)) return false;
    await this.broken.abort(id, head.parked, actor);
    return true;
  }

  /** Looks at one that is marked as broken. One that took drivers down is not read: it would take this one down, too. */
  async lookAtBroken({ executionId: id, strikes }: Head): Promise<void> {
    if (strikes < STRIKES && !this.#loops.has(id)) await this.broken.freeIfEnded(id);
  }

  /** Catches up with what others appended to executions driven here, also where their doorbell was lost. */
  async lookBehind(): Promise<void> {
    const ids = [...this.#loops.keys()];
    if (ids.length === 0) return;
    for (const [id, seq] of await this.#world.loops.history.lastSeqs(ids)) {
      const loop = this.#loops.get(id);
      if (loop !== undefined && loop.at.seq < seq) this.post(id, 'refresh');
    }
  }

  /** Null when this replica does not drive it (any more). */
  async give(id: ExecutionId, input: Parameters<ExecutionLoop['give']>[0]): Promise<Outcome | null> {
    const loop = this.#loops.get(id);
    if (loop === undefined) return null;
    try {
      const outcome = await loop.give(input);
      const aborts = input !== 'refresh' && input.input === 'abort';
      if (aborts && outcome.execution?.parked != null) await this.broken.freeIfEnded(id);
      return outcome;
    } catch (error) {
      if (!(error instanceof Superseded)) throw error;
      return null;
    }
  }

  /** Gives without waiting for it: for those who look again anyhow. */
  post(id: ExecutionId, input: Parameters<ExecutionLoop['give']>[0]): void {
    this.give(id, input).catch((error: unknown) => this.#tell(error));
  }

  /** Nothing is wanted of it any more. */
  async settled({ id }: Execution): Promise<void> {
    const { heads, system } = this.#world;
    const loop = this.#loops.get(id);
    if (loop !== undefined) this.#drop(id, loop);
    await insist(system.scheduler, () => heads.patch(id, { settled: true, dueAt: null }));
  }

  stop(): void {
    for (const loop of this.#loops.values()) loop.stop();
    this.#loops.clear();
  }

  /** Who was superseded has nothing to tell, and of a store that is away those tell who ask it all the time. */
  #tell(error: unknown): void {
    if (!(error instanceof Superseded) && !isPassing(error)) this.#world.onError(error);
  }

  #drop(id: ExecutionId, loop: ExecutionLoop): void {
    loop.stop();
    if (this.#loops.get(id) === loop) this.#loops.delete(id);
  }

  #hold(id: ExecutionId, epoch: number, loaded: Loaded): ExecutionLoop {
    const { loops, system, carryOut } = this.#world;
    const outbound = new Outbound(system.scheduler, carryOut, (error) => this.#tell(error));
    const park: LoopWorld['park'] = (at, bug, inputs) => this.broken.park(id, at, bug, inputs);
    const over: LoopWorld['over'] = ({ execution }) => {
      this.#drop(id, loop);
      // Whoever settled it may not have lived to say so.
      if (execution?.settled === true) this.settled(execution).catch((error: unknown) => this.#tell(error));
    };
    const loop: ExecutionLoop = new ExecutionLoop(id, epoch, { ...loops, park, over }, outbound, loaded);
    this.#loops.set(id, loop);
    return loop;
  }

  async #giveUpUnborn(head: Head, now: number): Promise<boolean> {
    const { heads, system } = this.#world;
    const givenUpAt = head.createdAt + UNBORN_MS;
    // This replica may live for long, and nobody else looks at it until then.
    const fields = now > givenUpAt ? { settled: true, dueAt: null } : { strikes: 0, dueAt: givenUpAt + 1 };
    await insist(system.scheduler, () => heads.patch(head.executionId, fields));
    return false;
  }
}
