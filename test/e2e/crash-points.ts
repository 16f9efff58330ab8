import { expect } from 'vitest';
import type { CrashPoint } from '@fairlead/proto/model/crash.ts';
import { figure } from '../support/real/figures.ts';
import type { CrashWorld, Who } from './crash-world.ts';
import { until } from './fairlead-process.ts';
import { deploy, expectExactlyOnce, untilSettled, viewOf } from './units-world.ts';

/** Long enough on a busy machine; what is seen is two seconds. */
const SETTLED_WITHIN_MS = 30_000;

/**
 * One process dies at the n-th passing of the point while it works on an execution, is started again without the wish to
 * die, and everything ends as if nothing had happened.
 */
export async function dieAndGoOn(world: CrashWorld, who: Who, point: CrashPoint, count: number): Promise<void> {
  const mark = `${point}:${count}`;
  // The pauses between its tries to connect start anew.
  if (world.separateAgent && who === 'control plane') await world.start('agent');
  await world.start(who, mark);
  const dying = world.process(who);
  // The answer may be lost; the same key asks for the same execution.
  const asked = deploy(world.controlPlane, mark).catch((error: unknown) => ({ lost: String(error) }));
  const explain = async (): Promise<string> => {
    const answer = await asked;
    const how = typeof answer === 'string' ? JSON.stringify(await viewOf(world.controlPlane, answer)) : answer.lost;
    return `${how}\n${world.story}`;
  };
  await until(`the ${who} passes ${mark}`, dying.isOver, 20_000, explain);
  expect(await dying.ended, `${mark}: ${dying.output()}`).toEqual({ code: null, signal: 'SIGKILL' });
  const first = await asked;
  await world.start(who);
  const id = await deploy(world.controlPlane, mark);
  if (typeof first === 'string') expect(id).toBe(first);
  await untilSettled(world.controlPlane, id, SETTLED_WITHIN_MS, world.story);
  await expectExactlyOnce(world.controlPlane, world.units, id, mark);
  figure(`kills at ${point}`, 1);
}
