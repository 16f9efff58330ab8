import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { figure } from '../support/real/figures.ts';
import { rounds } from '../support/real/rounds.ts';
import { playAll } from './crew.ts';
import { openWorkshop, type Workshop } from './tree.ts';
import type { Order } from './worker.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const planted = fileURLToPath(new URL('planted', import.meta.url));
const MINUTES = 60_000;

async function simulate(...args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
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
  'holds every invariant, whatever goes wrong and whatever people do, and leaves nothing out',
  async () => {
    const much = rounds(0, 100_000);
    const { code, said } = await simulate(...(much === 0 ? [] : ['--executions', String(much)]));
    expect(code, said).toBe(0);
    figure('simulation', said.trim());
    for (const seen of ['ended ABORTED', 'lock contended', 'taken over', 'attempts moved']) {
      expect(Number(new RegExp(`^${seen}: (\\d+)`, 'm').exec(said)?.[1]), `${seen}\n${said}`).toBeGreaterThan(10);
    }
  },
  rounds(20, 240) * MINUTES,
);

/** What finds each: a patch found by another invariant than its own would prove less than it seems to. */
const FOUND_BY: Readonly<Record<string, RegExp>> = {
  'abort-waits-for-targets': /abort-bound/,
  'acknowledged-before-it-is-written': /nothing-before-started/,
  'approval-is-answered-twice': /answered-once/,
  'assign-again-after-start': /begun-at-most-once|one-live-attempt|attempts-never-overlap/,
  'barrier-does-not-wait-for-all': /barriers-hold/,
  'evict-a-living-holder': /no-work-without-lock/,
  'failed-section-is-not-undone': /rollback-restores-what-was-captured/,
  'grant-beyond-capacity': /lock-capacity/,
  'live-feed-skips-what-was-missed': /live-feed-gap-free|watchers-keep-up/,
  'live-feed-trusts-the-doorbell': /watchers-keep-up|watchers-saw-the-end/,
  'lost-is-failed': /result-is-true|attempts-never-overlap/,
  'next-stage-before-the-last-has-ended': /stages-in-order|ended-is-final/,
  'paused-begins-work': /paused-begins-nothing/,
  'retry-while-the-old-attempt-lives': /one-live-attempt/,
  'rollback-forgets-a-host': /rollback-undoes-touched-newest-first/,
  'sections-are-undone-in-their-order': /rollback-restores-what-was-captured/,
  'send-before-append': /sent-after-append/,
  'settled-is-answered-by-nobody': /people-are-answered|ledgers-are-closed/,
  'start-without-permission': /nothing-before-started|begun-by-the-assigned|nothing-after-ended|begun-at-most-once/,
  'trust-the-doorbell': /drivers-keep-up|abort-bound/,
  'undo-oldest-first': /rollback-undoes-touched-newest-first/,
  'unknown-is-tried-again': /unknown-is-not-retried/,
  'unlock-while-work-runs': /no-work-without-lock/,
  'waiting-renews-its-head': /waiting-costs-no-writes/,
  'write-after-another-took-over': /epochs-rise/,
};

it('knows what is to find each planted bug', () => {
  const names = readdirSync(planted).map((file) => file.replace(/\.patch$/, ''));
  expect(names.toSorted()).toEqual(Object.keys(FOUND_BY).toSorted());
});

/** Enough for the rarest of them; nearly all are found within a dozen. */
const SEEDS = 400;

let workshop: Workshop;
beforeAll(async () => {
  workshop = await openWorkshop();
}, MINUTES);
afterAll(() => workshop.remove());

it.each(Object.entries(FOUND_BY))(
  'finds the planted bug: %s',
  async (name, invariant) => {
    const file = await workshop.make(`${planted}/${name}.patch`);
    const orders = Array.from({ length: SEEDS }, (_, index): Order => ({ seed: index + 1, twice: false, tell: false }));
    const workers = Math.min(2, availableParallelism());
    const failed = await playAll({ file, workers, orders, onPlayed() {} });
    const { invariant: found, text } = failed?.violation ?? { invariant: 'nothing', text: '' };
    expect(found, `seed ${failed?.seed}: ${text}`).toMatch(invariant);
  },
  10 * MINUTES,
);
