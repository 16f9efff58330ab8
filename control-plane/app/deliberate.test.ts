import { expect, it } from 'vitest';
import { oneStep } from '../../test/support/plans.ts';
import { Play } from '../../test/support/play.ts';
import type { Event } from '../engine/events.ts';
import type { Execution } from '../engine/execution.ts';
import type { Input } from '../engine/inputs.ts';
import { deliberate } from './deliberate.ts';
import { ENGINE, EngineBug, type Engine } from './engine.ts';

const broken: Engine = {
  ...ENGINE,
  decide() {
    throw new Error('it cannot be interpreted');
  },
};

/** Ended, with its work still open where it ran. */
function ended(...more: readonly Event[]): Execution {
  const play = new Play(oneStep());
  play.give({ input: 'abort', actor: 'me', reason: 'enough' });
  play.tell([{ event: 'ExecutionEnded', status: 'ABORTED', at: play.now }, ...more]);
  return play.execution;
}
const settled = (): Execution => ended({ event: 'Settled', at: 9e12 });

const ASKED: readonly Input[] = [
  { input: 'abort', actor: 'me', reason: '' },
  { input: 'pause', actor: 'me', reason: '' },
  { input: 'resume', actor: 'me' },
  { input: 'rollback', actor: 'me', reason: '' },
  { input: 'intervene', stepId: 'x1/run/p1.0/deploy/install', action: 'IGNORE', actor: 'me', reason: '' },
  {
    input: 'approve',
    stepId: 'x1/run/p1.0/deploy/install',
    answer: 'APPROVE',
    actor: 'me',
    comment: '',
    variables: {},
  },
  { input: 'giveInputs', runId: 'x1/run', values: {}, actor: 'me' },
];

it.each(ASKED)('tells who asks for $input that it has ended, whatever is wrong with the engine', (input) => {
  for (const execution of [ended(), settled()]) {
    const { decisions, outcomes } = deliberate(broken, execution, [input], 1);
    expect(decisions).toEqual([]);
    expect(outcomes).toMatchObject([
      [
        {
          event: 'InputRejected',
          input: input.input,
          failure: { code: 'ILLEGAL_STATE', message: 'it has ended already' },
        },
      ],
    ]);
  }
});

it('lets nothing follow from anything once it is settled, and asks the engine until then', () => {
  const tick: Input = { input: 'tick' };
  expect(deliberate(broken, settled(), [tick], 1)).toMatchObject({ decisions: [], outcomes: [[]] });
  expect(() => deliberate(broken, ended(), [tick], 1)).toThrow(EngineBug);
});
