/** Killed at every named point, control plane and agent each by itself, while the other lives on. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { CRASH_POINTS, type CrashPoint } from '@fairlead/proto/model/crash.ts';
import { rounds } from '../support/real/rounds.ts';
import { dieAndGoOn } from './crash-points.ts';
import { CrashWorld, type Who } from './crash-world.ts';

let world: CrashWorld;
beforeAll(async () => {
  world = await CrashWorld.make({ separateAgent: true, workMs: 20 });
});
afterAll(() => world.remove());

/** Who passes it: what is not passed there is found by waiting in vain. */
const PASSED_BY: Readonly<Record<CrashPoint, Who>> = {
  'append:before': 'control plane',
  'append:after': 'control plane',
  'send:before': 'control plane',
  'send:after': 'control plane',
  'acknowledge:before': 'control plane',
  'acknowledge:after': 'control plane',
  'ledger:before': 'agent',
  'ledger:after': 'agent',
  'report:before': 'agent',
  'report:after': 'agent',
};
const counts =
  rounds(1, 0) === 1 ? { 'control plane': [1], agent: [4] } : { 'control plane': upTo(8), agent: upTo(12) };

function upTo(last: number): readonly number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

describe.each(CRASH_POINTS)('killed at %s', (point) => {
  const who = PASSED_BY[point];
  it.each(counts[who])(
    `passed by the ${who} for the %i. time`,
    (count) => dieAndGoOn(world, who, point, count),
    60_000,
  );
});
