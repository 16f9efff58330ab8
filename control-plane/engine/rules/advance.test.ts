import { describe, expect, it } from 'vitest';
import { agentStep, phasePlan, plan, runPlan, sectionPlan } from '../../../test/support/plans.ts';
import { failed, Play, told, toldOf } from '../../../test/support/play.ts';
import type { Plan, RunPlan } from '../plan.ts';

const silent = () => null;

const run = (id: string, more: Partial<RunPlan> = {}): RunPlan =>
  runPlan([phasePlan('p1', [sectionPlan('work', [agentStep('do')])])], { id, ...more });

/** Two runs side by side, then one. */
const stages = (): Plan =>
  plan([], {
    kind: 'PIPELINE',
    stages: [
      { id: 's1', name: 'both', runs: [run('a'), run('b')] },
      { id: 's2', name: 'after', runs: [run('c')] },
    ],
  });

const statuses = (play: Play) => play.execution.runs.map((each) => each.status);

describe('stages', () => {
  it('start all of their runs together, and the next one when all have succeeded', () => {
    const play = new Play(stages());
    expect(statuses(play)).toEqual(['RUNNING', 'RUNNING', 'QUEUED']);
    play.run((id) => (id.includes('/b/') ? null : { outcome: 'SUCCESS', touched: true }));
    expect(statuses(play)).toEqual(['SUCCESS', 'RUNNING', 'QUEUED']);
    const attemptId = 'x1/b/p1.0/work/do@-#1';
    const events = play.give({ input: 'finished', attemptId, result: { outcome: 'SUCCESS', touched: false } });
    expect(toldOf(events, 'RunEnded', 'RunStarted')).toEqual(['RunEnded b SUCCESS null', 'RunStarted c']);
    play.finish();
    expect(statuses(play)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS']);
    expect(play.execution.status).toBe('SUCCESS');
  });

  it('stop after one that failed, but its other runs come to their own end', () => {
    const play = new Play(stages()).run((id) => (id.includes('/a/') ? failed(false) : null));
    expect(statuses(play)).toEqual(['FAILED', 'RUNNING', 'QUEUED']);
    expect(play.execution.endedAt).toBeNull();
    const attemptId = 'x1/b/p1.0/work/do@-#1';
    const events = play.give({ input: 'finished', attemptId, result: { outcome: 'SUCCESS', touched: false } });
    expect(toldOf(events, 'RunEnded', 'ExecutionEnded')).toEqual([
      'RunEnded b SUCCESS null',
      'RunEnded c SKIPPED null',
      'ExecutionEnded FAILED',
    ]);
  });

  it('without any run are passed over', () => {
    const empty = plan([], {
      stages: [
        { id: 's0', name: 'none', runs: [] },
        { id: 's1', name: 'one', runs: [run('a')] },
      ],
    });
    expect(new Play(empty).finish().execution.status).toBe('SUCCESS');
    expect(new Play(plan([])).finish().execution.status).toBe('SKIPPED');
  });
});

describe('one run of several', () => {
  it('is aborted alone, and the others go on', () => {
    const play = new Play(stages()).run(silent);
    play.give({ input: 'abort', actor: 'me', reason: 'enough', runId: 'x1/a' });
    expect(statuses(play)).toEqual(['ABORTING', 'RUNNING', 'QUEUED']);
    play.wait();
    expect(statuses(play)).toEqual(['ABORTED', 'RUNNING', 'QUEUED']);
  });

  it('is aborted at once before its stage has come', () => {
    const play = new Play(stages()).run(silent);
    expect(told(play.give({ input: 'abort', actor: 'me', reason: 'enough', runId: 'x1/c' }))).toEqual([
      'AbortRequested c me enough',
      'RunEnded c ABORTED CANCELED: enough',
    ]);
    const ended = play.finish(() => ({ outcome: 'SUCCESS', touched: false })).execution;
    expect(ended.status).toBe('ABORTED');
  });

  it('is rolled back alone, and the next stage does not start', () => {
    const play = new Play(stages()).run(silent);
    play.give({ input: 'rollback', actor: 'me', reason: 'enough', runId: 'x1/a' });
    expect(statuses(play)).toEqual(['ROLLING_BACK', 'RUNNING', 'QUEUED']);
    const attemptId = 'x1/b/p1.0/work/do@-#1';
    play.give({ input: 'finished', attemptId, result: { outcome: 'SUCCESS', touched: false } });
    play.finish();
    expect(statuses(play)).toEqual(['FAILED', 'SUCCESS', 'SKIPPED']);
  });

  it('is not rolled back before its stage has come', () => {
    const play = new Play(stages()).run(silent);
    expect(told(play.give({ input: 'rollback', actor: 'me', reason: 'enough', runId: 'x1/c' }))).toEqual([
      'InputRejected rollback ILLEGAL_STATE: it has not started yet',
    ]);
    play.give({ input: 'rollback', actor: 'me', reason: 'enough' });
    expect(statuses(play)).toEqual(['ROLLING_BACK', 'ROLLING_BACK', 'SKIPPED']);
  });
});

describe('the whole execution', () => {
  it('is aborted with every run of it, started or not', () => {
    const play = new Play(stages()).run(silent);
    play.give({ input: 'abort', actor: 'me', reason: 'enough' });
    expect(statuses(play)).toEqual(['ABORTING', 'ABORTING', 'ABORTED']);
    play.wait();
    expect(statuses(play)).toEqual(['ABORTED', 'ABORTED', 'ABORTED']);
    expect(play.execution.status).toBe('ABORTED');
    expect(play.execution.settled).toBe(false);
    expect(play.finish().execution.settled).toBe(true);
  });
});
