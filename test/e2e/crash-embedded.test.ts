/** Killed at every named point, with the agent inside: both die at once, whichever passes the point. */
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

const counts = rounds(1, 0) === 1 ? [1, 6] : [1, 2, 3, 4, 5, 6, 7, 8];

describe.each(CRASH_POINTS)('killed at %s', (point) => {
  it.each(counts)('passed for the %i. time', (count) => dieAndGoOn(world, 'control plane', point, count), 60_000);
});
