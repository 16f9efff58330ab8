/** Killed at moments nobody chose: control plane, agent or both, three times in the course of each execution. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, it } from 'vitest';
import { figure } from '../support/real/figures.ts';
import { rounds } from '../support/real/rounds.ts';
import { seededRandom } from '../support/virtual-system.ts';
import { CrashWorld, type Who } from './crash-world.ts';
import { until } from './fairlead-process.ts';
import { deploy, expectExactlyOnce, untilSettled, viewOf } from './units-world.ts';

const KILLS = 3;
const executions = Math.ceil(rounds(20, 200) / KILLS);
/** `FAIRLEAD_TEST_SEED` repeats one. */
const first = Number(process.env['FAIRLEAD_TEST_SEED'] ?? 1);
const VICTIMS: readonly (readonly Who[])[] = [['control plane'], ['agent'], ['control plane', 'agent']];

let world: CrashWorld;
beforeAll(async () => {
  world = await CrashWorld.make({ separateAgent: true, workMs: 30 });
});
afterAll(() => world.remove());

const linesOf = (mark: string): number => Object.values(world.units.ran(mark)).flat().length;

it.each(Array.from({ length: executions }, (_, index) => first + index))(
  'killed three times at random, seed %i',
  async (seed) => {
    const random = seededRandom(seed);
    const mark = `seed-${seed}`;
    const all = Object.values(world.units.expected).flat().length;
    // A fresh agent: its pauses between tries to connect start anew.
    await world.startAgent();
    void deploy(world.controlPlane, mark).catch(() => null);
    let id = '';
    for (let kill = 0; kill < KILLS; kill += 1) {
      // By what the hosts wrote and not by the clock: the same moments on a slow machine.
      const at = Math.floor(((kill + random.fraction()) * all) / KILLS);
      const isOver = async (): Promise<boolean> =>
        id !== '' && (await viewOf(world.controlPlane, id)).header.endedAt !== null;
      await until(
        `${at} lines of ${mark}`,
        async () => linesOf(mark) >= at || isOver(),
        30_000,
        () => world.story,
      );
      await sleep(random.fraction() * 80);
      const victims = VICTIMS[Math.floor(random.fraction() * VICTIMS.length)] ?? [];
      await Promise.all(victims.map((who) => world.process(who).stop()));
      await sleep(random.fraction() * 200);
      for (const who of victims) await world.start(who);
      id = await deploy(world.controlPlane, mark);
    }
    await untilSettled(world.controlPlane, id, 40_000, world.story);
    await expectExactlyOnce(world.controlPlane, world.units, id, mark);
    figure('kills at random', KILLS);
    figure('units run once though killed', all);
  },
  120_000,
);
