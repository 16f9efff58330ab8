import type { StageRunView, StageView } from '@fairlead/proto/live.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import { expect, it } from 'vitest';
import { opensItself, resumableStages, statusOfStage, timesOfStage } from './stage-look.ts';

const run = (status: StageRunView['status'], more: Partial<StageRunView> = {}): StageRunView => ({
  id: 'e/r',
  name: 'r',
  status,
  startedAt: null,
  endedAt: null,
  takenOver: false,
  isApproval: false,
  note: null,
  until: null,
  ...more,
});
const stage = (...runs: readonly StageRunView[]): StageView => ({ id: 's', name: 'S', takesBack: null, runs });
const runs = { startedAt: 5 } as const;

it.each([
  ['nothing before it was reached', stage(run('QUEUED'), run('QUEUED')), null, false],
  ['queued for a lock', stage(run('QUEUED', { startedAt: 3, note: 'waiting for the lock' })), 'QUEUED', true],
  ['waiting for inputs', stage(run('WAITING', { note: 'waiting for its inputs' })), 'WAITING', true],
  [
    'running, whatever waits beside',
    stage(run('WAITING', { ...runs, note: 'x' }), run('RUNNING', runs)),
    'RUNNING',
    true,
  ],
  ['running, whatever failed beside', stage(run('FAILED', { note: 'no' }), run('RUNNING', runs)), 'RUNNING', true],
  ['the worst at the end', stage(run('SUCCESS', runs), run('FAILED', { ...runs, note: 'no' })), 'FAILED', true],
  ['closed when it went well', stage(run('SUCCESS', runs), run('SKIPPED')), 'SUCCESS', false],
])('is %s', (_, of, status, open) => {
  expect([statusOfStage(of), opensItself(of)]).toEqual([status, open]);
});

it('lasts from the first run that began to the last that ended', () => {
  const first = run('SUCCESS', { startedAt: 5, endedAt: 9 });
  expect(timesOfStage(stage(first, run('SUCCESS', { startedAt: 4, endedAt: 12 })))).toEqual({
    startedAt: 4,
    endedAt: 12,
  });
  expect(timesOfStage(stage(first, run('RUNNING', { startedAt: 7 })))).toEqual({ startedAt: 5, endedAt: null });
  expect(timesOfStage(stage(run('QUEUED')))).toEqual({ startedAt: null, endedAt: null });
});

it('is gone on with from the stage that failed, or one before it', () => {
  const named = (name: string, status: StageRunView['status'], more: Partial<StageView> = {}): StageView => ({
    ...stage(run(status, isTerminal(status) && status !== 'SKIPPED' ? { ...runs, endedAt: 9 } : {})),
    name,
    ...more,
  });
  const back = named('QA again', 'SUCCESS', { takesBack: 'QA' });
  const stages = [
    named('QA', 'SUCCESS'),
    named('Load', 'SKIPPED'),
    named('Prod', 'FAILED'),
    named('Smoke', 'SKIPPED'),
    back,
  ];
  expect(resumableStages(stages)).toEqual({ names: ['QA', 'Prod'], first: 'Prod' });
  expect(resumableStages([])).toEqual({ names: [], first: null });
});
