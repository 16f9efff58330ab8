/** The store is put back from a backup: agents know more than the journal does. Nothing runs again, and nothing waits for ever. */
import { copyFileSync, cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CrashWorld } from './crash-world.ts';
import { until } from './fairlead-process.ts';
import { deploy, untilSettled, viewOf } from './units-world.ts';

const MARK = 'restored';
/** What is seen is five seconds. */
const WITHIN_MS = 40_000;

let world: CrashWorld;
let backup: string;
beforeEach(async () => {
  world = await CrashWorld.make({ separateAgent: true, workMs: 100 });
  backup = mkdtempSync(join(tmpdir(), 'fairlead-backup-'));
});
afterEach(async () => {
  await world.remove();
  rmSync(backup, { recursive: true, force: true });
});

const store = (): string => join(world.units.directory, 'store');
const databasesIn = (directory: string): readonly string[] =>
  readdirSync(directory).filter((name) => /^(fairlead|logs)\.db/.test(name));

/** As a snapshot of the disk takes it: nothing moves meanwhile. */
function takeBackup(): void {
  const { pid } = world.controlPlane;
  process.kill(pid, 'SIGSTOP');
  for (const name of databasesIn(store())) cpSync(join(store(), name), join(backup, name));
  process.kill(pid, 'SIGCONT');
}

async function putBack(): Promise<void> {
  await world.process('control plane').stop();
  for (const name of databasesIn(store())) rmSync(join(store(), name));
  for (const name of databasesIn(backup)) cpSync(join(backup, name), join(store(), name));
  await world.start('control plane');
}

const written = (lines: number): Promise<void> =>
  until(
    `${lines} lines`,
    () => Object.values(world.units.ran(MARK)).flat().length >= lines,
    WITHIN_MS,
    () => world.story,
  );

async function expectOnce(id: string): Promise<void> {
  await untilSettled(world.controlPlane, id, WITHIN_MS, world.story);
  expect(world.units.ran(MARK)).toEqual(world.units.expected);
  expect((await viewOf(world.controlPlane, id)).header.status).toBe('SUCCESS');
}

// A round of two hosts writes twelve lines, and two on the agent.
it.each([
  ['a unit ran at a host', 1],
  ['a step ran on the agent, where nobody else can look', 13],
  ['the second round ran', 16],
])(
  'goes on after everything had ended, from a backup that was taken while %s',
  async (_, lines) => {
    const id = await deploy(world.controlPlane, MARK);
    await written(lines);
    takeBackup();
    await untilSettled(world.controlPlane, id, WITHIN_MS, world.story);
    await putBack();
    await expectOnce(id);
  },
  120_000,
);

it('gives what one agent has done to no other that comes back before it', async () => {
  const other = await world.startAnother('other');
  await Promise.all([other.stop(), world.process('agent').stop()]);
  const id = await deploy(world.controlPlane, MARK);
  // Nothing of it has begun.
  takeBackup();
  await world.start('agent');
  await untilSettled(world.controlPlane, id, WITHIN_MS, world.story);
  await world.process('agent').stop();
  await putBack();
  await world.startAnother('other');
  await sleep(3_000);
  await world.start('agent');
  await expectOnce(id);
}, 120_000);

it('goes on from a backup that was written over the store in place, once it is told so', async () => {
  const id = await deploy(world.controlPlane, MARK);
  await written(13);
  takeBackup();
  cpSync(join(store(), 'generation'), join(backup, 'generation'));
  // Epochs go on meanwhile, in files that stay the same.
  await world.start('control plane');
  await world.start('control plane');
  await untilSettled(world.controlPlane, id, WITHIN_MS, world.story);
  await world.process('control plane').stop();
  for (const name of databasesIn(store())) if (!databasesIn(backup).includes(name)) rmSync(join(store(), name));
  for (const name of readdirSync(backup)) copyFileSync(join(backup, name), join(store(), name));
  world.settings = { FAIRLEAD_RESTORED: 'monday' };
  await world.start('control plane');
  await expectOnce(id);
}, 120_000);

it('goes on from a backup that was taken before others took it over, while the agent works', async () => {
  const id = await deploy(world.controlPlane, MARK);
  await written(1);
  takeBackup();
  await world.start('control plane');
  await written(10);
  await world.start('control plane');
  await written(16);
  await putBack();
  await expectOnce(id);
}, 120_000);
