/** A control plane of the simulation: the real replica on a store whose awaits are numbered. */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import type { Random } from '@fairlead/proto/model/system.ts';
import { Replica } from '../../control-plane/app/replica.ts';
import type { Engine } from '../../control-plane/app/engine.ts';
import { createMemoryStore, type MemoryData, type StoreCall } from '../support/memory-store/index.ts';
import type { VirtualProcess, VirtualSystem } from '../support/virtual-system.ts';
import type { History } from './history.ts';
import type { LinkWorld } from './link-world.ts';
import type { Network } from './network.ts';

export interface StoreFaults {
  /** Chances per call: refused before it is applied; applied with its answer lost. */
  readonly refused: number;
  readonly answerLost: number;
}

export class ReplicaProcess {
  readonly name: string;
  replica: Replica | null = null;
  faults: StoreFaults = { refused: 0, answerLost: 0 };
  crashAt: number | null = null;
  readonly broken: string[] = [];
  readonly #system: VirtualSystem;
  readonly #network: Network;
  readonly #data: MemoryData;
  readonly #engine: Engine;
  readonly #history: History;
  readonly #links: () => LinkWorld;
  #process: VirtualProcess | null = null;
  #incarnation = 0;
  #awaits = 0;

  constructor(
    name: string,
    world: {
      system: VirtualSystem;
      network: Network;
      data: MemoryData;
      engine: Engine;
      history: History;
      links: () => LinkWorld;
    },
  ) {
    this.name = name;
    this.#system = world.system;
    this.#network = world.network;
    this.#data = world.data;
    this.#engine = world.engine;
    this.#history = world.history;
    this.#links = world.links;
  }

  get awaits(): number {
    return this.#awaits;
  }

  async start(): Promise<void> {
    if (this.replica !== null) return;
    this.#incarnation += 1;
    const process = this.#system.spawn(`${this.name}.${this.#incarnation}`);
    this.#process = process;
    this.#history.note('replica', `${this.name} starts`);
    const alive = (): boolean => this.#process === process;
    const store = createMemoryStore({ data: this.#data, hook: (call) => this.#await(call, process, alive) });
    this.replica = new Replica({
      store,
      bus: this.#network.bus(this.name, alive),
      system: process,
      digest: { sha256: (text) => text },
      engine: this.#engine,
      crash: NO_CRASH,
      alone: false,
      gateway: { leaseMs: 10_000, heartbeatMs: 3_000, bus: { kind: 'STREAM' } },
      agentLostMs: 20_000,
      onError: (error) => this.#complain(error, alive),
      onBroken: (id, reason) => void this.broken.push(`${id}: ${reason}`),
    });
    await this.replica.start();
  }

  kill(): void {
    if (this.replica === null) return;
    this.#history.note('replica', `${this.name} dies`);
    this.#process?.kill();
    this.#process = null;
    this.replica = null;
    this.#network.forget(this.name);
    this.#links().cut(this.name);
  }

  async #await(
    call: StoreCall,
    { random, scheduler }: { random: Random; scheduler: VirtualProcess['scheduler'] },
    alive: () => boolean,
  ): Promise<void> {
    if (!alive()) return new Promise(() => {});
    this.#awaits += 1;
    if (this.crashAt !== null && this.#awaits >= this.crashAt) {
      this.crashAt = null;
      this.#history.note('crash', `${this.name} ${call.moment} ${call.name}`);
      this.kill();
      return new Promise(() => {});
    }
    const { refused, answerLost } = this.faults;
    const chance = random.fraction();
    await scheduler.sleep(0.1 + random.fraction());
    if (!alive()) return new Promise(() => {});
    if (chance < (call.moment === 'before' ? refused : answerLost)) {
      throw new FailureError(failure('UNAVAILABLE', `the store did not answer ${call.name}`));
    }
  }

  #complain(error: unknown, alive: () => boolean): void {
    // A store that is away is retried; anything else is a bug, which the run must not hide.
    if (alive() && !(error instanceof FailureError)) this.broken.push(String(error));
  }
}
