import { describe, expect, it } from 'vitest';
import { ATTEMPT, oneStep, onFailure, retryTimes } from '../../../test/support/plans.ts';
import { Play, toldOf } from '../../../test/support/play.ts';

const silent = () => null;

describe('a step that could not start', () => {
  const impossible = { skip: '${workflow.nothing} == 1' };

  it.each(['IGNORE', 'MARK_SUCCESS'] as const)('is passed over by %s', (action) => {
    const play = new Play(oneStep(impossible, { failureStrategies: [onFailure(action)] })).finish();
    expect(play.execution.status).toBe('SUCCESS');
    expect(play.execution.runs[0]?.phases[0]?.sections[0]?.steps[0]).toMatchObject({ status: 'FAILED', ignored: true });
  });
});

describe('an attempt whose end nobody saw', () => {
  const strategies = { failureStrategies: [retryTimes(3)] };
  const outOfTime = (play: Play) => play.run(silent).wait().wait();
  const lost = (play: Play): Play => {
    play.run(silent).give({ input: 'agentLost', attemptId: ATTEMPT, agentId: 'a1', reason: 'gone' });
    return play.wait().wait();
  };

  it.each([
    ['with a silent agent', outOfTime],
    ['with a lost agent', lost],
  ])('%s is not retried, for it may have run', (_, come) => {
    const play = come(new Play(oneStep({}, strategies)));
    expect(toldOf(play.events, 'StepRetried')).toEqual([]);
    expect(play.execution.status).toBe('FAILED');
  });

  it.each([
    ['with a silent agent', outOfTime],
    ['with a lost agent', lost],
  ])('%s is retried where running twice does no harm', (_, come) => {
    const play = come(new Play(oneStep({ idempotent: true }, strategies)));
    expect(toldOf(play.events, 'StepRetried')).toEqual(['StepRetried run/p1.0/deploy/install [h1]']);
  });
});
