import { expect, it } from 'vitest';
import { ATTEMPT, oneStep } from '../../../test/support/plans.ts';
import { Play, told } from '../../../test/support/play.ts';
import { settledByForce } from './settle-by-force.ts';

/** Aborted, and its agent has never said what became of the work. */
const unconfirmed = (): Play => {
  const play = new Play(oneStep()).run(() => null);
  play.give({ input: 'abort', actor: 'me', reason: 'enough' });
  play.wait();
  return play;
};

it('what an operator settles by force says who did, why, and what nobody has confirmed', () => {
  const play = unconfirmed();
  expect(play.execution).toMatchObject({ status: 'ABORTED', settled: false });
  const events = settledByForce(play.execution, 'ops', 'the host is gone', 90_000);
  expect(told(events)).toEqual([`SettledByForce ops the host is gone [${ATTEMPT}]`]);
  expect(events[0]?.at).toBe(90_000);
  expect(play.tell(events).execution).toMatchObject({ status: 'ABORTED', settled: true });
  expect(play.commands).toEqual([]);
});
