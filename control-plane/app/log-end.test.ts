import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../test/support/memory-store/index.ts';
import { oneStep } from '../../test/support/plans.ts';
import { Play } from '../../test/support/play.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import type { Attempt } from '../engine/execution.ts';
import { LOG_GRACE_MS, untilWhole } from './log-end.ts';

const LINE = new TextEncoder().encode('the last word\n');

/** Ended now, having written so many bytes; null: its agent cannot tell. */
function ended(logBytes: number | null) {
  const virtual = new VirtualSystem(1);
  const system = virtual.spawn('p');
  const play = new Play(oneStep()).finish(() => ({
    outcome: 'SUCCESS',
    touched: true,
    ...(logBytes === null ? {} : { logBytes }),
  }));
  const found = play.execution.runs[0]?.phases[0]?.sections[0]?.steps[0]?.tasks[0]?.attempts[0];
  if (found === undefined) throw new Error('no attempt');
  const attempt: Attempt = { ...found, endedAt: system.clock.now() };
  const { logs } = createMemoryStore();
  const arrives = (offset = 0) => logs.append([{ attemptId: attempt.id, offset, bytes: LINE, gap: 0, at: 0 }]);
  return { virtual, system, attempt, logs, arrives };
}

/** What it answered, and how long that took. */
async function waited({ virtual, system, attempt, logs }: ReturnType<typeof ended>, meanwhile = async () => {}) {
  const begun = system.clock.now();
  let missing: number | null = null;
  void untilWhole(attempt, logs, system).then((answer) => (missing = answer));
  await virtual.advance(200);
  await meanwhile();
  await virtual.until(() => missing !== null, LOG_GRACE_MS * 2);
  return { missing, tookMs: system.clock.now() - begun };
}

describe('the log of an attempt that has ended', () => {
  it('is waited for when its last bytes come after the report', async () => {
    const world = ended(LINE.length);
    const { missing, tookMs } = await waited(world, () => world.arrives());
    expect(missing).toBe(0);
    expect(tookMs).toBeGreaterThanOrEqual(200);
    expect(tookMs).toBeLessThan(1_000);
  });

  it('is given up on after a few seconds, and said to lack what never came', async () => {
    const world = ended(LINE.length + 5);
    await world.arrives();
    const { missing, tookMs } = await waited(world);
    expect(missing).toBe(5);
    expect(tookMs).toBeGreaterThanOrEqual(LOG_GRACE_MS);
  });

  it('is not waited for long after its end: it will not come any more', async () => {
    const world = ended(LINE.length);
    await world.virtual.advance(LOG_GRACE_MS);
    expect(await untilWhole(world.attempt, world.logs, world.system)).toBe(LINE.length);
  });

  it.each([
    ['an agent that does not tell its length', ended(null)],
    ['an attempt that wrote nothing', ended(0)],
  ])('of %s is taken as it is', async (_name, { attempt, logs, system }) => {
    expect(await untilWhole(attempt, logs, system)).toBe(0);
  });

  it('is taken as it is while the attempt runs', async () => {
    const { attempt, logs, system } = ended(LINE.length);
    expect(await untilWhole({ ...attempt, endedAt: null, result: null }, logs, system)).toBe(0);
  });
});
