import { expect, it } from 'vitest';
import type { Scheduler } from '@fairlead/proto/model/system.ts';
import { createMemoryStore } from '../../test/support/memory-store/index.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import { Replicas } from './replicas.ts';

const system = new VirtualSystem();
const { documents } = createMemoryStore();
/** Its timers never ring: it looks when the test says so. */
const still: Scheduler = { after: () => ({ cancel: () => {} }), sleep: () => new Promise(() => {}) };
const raise = (error: unknown): void => {
  throw error;
};

it('judges others by what it saw, so that one which stood still itself takes nobody for dead', async () => {
  const mine = new Replicas('mine', documents, system.clock, still);
  const other = new Replicas('other', documents, system.clock, system.spawn('other').scheduler);
  await mine.start(false, raise);
  await other.start(false, raise);
  await mine.look();
  await system.advance(20_000);
  expect(mine.live).toEqual(['mine', 'other']);
  await mine.look();
  expect(mine.live).toEqual(['mine', 'other']);
  await other.stop();
  const dead = new Replicas('dead', documents, system.clock, still);
  await dead.start(false, raise);
  await mine.look();
  expect(mine.live).toEqual(['mine', 'dead']);
  for (let second = 0; second < 6; second += 1) {
    await system.advance(1_000);
    await mine.look();
  }
  expect(mine.live).toEqual(['mine']);
});
