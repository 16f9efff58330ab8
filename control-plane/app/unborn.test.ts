/** A head whose first event never came: whoever made it died in between, or the engine fails on the first decision. */
import { expect, it } from 'vitest';
import { createMemoryData } from '../../test/support/memory-store/index.ts';
import { oneReplica } from '../../test/support/one-replica.ts';
import { simplePlan } from '../../test/support/plans.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';

const MINUTE = 60_000;

async function headOfNothing(parked: string | null) {
  const world = new VirtualSystem(5);
  const data = createMemoryData();
  const { store, replica } = oneReplica({ world, data });
  const { executionId } = simplePlan();
  const gone = { driver: 'gone', epoch: 1, strikes: 0, settled: false, dueAt: null } as const;
  await store.heads.insert({ executionId, ...gone, parked: null, createdAt: world.clock.now() });
  if (parked !== null) await store.heads.patch(executionId, { parked });
  await replica.start();
  const head = () => store.heads.get(executionId);
  return { world, replica, head };
}

it.each([
  ['nobody lived to write it', null],
  ['it is marked as broken', 'decide start: a bug'],
])('is given up after five minutes by a control plane that goes on living: %s', async (_, parked) => {
  const { world, head } = await headOfNothing(parked);
  await world.advance(4 * MINUTE);
  expect(await head()).toMatchObject({ settled: false, parked: null });
  await world.advance(2 * MINUTE);
  expect(await head()).toMatchObject({ settled: true });
});

it('is taken up by whoever asks again before, and driven on by the same one after that', async () => {
  const { world, replica, head } = await headOfNothing(null);
  await world.advance(MINUTE);
  expect(await replica.drivers.start(simplePlan())).toEqual({ created: true });
  const { epoch } = (await head()) ?? {};
  await world.advance(4.5 * MINUTE);
  expect(await head()).toMatchObject({ settled: false, dueAt: null, epoch });
  expect(replica.drivers.loop('x1')).toBeDefined();
});
