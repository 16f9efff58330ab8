import { expect, it } from 'vitest';
import { failure, failureType } from '@fairlead/proto/model/failure.ts';
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
  expect(toldOf(play.events, 'AbortRequested')).toEqual(['AbortRequested web failure strategy too many']);
});

it('asks the strategies of the whole workflow that are for such a failure, and no others', () => {
  const statusAfter = (...failureStrategies: RunPlan['failureStrategies']) => {
    const play = locked({ failureStrategies });
    play.give(refused);
    return play.execution.status;
  };
  expect(statusAfter(onFailure('ABORT', { scope: 'PHASE' }))).toBe('FAILED');
  expect(statusAfter(onFailure('ABORT', { types: ['CONNECTIVITY'] }))).toBe('FAILED');
  expect(statusAfter(onFailure('ABORT', { types: [failureType(failure('QUEUE_FULL', ''))] }))).toBe('ABORTED');
  expect(statusAfter(onFailure('END_EXECUTION'), onFailure('ABORT'))).toBe('FAILED');
  expect(statusAfter(onFailure('RETRY'), onFailure('MARK_SUCCESS'), onFailure('ABORT'))).toBe('ABORTED');
});

it('is not ignored, and nobody is asked', () => {
  const play = locked({ failureStrategies: [onFailure('IGNORE'), onFailure('MANUAL_INTERVENTION')] });
  play.give(refused);
  expect(toldOf(play.events, 'RunEnded')).toEqual(['RunEnded web FAILED QUEUE_FULL: too many']);
});

/** Its provisioner has run; then it was refused. */
const provisioned = (more: Partial<RunPlan> = {}): Play => {
  const [pre, undoPre] = [sectionPlan('pre', [agentStep('make')]), sectionPlan('undo', [agentStep('make')])];
  const play = locked({ pre, undoPre, ...more });
  play.run(() => null);
  const attemptId = 'x1/web/pre.0/pre/make@-#1';
  play.give({ input: 'finished', attemptId, result: { outcome: 'SUCCESS', touched: true } });
  play.give(refused);
  return play;
};

it.each([
  ['ROLLBACK_WORKFLOW', 'BEFORE'],
  ['ROLLBACK_PROVISIONER_AFTER_PHASES', 'AFTER'],
] as const)('by %s takes provisioners back %s the phases', (action, provisioners) => {
  const play = provisioned({ failureStrategies: [onFailure(action)] });
  expect(play.execution.runs[0]?.rollback).toMatchObject({ provisioners });
});

it('takes back what was provisioned before it, and nothing else', () => {
  const play = provisioned();
  expect(play.execution.runs[0]?.rollback).toMatchObject({ scope: 'WORKFLOW', provisioners: 'BEFORE', result: null });
  play.run();
  expect(toldOf(play.events, 'RollbackEnded', 'RunEnded')).toEqual([
    'RollbackEnded web SUCCESS',
    'RunEnded web FAILED null',
  ]);
  expect(play.execution.runs[0]?.failure?.code).toBe('QUEUE_FULL');
});

it('gives its place back before it takes back what was provisioned: nobody waits for that', () => {
  const play = provisioned();
  play.run(() => null);
  expect(play.execution.runs[0]).toMatchObject({ status: 'ROLLING_BACK', lock: { state: 'RELEASED' } });
  play.report();
  expect(play.execution.settled).toBe(true);
  expect(toldOf(play.events, 'LockReleased')).toEqual(['LockReleased web']);
});
