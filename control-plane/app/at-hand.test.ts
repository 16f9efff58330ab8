import { expect, it } from 'vitest';
import { oneStep } from '../../test/support/plans.ts';
import type { Command } from '../engine/commands.ts';
import type { Input } from '../engine/inputs.ts';
import { withAtHand, type AtHand } from './at-hand.ts';
import { deliberate } from './deliberate.ts';
import { ENGINE, type Engine } from './engine.ts';

const start: Input = { input: 'start', plan: oneStep(), driver: 'r1', epoch: 1 };
const decided = deliberate(ENGINE, null, [start], 1_000);

function agents() {
  const taken: Input[] = [];
  const atHand: AtHand = {
    answers: (commands) =>
      commands.flatMap((command) => {
        if (command.command !== 'assign') return [];
        const { attemptId } = command;
        const chosen: Input = { input: 'agentChosen', attemptId, agentId: 'a1', ledgerId: 'l1', sessionId: 's1' };
        taken.push(chosen);
        return [chosen];
      }),
    takeBack: (answers) => void taken.splice(0, answers.length),
  };
  return { atHand, taken };
}

const kinds = (commands: readonly Command[]) => commands.map(({ command }) => command);

it('gives a task to an agent in the append that makes it wanted', () => {
  const { atHand, taken } = agents();
  const considered = withAtHand({ engine: ENGINE, atHand }, decided, () => true);
  expect(considered.decisions.map(({ input }) => input.input)).toEqual(['start', 'agentChosen']);
  expect(considered.outcomes).toEqual(decided.outcomes);
  expect(considered.answers).toEqual(taken);
  expect(considered.execution === null ? [] : kinds(ENGINE.wanted(considered.execution))).toEqual(['offer']);
});

it('leaves alone what is being carried out already', () => {
  const { atHand, taken } = agents();
  const considered = withAtHand({ engine: ENGINE, atHand }, decided, () => false);
  expect(considered.execution).toBe(decided.execution);
  expect(taken).toEqual([]);
});

it('asks for nothing where nothing can have come to be wanted', () => {
  const { atHand, taken } = agents();
  const ticked = deliberate(ENGINE, decided.execution, [{ input: 'tick' }], 1_001);
  expect(withAtHand({ engine: ENGINE, atHand }, ticked, () => true).decisions).toEqual([]);
  expect(taken).toEqual([]);
});

it('takes the answer back when the engine throws on it, and keeps what was decided before', () => {
  const { atHand, taken } = agents();
  const engine: Engine = {
    ...ENGINE,
    decide(execution, input, now) {
      if (input.input === 'agentChosen') throw new Error('planted');
      return ENGINE.decide(execution, input, now);
    },
  };
  const considered = withAtHand({ engine, atHand }, decided, () => true);
  expect(considered.decisions).toEqual(decided.decisions);
  expect([considered.answers, taken]).toEqual([[], []]);
});
