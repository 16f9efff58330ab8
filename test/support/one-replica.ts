import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import { LocalBus } from '../../control-plane/adapters/local/bus.ts';
import { controlPlane } from '../../control-plane/app/control-plane.ts';
import { ENGINE } from '../../control-plane/app/engine.ts';
import { Replica } from '../../control-plane/app/replica.ts';
import { createMemoryStore, type MemoryData, type StoreHook } from './memory-store/index.ts';
import type { Play } from './play.ts';
import { VirtualSystem } from './virtual-system.ts';

interface Place {
  readonly world?: VirtualSystem;
  readonly name?: string;
  /** There may be others on the same data. */
  readonly data?: MemoryData;
  readonly hook?: StoreHook;
}

/** One control plane in memory, not started. */
export function oneReplica({ world = new VirtualSystem(1), name = 'p', data, hook }: Place = {}) {
  const system = world.spawn(name);
  const store = createMemoryStore({ ...(data === undefined ? {} : { data }), ...(hook === undefined ? {} : { hook }) });
  const bus = new LocalBus(system.scheduler);
  const digest = { sha256: (text: string) => Buffer.from(text).toString('hex') };
  const fail = (error: unknown): never => {
    throw error;
  };
  const replica = new Replica({
    ...{ store, bus, system, digest, engine: ENGINE, crash: NO_CRASH, agentLostMs: 20_000 },
    alone: data === undefined,
    gateway: { leaseMs: 10_000, heartbeatMs: 3_000, bus: { kind: 'STREAM' } },
    onError: fail,
    onBroken: (id, reason) => fail(new Error(`${id}: ${reason}`)),
  });
  const useCases = controlPlane({ replica, store, bus, system, digest, engine: ENGINE });
  /** As if somebody had driven it so far. */
  const journal = async ({ execution, decisions }: Play): Promise<void> => {
    const head = { executionId: execution.id, seq: 1, epoch: 1, now: execution.lastAt };
    await replica.history.append(head, decisions);
  };
  return { store, bus, replica, useCases, journal };
}
