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
    await utimes(join(directory, claimName(id)), 0, 0);
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

test('that nothing can be taken away is no failure of the work', async () => {
  const claims = await Claims.open(directory, clock);
  await rm(directory, { recursive: true });
  passed += HOUR;
  expect(await claims.around('a', () => Promise.resolve(SUCCESS))).toEqual(SUCCESS);
});
