/** Killed at every named point, with the agent inside: both die at once, whichever of them passes the point. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { CRASH_POINTS } from '@fairlead/proto/model/crash.ts';
import { rounds } from '../support/real/rounds.ts';
import { dieAndGoOn } from './crash-points.ts';
import { CrashWorld } from './crash-world.ts';

let world: CrashWorld;
beforeAll(async () => {
  world = await CrashWorld.make({ separateAgent: false, workMs: 20 });
});
afterAll(() => world.remove());

/** From the second on: the first passing is what the other suite dies at. */
const counts = Array.from({ length: rounds(1, 8) }, (_, index) => index + 2);

describe.each(CRASH_POINTS)('killed at %s', (point) => {
  it.each(counts)('passed for the %i. time', (count) => dieAndGoOn(world, 'control plane', point, count), 60_000);
});
