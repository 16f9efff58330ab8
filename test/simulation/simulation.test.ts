import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { figure } from '../support/real/figures.ts';
import { rounds } from '../support/real/rounds.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const planted = fileURLToPath(new URL('planted', import.meta.url));
const MINUTES = 60_000;

interface Ran {
  readonly code: number;
  readonly said: string;
}

async function simulate(...args: readonly string[]): Promise<Ran> {
  const command = ['--import', 'tsx', 'test/simulation/run.ts', ...args];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: root, maxBuffer: 64_000_000 });
    return { code: 0, said: stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as {
      readonly code: number;
      readonly stdout: string;
      readonly stderr: string;
    };
    return { code, said: `${stdout}\n${stderr}` };
  }
}

it(
  'holds every invariant, whatever goes wrong',
  async () => {
    const { code, said } = await simulate('--seeds', String(rounds(1_000, 20_000)));
    expect(code, said).toBe(0);
    figure('simulation', said.trim());
    // Seeds that exercise nothing would hold everything.
    for (const seen of ['rolled back', 'ended ABORTED', 'lock contended', 'taken over', 'attempts moved']) {
      expect(Number(new RegExp(`^${seen}: (\\d+)`, 'm').exec(said)?.[1]), `${seen}\n${said}`).toBeGreaterThan(10);
    }
  },
  rounds(10, 120) * MINUTES,
);

/** What finds each: a patch found by another invariant than its own would prove less than it seems to. */
const FOUND_BY: Readonly<Record<string, RegExp>> = {
  'abort-waits-for-targets': /abort-bound/,
  'assign-again-after-start': /begun-at-most-once|one-live-attempt|attempts-never-overlap/,
  'evict-a-living-holder': /no-work-without-lock/,
  'lost-is-failed': /result-is-true|attempts-never-overlap/,
  'send-before-append': /sent-after-append/,
  'start-without-permission': /nothing-before-started|begun-by-the-assigned|nothing-after-ended|begun-at-most-once/,
  'trust-the-doorbell': /drivers-keep-up|abort-bound/,
  'undo-oldest-first': /rollback-undoes-touched-newest-first/,
  'unlock-while-work-runs': /no-work-without-lock/,
  'write-after-another-took-over': /epochs-rise/,
};

it('knows what is to find each planted bug', () => {
  const names = readdirSync(planted).map((file) => file.replace(/\.patch$/, ''));
  expect(names.toSorted()).toEqual(Object.keys(FOUND_BY).toSorted());
});

it.each(Object.entries(FOUND_BY))(
  'finds the planted bug: %s',
  async (name, invariant) => {
    const { code, said } = await simulate('--seeds', '1000', '--patch', `${planted}/${name}.patch`);
    expect(code, said).toBe(1);
    expect(/breaks ([a-z-]+):/.exec(said)?.[1], said).toMatch(invariant);
  },
  10 * MINUTES,
);
