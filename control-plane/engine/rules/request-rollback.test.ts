import { describe, expect, it } from 'vitest';
import { hostNamed, phasePlan, plan, runPlan, sectionPlan, stepPlan } from '../../../test/support/plans.ts';
import { Play, told, toldOf } from '../../../test/support/play.ts';
import type { Input } from '../inputs.ts';
import type { RunPlan } from '../plan.ts';

const run = (id: string, deploymentType = 'SSH'): RunPlan =>
  runPlan(
    [
      phasePlan('p1', [sectionPlan('deploy', [stepPlan('install')])], {
        deploymentType,
        hosts: [hostNamed('h1')],
        rollback: [sectionPlan('undo', [stepPlan('undo')], { undoes: 'deploy' })],
      }),
    ],
    { id },
  );
/** Two runs side by side, both at work. */
const both = (...runs: readonly RunPlan[]): Play =>
  new Play(plan(runs.length > 0 ? runs : [run('a'), run('b')])).run(() => null);
const of = (input: 'abort' | 'rollback', runId?: string): Input => ({
  input,
  actor: 'ann',
  reason: 'enough',
  ...(runId === undefined ? {} : { runId: `x1/${runId}` }),
});
const after = (play: Play, ...inputs: readonly Input[]): Play => {
  for (const input of inputs) play.give(input);
  return play;
};
const refused = (why: string) => [`InputRejected rollback ILLEGAL_STATE: ${why}`];

describe('a rollback that is asked for', () => {
  it.each<[string, () => Play, readonly string[]]>([
    ['of two that run', () => both(), ['RollbackStarted a', 'RollbackStarted b']],
    ['when one is aborted', () => after(both(), of('abort', 'a')), ['RollbackStarted b']],
    ['when one goes back already', () => after(both(), of('rollback', 'a')), ['RollbackStarted b']],
  ])('takes back what still goes forward: %s', (_, come, started) => {
    const events = come().give(of('rollback'));
    expect(
      toldOf(events, 'RollbackStarted', 'InputRejected').map((line) => line.split(' ').slice(0, 2).join(' ')),
    ).toEqual(started);
  });

  it.each<[string, () => Play, Input, string]>([
    ['all is aborted', () => after(both(), of('abort')), of('rollback'), 'it is being aborted'],
    ['all goes back', () => after(both(), of('rollback')), of('rollback'), 'it is rolling back already'],
    [
      'one is aborted, and the other goes back',
      () => after(both(), of('abort', 'a'), of('rollback', 'b')),
      of('rollback'),
      'it is being aborted',
    ],
    [
      'one goes back, and the other was not reached',
      () => {
        const stages = [run('a'), run('b')].map((each, index) => ({ id: `s${index}`, name: each.id, runs: [each] }));
        return after(
          new Play(plan([], { stages })).run(() => null),
          of('rollback', 'a'),
        );
      },
      of('rollback'),
      'it is rolling back already',
    ],
    ['it is not there', () => both(), of('rollback', 'c'), 'there is no run x1/c in it'],
    [
      'one of them is on a platform that cannot',
      () => both(run('a'), run('b', 'ABACUS')),
      of('rollback'),
      'a deployment of type ABACUS cannot be rolled back on request',
    ],
  ])('is refused when %s', (_, come, input, why) => {
    expect(told(come().give(input))).toEqual(refused(why));
  });

  it.each([null, 3])('aborts what has only asked for its lock, at whatever place in the queue: %j', (position) => {
    const lock = { keys: ['k'], queueLimit: 9, timeoutMs: 60_000 };
    const play = new Play(plan([{ ...run('a'), lock }]));
    const answer = { state: 'QUEUED', position: position ?? 0 } as const;
    if (position !== null) play.give({ input: 'lockAnswered', runId: 'x1/a', requestId: 'x1/a', answer });
    expect(toldOf(play.give(of('rollback')), 'AbortRequested', 'RollbackStarted')).toEqual([
      'AbortRequested a ann enough',
    ]);
  });
});
