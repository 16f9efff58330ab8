import { describe, expect, it } from 'vitest';
import { failure } from '@fairlead/proto/model/failure.ts';
import { agentStep, phasePlan, plan, runPlan, sectionPlan, simplePlan, stepPlan } from '../../../test/support/plans.ts';
import { failed, Play, succeeded, told, toldOf } from '../../../test/support/play.ts';
import type { OutputScope, Plan, RunPlan } from '../plan.ts';
import { taskOfAttempt } from '../task.ts';

const SCRIPT = { shell: 'sh', on: 'agent', outputs: {} };

const run = (id: string): RunPlan => {
  const [simple] = simplePlan().stages[0]?.runs ?? [];
  if (simple === undefined) throw new Error('no run');
  return { ...simple, id };
};

const pipeline = (more: Partial<Plan> = {}): Plan =>
  plan([], {
    kind: 'PIPELINE',
    rollbackOnFailure: true,
    stages: [
      { id: 's1', name: 'one', runs: [run('a')] },
      { id: 's2', name: 'two', runs: [run('b'), run('c')] },
      { id: 's3', name: 'three', runs: [run('d')] },
      { id: 's4', name: 'four', runs: [run('e')] },
    ],
    ...more,
  });

const failsAt =
  (...parts: readonly string[]) =>
  (id: string) =>
    parts.some((part) => id.includes(part)) ? failed() : succeeded;

const statuses = (play: Play) => play.execution.runs.map((each) => `${each.planId} ${each.status}`);

describe('a stage that takes back another', () => {
  const outputs = (live: string) => ({ ...succeeded, outputs: { live } });
  const finding = (scope: OutputScope, id: string) => {
    const find = agentStep('find', { publish: { name: 'traffic', scope } });
    const undo = agentStep('undo', { parameters: { ...SCRIPT, script: 'to ${context.traffic.live}' } });
    return phasePlan(id, [sectionPlan('deploy', [find])], { rollback: [sectionPlan('back', [undo])] });
  };

  it.each(['PHASE', 'WORKFLOW', 'PIPELINE'] as const)('reads what that one published for its %s', (scope) => {
    const first = runPlan([finding(scope, 'p1'), finding(scope, 'p2')], { id: 'a' });
    const stages = [
      { id: 's1', name: 'one', runs: [first] },
      { id: 's2', name: 'two', runs: [run('b')] },
    ];
    const play = new Play(pipeline({ stages }));
    const scripts: unknown[] = [];
    play.finish((id) => {
      if (id.includes('/find@')) return outputs(id.includes('p1.0') ? 'blue' : 'green');
      const made = id.includes('/au/') ? taskOfAttempt(play.execution, id) : null;
      if (made?.ok === true) scripts.push((made.task.parameters as { readonly script: unknown }).script);
      return failsAt('/b/p1.0/deploy')(id);
    });
    expect(scripts).toEqual(['to green', scope === 'PHASE' ? 'to blue' : 'to green']);
    expect(statuses(play).at(-1)).toBe('au SUCCESS');
  });
});

describe('a pipeline that rolls back on failure', () => {
  it('takes back the stages before, newest first, members together', () => {
    const play = new Play(pipeline()).finish(failsAt('/d/p1.0/deploy'));
    expect(play.execution.plan.stages.slice(4).map(({ name, runs }) => [name, ...runs.map((each) => each.id)])).toEqual(
      [
        ['Rollback-two', 'bu', 'cu'],
        ['Rollback-one', 'au'],
      ],
    );
    expect(statuses(play)).toEqual([
      'a SUCCESS',
      'b SUCCESS',
      'c SUCCESS',
      'd FAILED',
      'e SKIPPED',
      'bu SUCCESS',
      'cu SUCCESS',
      'au SUCCESS',
    ]);
    expect(play.execution.status).toBe('FAILED');
    const order = toldOf(play.events, 'RunStarted', 'RunEnded').map((line) => line.split(' ').slice(0, 2).join(' '));
    expect(order.slice(order.indexOf('RunStarted bu'))).toEqual([
      'RunStarted bu',
      'RunStarted cu',
      'RunEnded bu',
      'RunEnded cu',
      'RunStarted au',
      'RunEnded au',
    ]);
  });

  it('goes on when one of them fails', () => {
    const play = new Play(pipeline()).finish(failsAt('/d/p1.0/deploy', '/bu/'));
    expect(statuses(play).slice(5)).toEqual(['bu FAILED', 'cu SUCCESS', 'au SUCCESS']);
    expect(play.execution).toMatchObject({ status: 'FAILED', settled: true });
  });

  it('takes nothing back when nothing was done before, nor after an abort', () => {
    expect(new Play(pipeline()).finish(failsAt('/a/p1.0/deploy')).execution.plan.stages).toHaveLength(4);
    const play = new Play(pipeline()).run((id) => (id.includes('/d/') ? null : succeeded));
    play.give({ input: 'abort', actor: 'me', reason: 'enough' });
    expect(play.finish().execution.status).toBe('ABORTED');
    expect(play.execution.plan.stages).toHaveLength(4);
  });

  it('only does so where the pipeline says it', () => {
    const play = new Play(pipeline({ rollbackOnFailure: false })).finish(failsAt('/d/p1.0/deploy'));
    expect(play.execution.plan.stages).toHaveLength(4);
  });

  it('is aborted on its way back', () => {
    const play = new Play(pipeline()).run((id) =>
      id.includes('/d/p1.0/deploy') ? failed() : id.includes('/bu/') ? null : succeeded,
    );
    play.give({ input: 'abort', actor: 'me', reason: 'enough' });
    expect(play.finish().execution.status).toBe('ABORTED');
  });

  it('takes back what a resumed one took over', () => {
    const back = runPlan([phasePlan('p1', [sectionPlan('undo', [stepPlan('undo')])])], { id: 'a' });
    const taken = (runId: string, rollback: RunPlan | null) => ({
      runId,
      status: 'SUCCESS' as const,
      startedAt: 1,
      endedAt: 2,
      rollback,
    });
    const [first, second, ...rest] = pipeline().stages;
    if (first === undefined || second === undefined) throw new Error('no stages');
    const resumed = pipeline({
      stages: [
        { ...first, takenOver: [taken('a', back)] },
        { ...second, takenOver: [taken('b', null), taken('c', null)] },
        ...rest,
      ],
      resumes: { chain: 'x0', from: 'x0', stage: 'three', outputs: [{ name: 'made', values: { version: '7' } }] },
    });
    const play = new Play(resumed);
    expect(statuses(play).slice(0, 4)).toEqual(['a SUCCESS', 'b SUCCESS', 'c SUCCESS', 'd RUNNING']);
    expect(play.execution.outputs).toEqual([
      { name: 'made', scope: 'PIPELINE', owner: 'x1', values: { version: '7' } },
    ]);
    play.finish(failsAt('/d/p1.0/deploy'));
    expect(play.execution.plan.stages.slice(4).map((stage) => stage.name)).toEqual(['Rollback-one']);
  });
});

describe('a running pipeline that is to be rolled back', () => {
  const running = () =>
    new Play(pipeline({ rollbackOnFailure: false })).run((id) => (id.includes('/d/') ? null : succeeded));

  it('rolls back what runs, then everything before it', () => {
    const play = running();
    play.give({ input: 'rollback', actor: 'ann', reason: '' });
    play.finish();
    expect(statuses(play)).toEqual([
      'a SUCCESS',
      'b SUCCESS',
      'c SUCCESS',
      'd FAILED',
      'e SKIPPED',
      'bu SUCCESS',
      'cu SUCCESS',
      'au SUCCESS',
    ]);
    expect(play.execution).toMatchObject({ status: 'FAILED', settled: true });
  });

  it('is asked once, and not while it is aborted', () => {
    const play = running();
    play.give({ input: 'rollback', actor: 'ann', reason: '' });
    expect(told(play.give({ input: 'rollback', actor: 'bob', reason: '' }))).toEqual([
      'InputRejected rollback ILLEGAL_STATE: it is rolling back already',
    ]);
    const aborted = running();
    aborted.give({ input: 'abort', actor: 'me', reason: '' });
    expect(told(aborted.give({ input: 'rollback', actor: 'bob', reason: '' }))).toEqual([
      'InputRejected rollback ILLEGAL_STATE: it is being aborted',
    ]);
    expect(told(aborted.finish().give({ input: 'rollback', actor: 'bob', reason: '' }))).toEqual([
      'InputRejected rollback ILLEGAL_STATE: it has ended already',
    ]);
  });

  it('says why each of its runs goes back', () => {
    const why = (reason: string) => {
      const play = running();
      play.give({ input: 'rollback', actor: 'ann', reason });
      return play.execution.runs[3]?.failure;
    };
    expect(why('')).toEqual(failure('CANCELED', 'rolled back by ann'));
    expect(why('enough')).toEqual(failure('CANCELED', 'enough'));
  });

  it('lets go on what goes back already', () => {
    const play = running();
    play.give({ input: 'rollback', actor: 'ann', reason: 'this one', runId: 'x1/d' });
    play.give({ input: 'rollback', actor: 'ann', reason: 'all' });
    expect(toldOf(play.events, 'RollbackStarted')).toHaveLength(1);
    play.finish();
    expect(statuses(play).slice(3)).toEqual(['d FAILED', 'e SKIPPED', 'bu SUCCESS', 'cu SUCCESS', 'au SUCCESS']);
  });

  it('is asked in vain on its way back, and while one of its runs is aborted', () => {
    const back = new Play(pipeline()).run((id) =>
      id.includes('/d/p1.0/deploy') ? failed() : id.includes('u/') ? null : succeeded,
    );
    expect(told(back.give({ input: 'rollback', actor: 'ann', reason: '' }))).toEqual([
      'InputRejected rollback ILLEGAL_STATE: it is rolling back already',
    ]);
    const aborting = new Play(pipeline()).run((id) => (/\/[bc]\//.test(id) ? null : succeeded));
    aborting.give({ input: 'abort', actor: 'bob', reason: '', runId: 'x1/b' });
    expect(told(aborting.give({ input: 'rollback', actor: 'ann', reason: '' }))).toEqual([
      'InputRejected rollback ILLEGAL_STATE: it is being aborted',
    ]);
  });

  const first = (one: RunPlan): Plan['stages'][number] => ({ id: 's1', name: 'one', runs: [one] });
  const asks = {
    variables: [{ name: 'to', type: 'text', required: true, default: null, values: [], description: '' }],
    timeoutMs: 5_000,
    onTimeout: 'END',
    groups: [],
  } as const;
  it.each<[string, RunPlan]>([
    [
      'an approval',
      runPlan([], {
        id: 'b',
        type: 'APPROVAL',
        environment: null,
        failureStrategies: [],
        pre: sectionPlan('pre', [
          stepPlan('ok', { type: 'APPROVAL', runs: 'decided', deploys: false, parameters: { groups: [] } }),
        ]),
      }),
    ],
    ['its inputs', runPlan([], { id: 'b', deferred: true, inputs: asks })],
  ])('ends a stage at once that waits for %s, and takes back the ones before', (_, second) => {
    const stages = [
      first(run('a')),
      { id: 's2', name: 'two', runs: [second] },
      { id: 's3', name: 'three', runs: [run('c')] },
    ];
    const play = new Play(pipeline({ stages })).run();
    play.give({ input: 'rollback', actor: 'ann', reason: 'back' });
    expect(play.execution.runs[1]).toMatchObject({ status: 'FAILED', rollback: null, failure: { message: 'back' } });
    const steps = play.execution.runs[1]?.phases.flatMap((phase) => phase.sections.flatMap((section) => section.steps));
    expect(steps?.map((step) => step.status) ?? []).toEqual(steps?.map(() => 'FAILED') ?? []);
    play.finish();
    expect(statuses(play)).toEqual(['a SUCCESS', 'b FAILED', 'c SKIPPED', 'au SUCCESS']);
  });

  it.each<[string, Partial<RunPlan>]>([
    ['a build', { type: 'BUILD', environment: null }],
    ['what was skipped', { skip: 'always' }],
  ])('goes back though one of its stages is %s on a platform that cannot', (_, more) => {
    const odd = {
      ...run('a'),
      ...more,
      phases: run('a').phases.map((phase) => ({ ...phase, deploymentType: 'ABACUS' })),
    };
    const play = new Play(pipeline({ stages: [first(odd), { id: 's2', name: 'two', runs: [run('b')] }] })).run((id) =>
      id.includes('/b/') ? null : succeeded,
    );
    expect(toldOf(play.give({ input: 'rollback', actor: 'ann', reason: '' }), 'InputRejected')).toEqual([]);
    expect(play.execution.runs[1]?.status).toBe('ROLLING_BACK');
  });

  it('takes one of its runs alone', () => {
    const play = running();
    play.give({ input: 'rollback', actor: 'ann', reason: '', runId: 'x1/d' });
    play.finish();
    expect(play.execution.plan.stages).toHaveLength(4);
    expect(play.execution.status).toBe('FAILED');
  });

  it('is refused where a platform cannot, of what runs and of what stages before have done', () => {
    const foreign = (id: string): RunPlan => ({
      ...run(id),
      phases: run(id).phases.map((phase) => ({ ...phase, deploymentType: 'ABACUS' })),
    });
    const refusals = (...ids: readonly string[]) => {
      const { stages } = pipeline();
      const odd = stages.map((each) => ({
        ...each,
        runs: each.runs.map((one) => (ids.includes(one.id) ? foreign(one.id) : one)),
      }));
      const play = new Play(pipeline({ stages: odd })).run((id) => (id.includes('/d/') ? null : succeeded));
      return toldOf(play.give({ input: 'rollback', actor: 'ann', reason: '' }), 'InputRejected');
    };
    const why = 'InputRejected rollback ILLEGAL_STATE: a deployment of type ABACUS cannot be rolled back on request';
    expect([refusals('a'), refusals('d')]).toEqual([[why], [why]]);
    // It was not reached.
    expect(refusals('e')).toEqual([]);
  });

  it('aborts what only queues for its lock, and takes back the rest all the same', () => {
    const lock = { keys: ['k'], queueLimit: 9, timeoutMs: 9_000 };
    const back = runPlan([phasePlan('p1', [sectionPlan('undo', [stepPlan('undo')])])], { id: 'a' });
    const taken = { runId: 'a', status: 'SUCCESS', startedAt: 1, endedAt: 2, rollback: back } as const;
    const stages = [
      { id: 's1', name: 'one', runs: [run('a')], takenOver: [taken] },
      { id: 's2', name: 'two', runs: [{ ...run('b'), lock }] },
      { id: 's3', name: 'three', runs: [run('c')] },
    ];
    const play = new Play(pipeline({ stages }));
    const [, queued] = play.execution.runs;
    expect(queued).toMatchObject({ status: 'RUNNING', lock: { state: 'REQUESTED' } });
    play.give({ input: 'rollback', actor: 'ann', reason: 'enough' });
    play.finish();
    expect(statuses(play)).toEqual(['a SUCCESS', 'b ABORTED', 'c SKIPPED', 'au SUCCESS']);
    expect(play.execution).toMatchObject({ status: 'ABORTED', settled: true });
    const failing = new Play(pipeline({ stages }));
    failing.give({ input: 'rollback', actor: 'ann', reason: 'enough' });
    failing.finish(failsAt('/au/'));
    expect(statuses(failing).at(-1)).toBe('au FAILED');
    // What takes back is not what was asked for.
    expect(failing.execution.status).toBe('ABORTED');
  });

  it('takes nothing more back when it is aborted on its way', () => {
    const play = running();
    play.give({ input: 'rollback', actor: 'ann', reason: '' });
    play.give({ input: 'abort', actor: 'bob', reason: 'enough' });
    play.finish();
    expect(play.execution).toMatchObject({ status: 'ABORTED' });
    expect(play.execution.plan.stages).toHaveLength(4);
  });

  it('goes back to the end while it is paused, and is not paused on its way', () => {
    const play = running();
    play.give({ input: 'pause', actor: 'ann', reason: '' });
    play.give({ input: 'rollback', actor: 'ann', reason: '' });
    play.finish();
    expect(statuses(play).slice(5)).toEqual(['bu SUCCESS', 'cu SUCCESS', 'au SUCCESS']);
    expect(play.execution).toMatchObject({ status: 'FAILED' });
    const onItsWay = new Play(pipeline()).run((id) =>
      id.includes('/d/p1.0/deploy') ? failed() : id.includes('u/') ? null : succeeded,
    );
    expect(told(onItsWay.give({ input: 'pause', actor: 'ann', reason: '' }))).toEqual([
      'InputRejected pause ILLEGAL_STATE: it is rolling back, which is never paused; it can be aborted',
    ]);
  });
});
