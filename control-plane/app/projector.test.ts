import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../test/support/memory-store/index.ts';
import { simplePlan } from '../../test/support/plans.ts';
import { Play, succeeded } from '../../test/support/play.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import type { Decision } from './deliberate.ts';
import { Projector } from './projector.ts';

const play = new Play(simplePlan());
play.finish(() => succeeded);
const { execution } = play;

const decided = (...events: readonly string[]): readonly Decision[] =>
  // Only their names are looked at.
  [{ input: { input: 'tick' }, events: events.map((event) => ({ event })) } as unknown as Decision];

describe('rows that are written behind', () => {
  function open() {
    const system = new VirtualSystem();
    const { rows } = createMemoryStore();
    const written: [number, number][] = [];
    const put: typeof rows.putExecution = (row) => {
      written.push([system.elapsed, row.seq]);
      return rows.putExecution(row);
    };
    const projector = new Projector({ ...rows, putExecution: put }, system.scheduler, (error) => {
      throw error;
    });
    const follow = (seq: number, ...events: readonly string[]) => projector.follow(execution, seq, decided(...events));
    const pass = async (ms: number): Promise<void> => {
      system.scheduler.after(ms, () => {});
      const until = system.elapsed + ms;
      while (system.elapsed < until) await system.step();
    };
    return { written, follow, pass };
  }

  it('shows a new one at once, a change soon, and how far it is within a second', async () => {
    const { written, follow, pass } = open();
    follow(1, 'ExecutionStarted');
    await pass(1);
    follow(2, 'AttemptStarted');
    follow(3, 'AttemptEnded', 'StepEnded', 'StepStarted');
    await pass(2_000);
    follow(4, 'AttemptEnded', 'StepEnded', 'RunEnded');
    await pass(2_000);
    expect(written).toEqual([
      [0, 1],
      [1_001, 3],
      [2_201, 4],
    ]);
  });

  it('does not let a change wait for the progress before it, nor be put off by the progress after it', async () => {
    const { written, follow, pass } = open();
    follow(2, 'AttemptEnded');
    await pass(100);
    follow(3, 'RollbackStarted');
    await pass(100);
    follow(4, 'AttemptStarted');
    await pass(2_000);
    expect(written).toEqual([[300, 4]]);
  });

  it('writes what never stops changing all the same', async () => {
    const { written, follow, pass } = open();
    for (let seq = 2; seq <= 32; seq += 1) {
      follow(seq, 'AttemptStarted');
      await pass(100);
    }
    expect(written.map(([at]) => at)).toEqual([1_000, 2_000, 3_000]);
  });
});
