import { expect, it } from 'vitest';
import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import { createMemoryStore } from '../../test/support/memory-store/index.ts';
import { simplePlan } from '../../test/support/plans.ts';
import { Play } from '../../test/support/play.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import { LocalBus } from '../adapters/local/bus.ts';
import { openAttempts } from '../engine/open-attempts.ts';
import type { Actor } from './authorize.ts';
import { controlPlane } from './control-plane.ts';
import { ENGINE } from './engine.ts';
import { Replica } from './replica.ts';

const ada: Actor = { id: 'key:ada', name: 'ada', kind: 'KEY', rights: ['read'] };

async function world() {
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
    onBroken: fail,
  });
  const play = new Play(simplePlan()).run(() => null);
  await replica.history.append({ executionId: 'x1', seq: 1, epoch: 1, now: play.now }, play.decisions);
  const [attempt] = play.execution.runs.flatMap(openAttempts);
  if (attempt === undefined) throw new Error('no attempt');
  const useCases = controlPlane({ replica, store, bus, system, digest, engine: ENGINE });
  return { useCases, store, attemptId: attempt.id };
}

it('gives what there is of the log of an attempt that has written nothing yet', async () => {
  const { useCases, store, attemptId } = await world();
  expect(await useCases.readLog(ada, attemptId, 0)).toEqual([]);
  await store.logs.append([{ attemptId, offset: 0, bytes: Buffer.from('hello'), gap: 0, at: 1 }]);
  expect(await useCases.readLog(ada, attemptId, 0)).toHaveLength(1);
});

it.each(['x9/run', 'x1', 'x1/run/p1.0/nothing@h1#1'])('refuses the log of %s, which there is not', async (id) => {
  const { useCases } = await world();
  const refused = { failures: [{ code: 'NOT_FOUND' }] };
  await expect(useCases.readLog(ada, id, 0)).rejects.toMatchObject(refused);
  await expect(useCases.awaitLog(ada, id)).rejects.toMatchObject(refused);
});
