import { expect, test } from 'vitest';
import fc from 'fast-check';
import type { CrashPoint } from '@fairlead/proto/model/crash.ts';
import { failure } from '@fairlead/proto/model/failure.ts';
import type { Attempt } from './platforms/platform.ts';
import { AgentWorld } from '../test/support/agent-world.ts';
import { SUCCESS } from '../test/support/agent-fakes.ts';

const IDS = [1, 2, 3].map((n) => `e/run/step@web-${n}#1`);
const POINTS = ['ledger:before', 'ledger:after', 'report:before', 'report:after'] as const;

class Crash extends Error {}

/** The target: what was begun on it stays begun, whoever asks; beginning twice is what must never happen. */
class Target {
  readonly begun: string[] = [];

  async run(attempt: Attempt): Promise<typeof SUCCESS> {
    const began = this.begun.includes(attempt.id);
    if (attempt.resumed && began) return SUCCESS;
    await attempt.record('unit:intent', { unit: 1 });
    this.begun.push(attempt.id);
    await attempt.system.scheduler.sleep(100);
    await attempt.record('unit:result', { unit: 1 });
    return SUCCESS;
  }
}

/** Lets the agent die at the n-th pass of a point, starts it again, and lets everything come to an end. */
async function liveThrough(
  deaths: readonly { point: CrashPoint; pass: number; tear: number }[],
  seed: number,
): Promise<void> {
  const world = new AgentWorld(seed);
  const target = new Target();
  world.work = (attempt) => target.run(attempt);
  const left = [...deaths];
  let died = false;
  const start = async (): Promise<void> => {
    died = false;
    const death = left.shift();
    let count = death?.pass ?? 0;
    const pass = (point: CrashPoint): void => {
      if (died) throw new Crash();
      if (point !== death?.point) return;
      count -= 1;
      if (count > 0) return;
      died = true;
      if (point === 'ledger:before' && death.tear > 0) {
        // The crash comes in the middle of the write: a part of it is on the disk.
        world.disk.tearAt = death.tear;
        return;
      }
      world.die();
      throw new Crash();
    };
    const started = world.start({ crash: { pass } }).catch((error: unknown) => {
      if (!(error instanceof Crash)) throw error;
    });
    // A process that died in the middle of opening its ledger never says so.
    await Promise.race([started, world.system.advance(1)]);
  };
  await start();
  const finished = (): number => new Set(world.control.reported('finished').map(({ attemptId }) => attemptId)).size;
  for (let turn = 0; turn < 400 && finished() < IDS.length; turn += 1) {
    // The control plane offers what it has heard nothing of, again and again, as the loop would.
    for (const id of IDS) if (!died && world.agent.sessionId !== null) void world.control.offer(id).catch(() => {});
    await world.system.advance(50);
    if (!died) continue;
    world.die();
    await world.system.advance(10);
    await start();
  }
  expect(finished()).toBe(IDS.length);
  expect([...target.begun].sort()).toEqual(IDS);
  await world.system.advance(1_000);
  if (!died) expect(world.agent.ledger.open()).toEqual([]);
}

test('killed at any point of its writing and reporting, again and again, torn writes included: all done, nothing twice', async () => {
  // What a dead process' code still throws into the void is the crash itself.
  const swallow = (error: unknown): void => {
    if (!(error instanceof Crash)) throw error;
  };
  process.on('unhandledRejection', swallow);
  try {
    const death = fc.record({
      point: fc.constantFrom(...POINTS),
      pass: fc.integer({ min: 1, max: 12 }),
      tear: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 900 })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(death, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 1e6 }), liveThrough),
      { numRuns: 60 },
    );
  } finally {
    process.off('unhandledRejection', swallow);
  }
}, 60_000);

test('a bug that a platform throws while the agent is dying is not reported by the dead', async () => {
  const world = new AgentWorld();
  await world.start();
  await world.control.offer(IDS[0] ?? '');
  await world.system.settle();
  world.die();
  world.platform.end(IDS[0] ?? '', { outcome: 'FAILED', failure: failure('INTERNAL', 'x'), touched: true });
  await world.system.settle();
  expect(world.control.reported('finished')).toEqual([]);
  await world.start();
  expect(world.state(IDS[0] ?? '')).toBe('STARTED');
});
