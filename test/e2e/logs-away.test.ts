/** Somebody has locked the file of the logs: deployments go on, and their logs are there when it is free again. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Database } from '@fairlead/control-plane/adapters/sqlite/database.ts';
import { CrashWorld } from './crash-world.ts';
import { until } from './fairlead-process.ts';
import { deploy, expectExactlyOnce, untilSettled } from './units-world.ts';

let world: CrashWorld;
beforeEach(async () => {
  world = await CrashWorld.make({ separateAgent: true, workMs: 20 });
});
afterEach(() => world.remove());

it('works while the logs cannot be stored, and loses none of them', async () => {
  const person = new Database(join(world.units.directory, 'store', 'logs.db'));
  const stored = person.prepare('SELECT count(*) AS count, sum(length) AS bytes FROM attempts WHERE execution_id = ?');
  const logsOf = (id: string): readonly [number, number] => {
    const row = stored.get<{ count: number; bytes: number | null }>([id]);
    return [row?.count ?? 0, row?.bytes ?? 0];
  };
  const run = async (mark: string): Promise<string> => {
    const id = await deploy(world.controlPlane, mark);
    await untilSettled(world.controlPlane, id, 30_000, world.story);
    await expectExactlyOnce(world.controlPlane, world.units, id, mark);
    return id;
  };
  const free = await run('free');
  person.exec('BEGIN IMMEDIATE');
  const held = await run('held');
  expect(logsOf(held)).toEqual([0, 0]);
  person.exec('COMMIT');
  await until(
    'all logs are there',
    () => logsOf(held).join() === logsOf(free).join(),
    20_000,
    () => `${logsOf(held).join()} of ${logsOf(free).join()}\n${world.story}`,
  );
  expect(logsOf(held)[0]).toBeGreaterThan(0);
  person.close();
}, 90_000);
