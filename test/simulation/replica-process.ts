/** A control plane of the simulation: the real replica on a store whose awaits are numbered. */
import { createHash } from 'node:crypto';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import { pino } from 'pino';
import type { LiveContext } from '../../control-plane/api/live/live-socket.ts';
import { Topics } from '../../control-plane/api/live/topics.ts';
import { controlPlane } from '../../control-plane/app/control-plane.ts';
import { Replica } from '../../control-plane/app/replica.ts';
import type { UseCases } from '../../control-plane/app/use-cases.ts';
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

export const STORE_CALM: StoreFaults = { refused: 0, answerLost: 0 };

/** Short leases, so that much happens in little virtual time. */
export const LEASE_MS = 5_000;
export const HEARTBEAT_MS = 1_500;
export const LOST_MS = 9_000;
/** Whatever starts processes starts it again so long after it could not start. */
const RESTART_MS = 1_000;

export interface ReplicaWorld {
  readonly system: VirtualSystem;
  readonly network: Network;
  readonly data: MemoryData;
  readonly engine: Engine;
  readonly history: History;
  readonly links: () => LinkWorld;
  /** A call was applied to the store. */
  readonly onStore?: (call: string) => void;
}

export class ReplicaProcess {
  readonly name: string;
  replica: Replica | null = null;
  #useCases: UseCases | null = null;
  #live: LiveContext | null = null;
  /** Ends of sockets that break with this process. */
  readonly #ends = new Set<() => void>();
  faults: StoreFaults = STORE_CALM;
  /** Dies at this await on the store, counted from its making. */
  crashAt: number | null = null;
  /** How far its wall clock is off. Milliseconds. */
  skewMs = 0;
  /** Bugs that it reported, and executions that it parked. */
  readonly broken: string[] = [];
  readonly #world: ReplicaWorld;
  #process: VirtualProcess | null = null;
  #incarnation = 0;
  #awaits = 0;

  constructor(name: string, world: ReplicaWorld) {
    this.name = name;
    this.#world = world;
  }

  get awaits(): number {
    return this.#awaits;
  }

  /** What people see of it; null when nobody is there. */
  get front(): { readonly name: string; readonly replica: Replica; readonly useCases: UseCases } | null {
    const { name, replica } = this;
    const useCases = this.#useCases;
    return replica === null || useCases === null ? null : { name, replica, useCases };
  }

  /** The same for those who watch: what is behind its live socket. */
  get live(): { readonly context: LiveContext; readonly onEnd: (end: () => void) => void } | null {
    const context = this.#live;
    return context === null ? null : { context, onEnd: (end) => void this.#ends.add(end) };
  }

  async start(): Promise<void> {
    if (this.replica !== null) return;
    const { system, history, network, data, engine, onStore } = this.#world;
    this.#incarnation += 1;
    const spawned = system.spawn(`${this.name}.${this.#incarnation}`);
    const { clock } = spawned;
    const process = { ...spawned, clock: { ...clock, now: () => Math.floor(clock.now() + this.skewMs) } };
    this.#process = process;
    history.note('replica', `${this.name} starts`);
    const alive = (): boolean => this.#process === process;
    const store = createMemoryStore({
      data,
      hook: async (call) => {
        if (alive() && call.moment === 'after') onStore?.(call.name);
        await this.#await(call, process, alive);
      },
    });
    const bus = network.bus(this.name, alive);
    const digest = { sha256: (text: string) => createHash('sha256').update(text).digest('hex') };
    const replica = new Replica({
      store,
      bus,
      system: process,
      digest,
      engine,
      crash: NO_CRASH,
      alone: false,
      gateway: { leaseMs: LEASE_MS, heartbeatMs: HEARTBEAT_MS, bus: { kind: 'STREAM' } },
      agentLostMs: LOST_MS,
      onError: (error) => this.#complain(error, alive),
      onBroken: (id, reason) => void (alive() && this.broken.push(`${id}: ${reason}`)),
    });
    this.replica = replica;
    const useCases = controlPlane({ replica, store, bus, system: process, digest, engine });
    const logger = pino(
      { level: 'error' },
      { write: (line: string) => void (alive() && this.broken.push(`${this.name}'s live socket: ${line}`)) },
    );
    this.#useCases = useCases;
    this.#live = { useCases, system: process, logger, topics: new Topics(useCases, process, logger) };
    try {
      await replica.start();
    } catch (error) {
      this.#complain(error, alive);
      if (!alive()) return;
      this.kill();
      system.scheduler.after(RESTART_MS, () => void this.start());
    }
  }

  /** As kill -9: timers gone, streams cut, nothing of it ever goes on. What it sent is under way. */
  kill(): void {
    if (this.replica === null) return;
    this.#world.history.note('replica', `${this.name} dies`);
    this.#process?.kill();
    this.#process = null;
    this.replica = null;
    this.#useCases = null;
    this.#live = null;
    for (const end of this.#ends) end();
    this.#ends.clear();
    this.#world.network.forget(this.name);
    this.#world.links().cut(this.name);
  }

  async #await(call: StoreCall, { random, scheduler }: VirtualProcess, alive: () => boolean): Promise<void> {
    if (!alive()) return new Promise(() => {});
    this.#awaits += 1;
    if (this.crashAt !== null && this.#awaits >= this.crashAt) {
      this.crashAt = null;
      this.#world.history.note('crash', `${this.name} ${call.moment} ${call.name}`);
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
    if (!alive() || error instanceof FailureError) return;
    this.broken.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}
