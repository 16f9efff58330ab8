import { describe, expect, it } from 'vitest';
import {
  hostNamed,
  hostNames,
  onePhase,
  onFailure,
  retryTimes,
  sectionPlan,
  simplePlan,
  stepPlan,
} from '../../../test/support/plans.ts';
import { failed, Play, succeeded, toldOf, type Script } from '../../../test/support/play.ts';
import type { Input } from '../inputs.ts';
import { nextDeadline } from '../next-deadline.ts';
import type { FailureStrategy, Plan } from '../plan.ts';
import { findAttempt, findStep } from '../tree.ts';
import { INTERVENTIONS, type InterventionAction } from '../waiting.ts';
import { interventionChoices } from './intervention.ts';

const STEP = 'x1/run/p1.0/deploy/install';
const DAY = 24 * 3_600_000;
const manual = (more: Partial<FailureStrategy> = {}): FailureStrategy => onFailure('MANUAL_INTERVENTION', more);
const intervene = (action: InterventionAction, more: Partial<Extract<Input, { input: 'intervene' }>> = {}): Input => ({
  input: 'intervene',
  stepId: STEP,
  action,
  actor: 'me',
  reason: '',
  ...more,
});

/** The step `install` has failed at h2 of two hosts, and waits. */
const waiting = (strategies: readonly FailureStrategy[] = [manual()], script: Script = failsAt2): Play =>
  new Play(askingPlan(strategies)).run(script);

const failsAt2: Script = (id) => (id.includes('install@h2') ? failed() : succeeded);

function askingPlan(failureStrategies: readonly FailureStrategy[]): Plan {
  const deploy = sectionPlan('deploy', [stepPlan('install')], { failureStrategies });
  const verify = sectionPlan('verify', [stepPlan('check')]);
  const rollback = [sectionPlan('undo', [stepPlan('undo')], { undoes: 'deploy' })];
  return onePhase([deploy, verify], { phase: { hosts: hostNames(2).map(hostNamed), rollback } });
}

const refusals = (play: Play): readonly string[] => toldOf(play.events, 'InputRejected');

describe('a failure that a person decides on', () => {
  it('keeps the step waiting, for 14 days where nothing else is said', () => {
    const play = waiting();
    expect(findStep(play.execution, STEP)).toMatchObject({
      status: 'WAITING',
      waiting: { afterTimeout: 'END_EXECUTION' },
    });
    expect(nextDeadline(play.execution)).toBe(1_000 + 14 * DAY);
    expect(play.commands).toEqual([]);
  });

  it('goes back at once when somebody says so: a sibling that was retried is stopped', () => {
    const steps = [stepPlan('one'), stepPlan('two')];
    const play = new Play(onePhase([sectionPlan('s', steps, { parallel: true, failureStrategies: [manual()] })]));
    play.run(() => failed());
    play.give(intervene('RETRY', { stepId: 'x1/run/p1.0/s/one' }));
    play.run(() => null);
    play.give(intervene('ROLLBACK_WORKFLOW', { stepId: 'x1/run/p1.0/s/two' }));
    expect(toldOf(play.events, 'CancelRequested')).toEqual(['CancelRequested run/p1.0/s/one@h1#2 exit status 1']);
    expect(play.run(() => null).execution.status).toBe('FAILED');
  });

  it.each<[InterventionAction, string, string]>([
    ['RETRY', 'SUCCESS', 'SUCCESS'],
    ['IGNORE', 'FAILED', 'SUCCESS'],
    ['MARK_SUCCESS', 'SUCCESS', 'SUCCESS'],
    ['END_EXECUTION', 'FAILED', 'FAILED, back WORKFLOW'],
    ['ROLLBACK_WORKFLOW', 'FAILED', 'FAILED, back WORKFLOW'],
    ['ROLLBACK_PROVISIONER_AFTER_PHASES', 'FAILED', 'FAILED, back WORKFLOW'],
    ['ABORT', 'ABORTED', 'ABORTED'],
  ])('by %s leaves the step %s and the execution %s', (action, step, execution) => {
    const play = waiting();
    play.give(intervene(action, { reason: 'because' }));
    play.finish();
    const run = play.execution.runs[0];
    const back = run?.rollback == null ? '' : `, back ${run.rollback.scope}`;
    expect([findStep(play.execution, STEP)?.status, `${play.execution.status}${back}`]).toEqual([step, execution]);
    expect(findStep(play.execution, STEP)?.interventions).toEqual([
      { action, actor: 'me', reason: 'because', at: 1_000 },
    ]);
    expect(run?.rollback?.actor ?? 'me').toBe('me');
    const undone = play.events.some((event) => event.event === 'StepStarted' && event.stepId.endsWith('/undo/undo'));
    expect(undone).toBe(back !== '');
  });

  it('by a retry runs the failed hosts again, says who asked, and lets the strategies begin anew', () => {
    const play = waiting([retryTimes(1), manual()]);
    expect(toldOf(play.events, 'StepRetried')).toHaveLength(1);
    play.give(intervene('RETRY'));
    play.run(failsAt2);
    expect(toldOf(play.events, 'StepRetried', 'StepWaiting').map((line) => line.split(' {')[0])).toEqual([
      'StepRetried run/p1.0/deploy/install [h2]',
      'StepWaiting run/p1.0/deploy/install',
      'StepRetried run/p1.0/deploy/install [h2] me',
      'StepRetried run/p1.0/deploy/install [h2]',
      'StepWaiting run/p1.0/deploy/install',
    ]);
    const asked = [1, 2, 3, 4].map((number) => findAttempt(play.execution, `${STEP}@h2#${number}`)?.askedBy);
    expect(asked).toEqual([null, null, 'me', null]);
  });

  it('is one decision for each of several steps', () => {
    const steps = [stepPlan('a'), stepPlan('b')];
    const plan = onePhase([sectionPlan('s', steps, { parallel: true, failureStrategies: [manual()] })]);
    const play = new Play(plan).run(() => failed());
    play.give(intervene('IGNORE', { stepId: 'x1/run/p1.0/s/a' }));
    expect(play.execution.endedAt).toBeNull();
    play.give(intervene('MARK_SUCCESS', { stepId: 'x1/run/p1.0/s/b' }));
    expect(play.execution.status).toBe('SUCCESS');
  });

  it('gives what succeeded to later steps, when it is passed over', () => {
    const step = { publish: { name: 'facts', scope: 'WORKFLOW' } } as const;
    const failureStrategies = [manual()];
    const plan = onePhase([sectionPlan('deploy', [stepPlan('install', step)], { failureStrategies })], {
      phase: { hosts: hostNames(2).map(hostNamed) },
    });
    const play = new Play(plan).run((id) =>
      id.includes('@h2') ? failed() : { ...succeeded, outputs: { port: '80' } },
    );
    expect(play.execution.outputs).toEqual([]);
    play.give(intervene('MARK_SUCCESS'));
    expect(play.execution.outputs).toMatchObject([{ name: 'facts', values: { port: '80' } }]);
  });
});

it('keeps the lock while it waits', () => {
  const lock = { keys: ['k'], queueLimit: 1, timeoutMs: 1_000 };
  const deploy = sectionPlan('deploy', [stepPlan('install')], { failureStrategies: [manual()] });
  const play = new Play(onePhase([deploy], { run: { lock } })).run(() => failed());
  play.pass(DAY);
  expect([play.execution.runs[0]?.lock?.state, play.commands]).toEqual(['HELD', []]);
  expect(findStep(play.execution, STEP)?.status).toBe('WAITING');
});

describe('a person who aborts', () => {
  const abortedBy = (play: Play) => toldOf(play.events, 'AbortRequested');

  it('says why, or else the failure does', () => {
    expect(abortedBy(give(waiting(), intervene('ABORT', { reason: 'because' })))).toEqual([
      'AbortRequested run me because',
    ]);
    expect(abortedBy(give(waiting(), intervene('ABORT')))).toEqual(['AbortRequested run me exit status 1']);
  });

  it('may be nobody, when the time is over', () => {
    const strategy = manual({ manual: { timeoutMs: 60_000, afterTimeout: 'ABORT' } });
    expect(abortedBy(waiting([strategy]).wait())).toEqual([
      'AbortRequested run failure strategy nobody answered in time',
    ]);
  });
});

describe('a person who rolls back', () => {
  it.each<[InterventionAction, string]>([
    ['ROLLBACK_PROVISIONER_AFTER_PHASES', 'AFTER'],
    ['ROLLBACK_WORKFLOW', 'BEFORE'],
    ['END_EXECUTION', 'BEFORE'],
  ])('by %s says when provisioners go: %s', (action, provisioners) => {
    const play = give(waiting(), intervene(action));
    expect(play.execution.runs[0]?.rollback).toMatchObject({ scope: 'WORKFLOW', cause: STEP });
    expect(play.execution.runs[0]?.rollback?.provisioners).toBe(provisioners);
  });
});

describe('nobody answering', () => {
  const inAMinute = (afterTimeout: InterventionAction) => manual({ manual: { timeoutMs: 60_000, afterTimeout } });

  it.each<[InterventionAction, string]>([
    ['ROLLBACK_WORKFLOW', 'FAILED'],
    ['END_EXECUTION', 'FAILED'],
    ['IGNORE', 'SUCCESS'],
    ['MARK_SUCCESS', 'SUCCESS'],
    ['ABORT', 'ABORTED'],
  ])('is followed by %s at its time', (action, status) => {
    const play = waiting([inAMinute(action)]);
    expect(play.pass(59_999)).toEqual([]);
    play.pass(1);
    expect(toldOf(play.events, 'InterventionAnswered')).toEqual([
      `InterventionAnswered run/p1.0/deploy/install ${action} null nobody answered in time`,
    ]);
    expect(play.finish().execution.status).toBe(status);
  });

  it('may be followed by another try, that nobody asked for', () => {
    const play = waiting([inAMinute('RETRY')]).wait();
    expect(toldOf(play.events, 'StepRetried')).toEqual(['StepRetried run/p1.0/deploy/install [h2]']);
  });

  it('in time is too late', () => {
    const play = waiting([inAMinute('ROLLBACK_WORKFLOW')]).wait();
    play.give(intervene('IGNORE'));
    expect(refusals(play)).toEqual([
      "InputRejected intervene ILLEGAL_STATE: the step 'install' waits no longer: its time was over, ROLLBACK_WORKFLOW was done",
    ]);
  });

  it('is noticed by the late answer itself', () => {
    const play = waiting([inAMinute('ROLLBACK_WORKFLOW')]);
    play.now += 60_000;
    play.give(intervene('IGNORE'));
    expect(refusals(play)).toHaveLength(1);
    expect(play.execution.runs[0]?.rollback).not.toBeNull();
  });
});

describe('an answer is refused', () => {
  it.each<[string, () => Play, Input, string]>([
    [
      'for a step that is not there',
      () => waiting(),
      intervene('RETRY', { stepId: 'x1/run/p1.0/deploy/other' }),
      'there is no step x1/run/p1.0/deploy/other in it, or it was not reached yet',
    ],
    [
      'for a step that runs',
      () => new Play(askingPlan([manual()])).run(() => null),
      intervene('RETRY'),
      "the step 'install' does not wait for a decision",
    ],
    [
      'after another',
      () => give(waiting(), intervene('MARK_SUCCESS', { actor: 'you' })),
      intervene('RETRY'),
      "the step 'install' waits no longer: you was faster, MARK_SUCCESS was done",
    ],
    [
      'while it is being aborted',
      () => {
        const steps = [stepPlan('install'), stepPlan('long')];
        const planned = onePhase([sectionPlan('deploy', steps, { parallel: true, failureStrategies: [manual()] })]);
        const play = new Play(planned).run((id) => (id.includes('/long@') ? null : failed()));
        return give(play, { input: 'abort', actor: 'me', reason: 'enough' });
      },
      intervene('IGNORE'),
      'it is being aborted',
    ],
    ['once it has ended', () => waiting([onFailure('ABORT')]), intervene('RETRY'), 'it has ended already'],
    [
      'that would begin something while it is paused',
      () => give(waiting(), { input: 'pause', actor: 'me', reason: '' }),
      intervene('RETRY'),
      'it is paused, so nothing begins: resume it first',
    ],
  ])('%s', (_, come, input, why) => {
    const play = come();
    play.give(input);
    expect(refusals(play)).toEqual([`InputRejected intervene ILLEGAL_STATE: ${why}`]);
  });
});

function give(play: Play, input: Input): Play {
  play.give(input);
  return play;
}

describe('a failing rollback step', () => {
  const UNDO = 'x1/run/p1.0.rollback/undo-deploy/undo';
  const rolledBack = (strategies: readonly FailureStrategy[]): Play => {
    const rollback = [
      sectionPlan('undo-deploy', [stepPlan('undo')], { undoes: 'deploy', failureStrategies: strategies }),
      sectionPlan('undo-more', [stepPlan('more')]),
    ];
    return new Play(simplePlan({ phase: { rollback } })).run((id) =>
      id.includes('/install@') || id.includes('/undo@') ? failed() : succeeded,
    );
  };

  it('may wait for a person, who may not ask for another rollback', () => {
    const play = rolledBack([manual()]);
    expect(findStep(play.execution, UNDO)?.status).toBe('WAITING');
    for (const action of INTERVENTIONS.filter((each) => each.startsWith('ROLLBACK'))) {
      expect(toldOf(play.give(intervene(action, { stepId: UNDO })), 'InputRejected')).toEqual([
        `InputRejected intervene ILLEGAL_STATE: ${action} is not possible while it rolls back; RETRY, IGNORE, MARK_SUCCESS, END_EXECUTION, ABORT are`,
      ]);
    }
    expect(findStep(play.execution, UNDO)?.status).toBe('WAITING');
  });

  it('may be tried again though it is paused: what takes back never is', () => {
    const undo = [sectionPlan('undo', [stepPlan('undo')], { failureStrategies: [manual()] })];
    const both = new Play(simplePlan({ phase: { rollback: undo } })).run(() => null);
    give(both, { input: 'pause', actor: 'me', reason: '' });
    give(both, { input: 'rollback', actor: 'me', reason: '' });
    both.report((id) => (id.includes('/undo@') ? failed() : succeeded));
    const stepId = 'x1/run/p1.0.rollback/undo/undo';
    expect(findStep(both.execution, stepId)?.status).toBe('WAITING');
    give(both, intervene('RETRY', { stepId }));
    expect([refusals(both), findStep(both.execution, stepId)?.status]).toEqual([[], 'RUNNING']);
  });

  it.each<[InterventionAction, string, string]>([
    ['RETRY', 'FAILED', 'SUCCESS'],
    ['IGNORE', 'FAILED', 'SUCCESS'],
    ['MARK_SUCCESS', 'FAILED', 'SUCCESS'],
    ['END_EXECUTION', 'FAILED', 'FAILED'],
    ['ABORT', 'ABORTED', 'PARTIAL'],
  ])('answered by %s ends the execution %s and the rollback %s', (action, status, result) => {
    const play = rolledBack([manual()]);
    play.give(intervene(action, { stepId: UNDO }));
    play.finish();
    expect([play.execution.status, play.execution.runs[0]?.rollback?.result]).toEqual([status, result]);
  });

  it('with nobody to answer fails, where what should follow is no way on from a rollback', () => {
    const play = rolledBack([manual({ manual: { timeoutMs: 10, afterTimeout: 'ROLLBACK_WORKFLOW' } })]).finish();
    expect(play.execution.runs[0]?.rollback?.result).toBe('FAILED');
  });
});

it('nothing can be chosen for a step that is not there', () => {
  expect(interventionChoices(waiting().execution, 'x1/other/p1.0/deploy/install')).toEqual([]);
  expect(interventionChoices(waiting().execution, 'x1/run/p9.0/deploy/install')).toEqual([]);
  expect(interventionChoices(waiting().execution, STEP)).toEqual(INTERVENTIONS);
});
