import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import { LocalBus } from '../../control-plane/adapters/local/bus.ts';
import { controlPlane } from '../../control-plane/app/control-plane.ts';
import { ENGINE } from '../../control-plane/app/engine.ts';
import { Replica } from '../../control-plane/app/replica.ts';
import { createMemoryStore, type MemoryData } from './memory-store/index.ts';
import type { Play } from './play.ts';
import { VirtualSystem } from './virtual-system.ts';

/** One control plane in memory, not started; `others`: there may be others on the same data. */
export function oneReplica(others?: {
  readonly data: MemoryData;
  readonly world: VirtualSystem;
  readonly name: string;
}) {
  const system = (others?.world ?? new VirtualSystem(1)).spawn(others?.name ?? 'p');
  const store = createMemoryStore(others === undefined ? {} : { data: others.data });
  const bus = new LocalBus(system.scheduler);
  const digest = { sha256: (text: string) => Buffer.from(text).toString('hex') };
  const fail = (error: unknown): never => {
    throw error;
  };
  const replica = new Replica({
    ...{ store, bus, system, digest, engine: ENGINE, crash: NO_CRASH, agentLostMs: 20_000 },
    alone: others === undefined,
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
  return { store, replica, useCases, journal };
}
