import { expect, it } from 'vitest';
import { failure } from '@fairlead/proto/model/failure.ts';
import { agentStep, onFailure, phasePlan, plan, runPlan, sectionPlan } from '../../../test/support/plans.ts';
import { Play, toldOf } from '../../../test/support/play.ts';
import type { Input } from '../inputs.ts';
import type { RunPlan } from '../plan.ts';

const refused: Input = {
  input: 'lockAnswered',
  runId: 'x1/web',
  requestId: 'x1/web',
  answer: { state: 'REFUSED', failure: failure('QUEUE_FULL', 'too many') },
};
const locked = (more: Partial<RunPlan> = {}): Play => {
  const lock = { keys: ['k1'], queueLimit: 20, timeoutMs: 60_000 };
  const phases = [phasePlan('p1', [sectionPlan('s', [agentStep('work')])])];
  return new Play(plan([runPlan(phases, { id: 'web', lock, ...more })]));
};

it('aborts where the strategy says so', () => {
  const play = locked({ failureStrategies: [onFailure('ABORT')] });
  play.give(refused);
  expect(play.execution.status).toBe('ABORTED');
});

it('is not ignored, and nobody is asked', () => {
  const play = locked({ failureStrategies: [onFailure('IGNORE'), onFailure('MANUAL_INTERVENTION')] });
  play.give(refused);
  expect(toldOf(play.events, 'RunEnded')).toEqual(['RunEnded web FAILED QUEUE_FULL: too many']);
});

it('takes back what was provisioned before it, and nothing else', () => {
  const [pre, undoPre] = [sectionPlan('pre', [agentStep('make')]), sectionPlan('undo', [agentStep('make')])];
  const play = locked({ pre, undoPre });
  play.run(() => null);
  const attemptId = 'x1/web/pre.0/pre/make@-#1';
  play.give({ input: 'finished', attemptId, result: { outcome: 'SUCCESS', touched: true } });
  play.give(refused);
  expect(play.execution.runs[0]?.rollback).toMatchObject({ scope: 'WORKFLOW', result: null });
  play.run();
  expect(toldOf(play.events, 'RollbackEnded', 'RunEnded')).toEqual([
    'RollbackEnded web SUCCESS',
    'RunEnded web FAILED null',
  ]);
  expect(play.execution.runs[0]?.failure?.code).toBe('QUEUE_FULL');
});
