/** What holds for every plan and every order of events. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { anyMoves, anyPlan } from '../../test/support/plan-arbitrary.ts';
import { RandomPlay } from '../../test/support/play-at-random.ts';
import { figure } from '../../test/support/real/figures.ts';
import { rounds } from '../../test/support/real/rounds.ts';
import { decide } from './decide.ts';
import type { Event } from './events.ts';
import { evolve } from './evolve.ts';
import type { Execution } from './execution.ts';

const numRuns = rounds(80, 20_000);
const MINUTES = rounds(10, 60) * 60_000;
/** The same ones every time; `FAIRLEAD_TEST_SEED` names others. */
const seed = Number(process.env['FAIRLEAD_TEST_SEED'] ?? 1);

/** A turn of the event loop now and then: the runner takes a process that does not answer for dead. */
const breathe = async (count: number): Promise<void> => {
  if (count % 100 === 0) await new Promise((resolve) => setTimeout(resolve));
};

const throughJournal = (event: Event): Event => JSON.parse(JSON.stringify(event)) as Event;

it('an execution stays sound whatever happens to it, and comes to its end', { timeout: MINUTES }, async () => {
  let histories = 0;
  await fc.assert(
    fc.asyncProperty(anyPlan, anyMoves, async (plan, moves) => {
      await breathe((histories += 1));
      const play = new RandomPlay(plan);
      for (const { kind, pick } of moves) play.move(kind, pick);
      play.settle();
      // The journal tells it all.
      const folded = play.events.map(throughJournal).reduce<Execution | null>(evolve, null);
      expect(folded).toEqual(play.execution);
    }),
    { numRuns, seed },
  );
  figure('engine histories', histories);
});

it('the same inputs at the same times are decided alike', { timeout: MINUTES }, async () => {
  let histories = 0;
  await fc.assert(
    fc.asyncProperty(anyPlan, anyMoves, async (plan, moves) => {
      await breathe((histories += 1));
      const play = new RandomPlay(plan);
      for (const { kind, pick } of moves) if (kind !== 'park') play.move(kind, pick);
      let state: Execution | null = null;
      const events = play.inputs.flatMap((input, index): readonly Event[] => {
        const decided = decide(state, input, play.times[index] ?? 0);
        state = decided.reduce<Execution | null>(evolve, state);
        return decided;
      });
      expect(events).toEqual(play.events);
    }),
    { numRuns: Math.ceil(numRuns / 4), seed },
  );
  figure('engine histories decided again', histories);
});
