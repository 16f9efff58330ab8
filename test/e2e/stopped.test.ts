/** Ctrl-C in the midst of a deployment: it ends soon, nothing fails for that, and the next start goes on with it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { seededRandom } from '../support/virtual-system.ts';
import { CrashWorld, type Who } from './crash-world.ts';
import { until } from './fairlead-process.ts';
import { deploy, expectExactlyOnce, untilSettled } from './units-world.ts';

/** Far below what an agent goes on looking for a host that it has lost. */
const SOON_MS = 5_000;

let world: CrashWorld;
afterEach(() => world.remove());

const linesOf = (mark: string): number => Object.values(world.units.ran(mark)).flat().length;

const untilLines = (mark: string, count: number): Promise<void> =>
  until(
    `${count} lines of ${mark}`,
    () => linesOf(mark) >= count,
    30_000,
    () => world.story,
  );

async function expectSoonOver(who: Who, signal: () => Promise<unknown>): Promise<void> {
  const { ended } = world.process(who);
  const asked = performance.now();
  await signal();
  await Promise.race([ended, sleep(4 * SOON_MS)]);
  expect(performance.now() - asked, world.story).toBeLessThan(SOON_MS);
}

it('ends a control plane and its agent soon, however long what runs at hosts still takes', async () => {
  world = await CrashWorld.make({ separateAgent: false, workMs: 1_500 });
  const id = await deploy(world.controlPlane, 'slow');
  await untilLines('slow', 2);
  await expectSoonOver('control plane', () => world.process('control plane').stop('SIGINT'));
  await world.start('control plane');
  await untilSettled(world.controlPlane, id, 90_000, world.story);
  await expectExactlyOnce(world.controlPlane, world.units, id, 'slow');
}, 120_000);

it('ends an agent soon that is asked twice', async () => {
  world = await CrashWorld.make({ separateAgent: true, workMs: 1_500 });
  const id = await deploy(world.controlPlane, 'twice');
  await untilLines('twice', 2);
  await expectSoonOver('agent', async () => {
    void world.process('agent').stop('SIGTERM');
    await sleep(500);
    void world.process('agent').stop('SIGTERM');
  });
  await world.start('agent');
  await untilSettled(world.controlPlane, id, 90_000, world.story);
  await expectExactlyOnce(world.controlPlane, world.units, id, 'twice');
}, 120_000);

it('fails nothing, at whatever moment it comes', async () => {
  world = await CrashWorld.make({ separateAgent: false, workMs: 30 });
  const random = seededRandom(1);
  const all = Object.values(world.units.expected).flat().length;
  for (const mark of ['first', 'second', 'third']) {
    const id = await deploy(world.controlPlane, mark);
    for (let stop = 0; stop < 3; stop += 1) {
      await untilLines(mark, Math.floor(((stop + random.fraction()) * all) / 3));
      await sleep(random.fraction() * 80);
      await world.process('control plane').stop('SIGINT');
      await world.start('control plane');
    }
    await untilSettled(world.controlPlane, id, 40_000, world.story);
    await expectExactlyOnce(world.controlPlane, world.units, id, mark);
  }
}, 120_000);
