import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import { LocalBus } from '../../control-plane/adapters/local/bus.ts';
import { controlPlane } from '../../control-plane/app/control-plane.ts';
import { ENGINE } from '../../control-plane/app/engine.ts';
import { Replica } from '../../control-plane/app/replica.ts';
import { createMemoryStore } from './memory-store/index.ts';
import type { Play } from './play.ts';
import { VirtualSystem } from './virtual-system.ts';

/** The use cases of one control plane in memory, which has not begun to sweep. */
export function oneReplica() {
  const system = new VirtualSystem(1).spawn('p');
  const store = createMemoryStore();
  const bus = new LocalBus(system.scheduler);
  const digest = { sha256: (text: string) => text };
  const fail = (error: unknown): never => {
    throw error;
  };
  const replica = new Replica({
    ...{ store, bus, system, digest, engine: ENGINE, crash: NO_CRASH, alone: true, agentLostMs: 20_000 },
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
  return { store, useCases, journal };
}
