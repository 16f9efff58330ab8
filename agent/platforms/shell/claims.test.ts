import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import { claimName } from './claim-name.ts';
import { Claims } from './claims.ts';

const HOUR = 3_600_000;
const SUCCESS: AttemptResult = { outcome: 'SUCCESS', touched: true };
const FAILED: AttemptResult = {
  outcome: 'FAILED',
  failure: { code: 'COMMAND_FAILED', message: 'exit 1' },
  touched: true,
};

let directory = '';
let passed = 0;
const clock = { now: () => Date.now() + passed, monotonic: () => passed };

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-claims-'));
  passed = 0;
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const claimed = async (id: string): Promise<string> => {
  const unit = join(directory, claimName(id), '0');
  await mkdir(unit, { recursive: true });
  for (const file of ['out', 'err', 'status', 'v.version']) await writeFile(join(unit, file), 'x');
  return unit;
};

const aged = async (id: string, but: readonly string[] = []): Promise<void> => {
  const claim = join(directory, claimName(id));
  for (const path of [...(await readdir(claim, { recursive: true })), '']) {
    if (!but.includes(path)) await utimes(join(claim, path), 0, 0);
  }
};

test('what a successful script wrote goes, its status and its values stay', async () => {
  const claims = await Claims.open(directory, clock);
  const unit = await claimed('a');
  expect(await claims.around('a', () => Promise.resolve(SUCCESS))).toEqual(SUCCESS);
  expect(await readdir(unit)).toEqual(['status', 'v.version']);
  const failed = await claimed('b');
  expect(await claims.around('b', () => Promise.resolve(FAILED))).toEqual(FAILED);
  expect(await readdir(failed)).toHaveLength(4);
});

test('old claims go while the agent runs, but for one that is at work', async () => {
  const claims = await Claims.open(directory, clock);
  for (const id of ['old', 'at work']) {
    await claimed(id);
    await aged(id);
  }
  await claimed('new');
  await claims.around('at work', async () => {
    await claims.around('new', () => Promise.resolve(FAILED));
    expect(await readdir(directory)).toHaveLength(3);
    passed += HOUR;
    return await claims.around('new', () => Promise.resolve(FAILED));
  });
  expect((await readdir(directory)).sort()).toEqual([claimName('at work'), claimName('new')].sort());
});

test('an old claim stays while its process lives, or when it has ended lately', async () => {
  const claims = await Claims.open(directory, clock);
  const ids = ['lives', 'lives in its group', 'gone', 'ended lately', 'of another boot'];
  const pids = [process.pid, 4_194_305, 4_194_305, 1, process.pid];
  const sleeper = spawn('sleep', ['60'], { detached: true });
  pids[1] = sleeper.pid ?? 0;
  for (const [index, id] of ids.entries()) {
    const unit = await claimed(id);
    if (id !== 'ended lately') await rm(join(unit, 'status'));
    const boot = id === 'of another boot' ? 'other' : '-';
    await writeFile(join(unit, 'pid'), `${pids[index]} - ${boot} 1 .\n`);
    await aged(id, id === 'ended lately' ? ['0/status'] : []);
  }
  passed += HOUR;
  await claims.around('new', () => Promise.resolve(FAILED));
  process.kill(-(sleeper.pid ?? 0), 'SIGKILL');
  const kept = ['lives', 'lives in its group', 'ended lately'].map((id) => claimName(id));
  expect((await readdir(directory)).sort()).toEqual(kept.sort());
});

test('nothing goes before what an earlier process left at work is taken up', async () => {
  await claimed('old');
  await aged('old');
  const claims = await Claims.open(directory, clock);
  await claims.around('short', () => Promise.resolve(FAILED));
  expect(await readdir(directory)).toEqual([claimName('old')]);
});

test('that nothing can be taken away is no failure of the work', async () => {
  const claims = await Claims.open(directory, clock);
  await rm(directory, { recursive: true });
  passed += HOUR;
  expect(await claims.around('a', () => Promise.resolve(SUCCESS))).toEqual(SUCCESS);
});
