import { expect, it } from 'vitest';
import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import { createMemoryStore } from '../../test/support/memory-store/index.ts';
import { simplePlan } from '../../test/support/plans.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import { LocalBus } from '../adapters/local/bus.ts';
import { ENGINE } from './engine.ts';
import { Replica } from './replica.ts';

const KEYS = 5;
const EACH = 20;
const MINUTE_MS = 60_000;

const WRITES = /\.(append|insert|claim|patch|replace|remove|put\w*)$/;

async function world() {
  const calls = new Map<string, number>();
  const system = new VirtualSystem(7);
  const store = createMemoryStore({
    hook: ({ name, moment }) => {
      if (moment === 'before') calls.set(name, (calls.get(name) ?? 0) + 1);
      return Promise.resolve();
    },
  });
  const process = system.spawn('one');
  const replica = new Replica({
    store,
    bus: new LocalBus(process.scheduler),
    system: process,
    digest: { sha256: (text) => text },
    engine: ENGINE,
    crash: NO_CRASH,
    alone: true,
    gateway: { leaseMs: 10_000, heartbeatMs: 3_000, bus: { kind: 'STREAM' } },
    agentLostMs: 20_000,
    onError: (error) => {
      throw error;
    },
    onBroken: (id, reason) => {
      throw new Error(`${id}: ${reason}`);
    },
  });
  await replica.start();
  const start = (id: string, key: string) => {
    const plan = simplePlan({ run: { lock: { keys: [key], queueLimit: EACH, timeoutMs: 3_600_000 } } });
    return replica.drivers.start({ ...plan, executionId: id });
  };
  for (let key = 0; key < KEYS; key += 1) {
    for (let index = 0; index <= EACH; index += 1) await start(`x${key}n${index}`, `k${key}`);
  }
  await system.advance(10_000);
  /** Where each stands, 0 for the holder. */
  const places = (key: number): ReadonlyMap<string, number> =>
    new Map(
      [...replica.drivers.driven].flatMap(([id, loop]) => {
        const lock = loop.at.execution?.runs[0]?.lock;
        if (!id.startsWith(`x${key}n`) || lock == null) return [];
        return [[id, lock.state === 'HELD' ? 0 : (lock.position ?? -1)] as const];
      }),
    );
  return { system, replica, calls, places };
}

it('a hundred executions that wait for locks cost no writes, and few reads', async () => {
  const { system, replica, calls, places } = await world();
  const everybody = Array.from({ length: EACH + 1 }, (_, place) => place);
  for (let key = 0; key < KEYS; key += 1) expect([...places(key).values()].toSorted(inOrder)).toEqual(everybody);
  calls.clear();
  await system.advance(MINUTE_MS);
  const writes = [...calls].filter(([name]) => WRITES.test(name));
  // The replica's own lease, once a second.
  expect(writes).toEqual([['documents.replace', MINUTE_MS / 1_000]]);
  // Every three seconds a look at each key, and one of those who wait for it asks again.
  const looks = (MINUTE_MS / 3_000) * KEYS;
  expect(calls.get('documents.get') ?? 0).toBeLessThanOrEqual(looks * 2 + KEYS);
  expect(calls.get('heads.get') ?? 0).toBeLessThanOrEqual((looks + KEYS) * (EACH + 1));
  await replica.stop();
});

it('who is next is told at once, and the others where they stand; those of other locks are left alone', async () => {
  const { system, replica, calls, places } = await world();
  const [ours, theirs] = [places(0), places(1)];
  const [holder = ''] = [...ours].find(([, place]) => place === 0) ?? [];
  calls.clear();
  await replica.drivers.give(holder, { input: 'abort', actor: 'ada', reason: 'enough' });
  await system.advance(1_000);
  const moved = [...ours].filter(([, place]) => place > 0).map(([id, place]) => [id, place - 1]);
  expect(Object.fromEntries(places(0))).toEqual(Object.fromEntries(moved));
  expect(places(1)).toEqual(theirs);
  // Those in its queue, the lock itself, and what the other keys cost in a second.
  expect(calls.get('documents.get') ?? 0).toBeLessThanOrEqual(EACH + 10);
  await replica.stop();
});

const inOrder = (a: number, b: number): number => a - b;
