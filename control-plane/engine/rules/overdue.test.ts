import { expect, it } from 'vitest';
import { failure } from '@fairlead/proto/model/failure.ts';
import { ATTEMPT, oneStep, onFailure } from '../../../test/support/plans.ts';
import { Play } from '../../../test/support/play.ts';
import type { Input } from '../inputs.ts';
import { findAttempt } from '../tree.ts';

const strategies = { failureStrategies: [onFailure('IGNORE', { types: ['TIMEOUT'] }), onFailure('ABORT')] };
const canceled = (confirmed: boolean): Input => ({
  input: 'finished',
  attemptId: ATTEMPT,
  result: { outcome: 'CANCELED', failure: failure('CANCELED', 'stopped'), touched: true, confirmed },
});
/** Its agent was silent at the deadline, so it is asked to stop. */
const overdue = (): Play => new Play(oneStep({}, strategies)).run(() => null).wait();

it('an agent that stops it because its time is over has run out of time', () => {
  const play = overdue();
  play.give(canceled(true));
  expect(findAttempt(play.execution, ATTEMPT)?.result).toEqual({
    outcome: 'FAILED',
    failure: failure('STEP_TIMEOUT', 'it was stopped: its time was over'),
    touched: true,
    confirmed: true,
  });
  expect(play.finish().execution.status).toBe('SUCCESS');
});

it('and where nobody saw its end, that is not forgotten', () => {
  const play = overdue();
  play.give(canceled(false));
  const result = findAttempt(play.execution, ATTEMPT)?.result;
  expect([result?.confirmed, result?.failure?.details]).toEqual([false, { confirmed: false }]);
});

it('an agent that had never begun by then has run out of time too', () => {
  const play = overdue();
  const why = failure('CANCELED', 'it never began');
  play.give({ input: 'released', attemptId: ATTEMPT, assignment: 1, agentId: 'a1', failure: why, final: true });
  expect(findAttempt(play.execution, ATTEMPT)?.result).toMatchObject({ outcome: 'FAILED', touched: false });
  expect(play.finish().execution.status).toBe('SUCCESS');
});

it('what somebody wanted stopped has been stopped', () => {
  const play = new Play(oneStep({}, strategies)).run(() => null);
  play.give({ input: 'abort', actor: 'me', reason: 'enough' });
  play.give(canceled(true));
  expect(findAttempt(play.execution, ATTEMPT)?.result?.outcome).toBe('CANCELED');
});
