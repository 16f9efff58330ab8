import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { requireReal } from '../support/real/index.ts';
import { runToEnd } from '../support/real/install.ts';
import { temporaryDirectory } from '../support/real/processes.ts';

const MODEL = fileURLToPath(new URL('./lock.pml', import.meta.url));
const TIMEOUT_MS = 240_000;

interface Verdict {
  readonly errors: number;
  readonly states: number;
  /** The first thing that was found wrong. */
  readonly found: string;
}

/** Every state the model can come to. */
async function check(...settings: readonly string[]): Promise<Verdict> {
  const { path, compiler } = requireReal('spin');
  const folder = temporaryDirectory('model');
  try {
    copyFileSync(MODEL, join(folder, 'lock.pml'));
    await runToEnd(path, ['-a', ...settings.map((each) => `-D${each}`), 'lock.pml'], folder);
    await runToEnd(compiler, ['-w', '-O2', '-DSAFETY', '-DCOLLAPSE', '-DVECTORSZ=4096', '-o', 'pan', 'pan.c'], folder);
    const said = await runToEnd(join(folder, 'pan'), ['-m2000000'], folder);
    // Cut short, it would have proved nothing.
    if (said.includes('too small') || said.includes('out of memory')) throw new Error(said);
    const number = (pattern: RegExp): number => Number(pattern.exec(said)?.[1] ?? Number.NaN);
    return {
      errors: number(/errors: (\d+)/),
      states: number(/(\d+(?:\.\d+e\+\d+)?) states, stored/),
      found: /^pan:1: (.*)$/m.exec(said)?.[1] ?? '',
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('lock, lease and epoch, in every order', () => {
  it.each([
    ['one execution is taken over and aborted while another wants the lock', ['ABORTED=1']],
    ['both are aborted', ['TAKEN_OVER=0']],
    [
      'three share a guard in the order of asking, the first wants all of it',
      ['N=3', 'TAKEN_OVER=0', 'CAP=2', 'BIG=2', 'ABORTED=1'],
    ],
  ])(
    'holds its promises: %s',
    async (_, settings) => {
      const { errors, states, found } = await check(...settings);
      expect(found).toBe('');
      expect(errors).toBe(0);
      expect(states).toBeGreaterThan(10_000);
    },
    TIMEOUT_MS,
  );

  it.each([
    ['a lock is freed under running work', ['PLANTED_FREED_UNDER_WORK'], 'assertion violated  !(work[x])'],
    ['an agent obeys an older epoch', ['PLANTED_OBEYS_ANYBODY'], 'assertion violated (by==heard[x])'],
    [
      'a write overwrites what was not read',
      ['TAKEN_OVER=0', 'PLANTED_BLIND_WRITE'],
      'assertion violated lock.holds[x]',
    ],
    ['who comes last is granted first', ['N=3', 'TAKEN_OVER=0', 'PLANTED_LAST_COME_FIRST'], 'lock.ticket[first]'],
    [
      'who is gone keeps its place in the queue',
      ['N=3', 'TAKEN_OVER=0', 'ABORTED=1', 'PLANTED_DEAD_WAITER'],
      'invalid end state',
    ],
  ])(
    'finds the planted mistake: %s',
    async (_, settings, found) => {
      const verdict = await check(...settings);
      expect(verdict.errors).toBe(1);
      expect(verdict.found).toContain(found);
    },
    TIMEOUT_MS,
  );
});
