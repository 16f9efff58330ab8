import { describe, expect, it } from 'vitest';
import { intervene } from '../../../test/support/people.ts';
import {
  agentStep,
  hostNamed,
  hostNames,
  onFailure,
  onePhase,
  oneStep,
  phasePlan,
  plan,
  retryTimes,
  runPlan,
  sectionPlan,
  selectStep,
  stepPlan,
} from '../../../test/support/plans.ts';
import { failed, Play, succeeded, toldOf, type Script } from '../../../test/support/play.ts';
import { nextDeadline } from '../next-deadline.ts';
import type { FailureStrategy, Plan, StepPlan } from '../plan.ts';
import { findStep } from '../tree.ts';
import type { InterventionAction } from '../waiting.ts';

const STEP = 'x1/run/p1.0/deploy/install';
const manual = onFailure('MANUAL_INTERVENTION');
const silent: Script = () => null;
const step = (play: Play, id = STEP) => findStep(play.execution, id);
const steps = (play: Play) =>
  toldOf(play.events, 'StepStarted', 'StepFailed', 'StepWaiting', 'StepRetried', 'StepEnded', 'StepIgnored').map(
    (line) => line.split(/ \{|: /)[0]?.replace('run/p1.0/', ''),
  );

/** Cannot start, and a step after it. */
const unable = (failureStrategies: readonly FailureStrategy[], more: Partial<StepPlan> = {}): Plan =>
  onePhase([
    sectionPlan('deploy', [stepPlan('install', { skip: '${context.late.on} == 1', ...more })], { failureStrategies }),
    sectionPlan('verify', [agentStep('check')]),
  ]);

describe('a step that could not start', () => {
  it('waits for a person where a strategy says so', () => {
    const play = new Play(unable([manual])).run();
    expect(steps(play)).toEqual(['StepFailed deploy/install EXPRESSION', 'StepWaiting deploy/install']);
    expect(step(play)).toMatchObject({
      status: 'WAITING',
      failedAt: 1_000,
      waiting: { failure: { code: 'EXPRESSION' } },
    });
    expect(play.commands).toEqual([]);
    expect(nextDeadline(play.execution)).toBe(1_000 + 14 * 24 * 3_600_000);
  });

  it.each<[InterventionAction, string, string]>([
    ['IGNORE', 'FAILED', 'SUCCESS'],
    ['MARK_SUCCESS', 'SUCCESS', 'SUCCESS'],
    ['END_EXECUTION', 'FAILED', 'FAILED'],
    ['ROLLBACK_WORKFLOW', 'FAILED', 'FAILED'],
    ['ABORT', 'ABORTED', 'ABORTED'],
  ])('is by %s %s, and the execution %s', (action, status, execution) => {
    const play = intervene(new Play(unable([manual])).run(), action).finish();
    expect([step(play)?.status, play.execution.status]).toEqual([status, execution]);
    expect(step(play)?.interventions.map((each) => each.action)).toEqual([action]);
    expect(step(play)?.failedAt).toBeNull();
    expect(play.events.some((event) => event.event === 'StepStarted' && event.stepId.endsWith('check'))).toBe(
      execution === 'SUCCESS',
    );
  });

  it('is looked at anew by a retry, and asked about again when that was in vain', () => {
    const play = intervene(new Play(unable([manual])).run(), 'RETRY').run();
    expect(steps(play)).toEqual([
      'StepFailed deploy/install EXPRESSION',
      'StepWaiting deploy/install',
      'StepRetried deploy/install [] ada',
      'StepFailed deploy/install EXPRESSION',
      'StepWaiting deploy/install',
    ]);
    expect(intervene(play, 'IGNORE').finish().execution.status).toBe('SUCCESS');
    expect(step(play)?.interventions.map((each) => each.action)).toEqual(['RETRY', 'IGNORE']);
  });

  it('starts by a retry when it can by then, after its wait, and keeps what people said', () => {
    const play = new Play(unable([manual], { waitMs: 5_000 })).run();
    const late = { name: 'late', scope: 'WORKFLOW', owner: 'x1/run', values: { on: '2' } } as const;
    play.tell([{ event: 'OutputsPublished', ...late, at: 1_000 }]);
    play.now = 2_000;
    intervene(play, 'RETRY');
    expect(step(play)).toMatchObject({ status: 'RUNNING', tasks: [], failure: null });
    expect(nextDeadline(play.execution)).toBe(6_000);
    expect(step(play.finish())).toMatchObject({ status: 'SUCCESS', retries: 1, interventions: [{ action: 'RETRY' }] });
    expect(play.now).toBe(6_000);
    expect(play.execution.status).toBe('SUCCESS');
  });

  it('is skipped by a retry when its condition says so by then', () => {
    const play = new Play(unable([manual])).run();
    const late = { name: 'late', scope: 'WORKFLOW', owner: 'x1/run', values: { on: '1' } } as const;
    play.tell([{ event: 'OutputsPublished', ...late, at: 1_000 }]);
    expect(step(intervene(play, 'RETRY'))).toMatchObject({ status: 'SKIPPED', skipped: '${context.late.on} == 1' });
    expect(play.finish().execution.status).toBe('SUCCESS');
  });

  it('by the condition of its section is not run by a retry that cannot tell it either', () => {
    const sections = [
      sectionPlan('deploy', [stepPlan('install')], { skip: '${workflow.nobody} == 1', failureStrategies: [manual] }),
    ];
    const play = intervene(new Play(onePhase(sections)).run(), 'RETRY').run();
    expect(steps(play).at(-1)).toBe('StepWaiting deploy/install');
    expect(intervene(play, 'IGNORE').finish().execution.status).toBe('SUCCESS');
  });

  it('for want of hosts is asked about like any other; passed over, nothing runs on hosts that nobody chose', () => {
    const sections = [
      sectionPlan('infra', [selectStep({ hosts: ['h9'] })], { failureStrategies: [manual] }),
      sectionPlan('deploy', [stepPlan('install')]),
    ];
    const play = new Play(onePhase(sections, { phase: { hosts: hostNames(2).map(hostNamed) } })).run();
    intervene(play, 'MARK_SUCCESS').finish();
    expect(step(play)?.failure).toEqual({ code: 'NO_HOSTS', message: 'no host is selected' });
  });

  it('is judged when its siblings have come to rest', () => {
    const both = [stepPlan('install', { skip: '${workflow.nobody} == 1' }), agentStep('beside')];
    const play = new Play(onePhase([sectionPlan('deploy', both, { parallel: true, failureStrategies: [manual] })]));
    play.run(silent);
    expect(step(play)).toMatchObject({ status: 'RUNNING', failure: { code: 'EXPRESSION' }, waiting: null });
    expect(step(play.report())?.status).toBe('WAITING');
  });

  it('is ended by the strategy after one that asks about failures of another kind', () => {
    const play = new Play(unable([{ ...manual, types: ['CONNECTIVITY'] }, onFailure('ABORT')])).finish();
    expect(steps(play)).toEqual(['StepEnded deploy/install FAILED EXPRESSION']);
    expect(play.execution.status).toBe('ABORTED');
  });

  it('of a rollback is asked about, too', () => {
    const rollback = [
      sectionPlan('undo', [stepPlan('undo', { skip: '${workflow.nobody} == 1' })], {
        undoes: 'deploy',
        failureStrategies: [manual],
      }),
    ];
    const play = new Play(onePhase([sectionPlan('deploy', [stepPlan('install')])], { phase: { rollback } }));
    play.run((id) => (id.includes('install') ? failed() : succeeded));
    expect(step(play, 'x1/run/p1.0.rollback/undo/undo')?.status).toBe('WAITING');
    expect(intervene(play, 'IGNORE').finish().execution.runs[0]?.rollback?.result).toBe('SUCCESS');
  });
});

describe('a step of which the outputs cannot be given', () => {
  const giving = (failureStrategies: readonly FailureStrategy[]): Play => {
    const publish = { name: '${workflow.nobody}', scope: 'WORKFLOW' } as const;
    return new Play(oneStep({ publish }, { failureStrategies })).run(() => ({ ...succeeded, outputs: { a: '1' } }));
  };

  it('is asked about, and passed over with what is missing said once', () => {
    const play = giving([manual]);
    const message = step(play)?.waiting?.on === 'INTERVENTION' ? step(play)?.failure?.message : '';
    expect(message).toContain('nobody');
    expect(step(intervene(play, 'MARK_SUCCESS').finish())).toMatchObject({ status: 'SUCCESS', failure: { message } });
  });

  it('runs everywhere again by a retry', () => {
    const play = intervene(giving([manual]), 'RETRY');
    expect(toldOf(play.events, 'StepRetried')).toEqual(['StepRetried run/p1.0/deploy/install [h1] ada']);
  });

  it('is not run again by a strategy: it has done all it should', () => {
    expect(toldOf(giving([retryTimes(3)]).events, 'StepRetried')).toEqual([]);
  });
});

describe('a step that waits for others', () => {
  const guard = stepPlan('take', {
    type: 'RESOURCE_CONSTRAINT',
    parameters: { constraint: 'deploys', guard: { id: 'g1', capacity: 2, strategy: 'FIFO' } },
    runs: 'decided',
    deploys: false,
    timeoutMs: 600_000,
  });
  const TAKE = 'x1/run/p1.0/deploy/take';
  const taking = (failureStrategies: readonly FailureStrategy[], more: Partial<StepPlan> = {}): Play => {
    const play = new Play(onePhase([sectionPlan('deploy', [{ ...guard, ...more }], { failureStrategies })]));
    return play;
  };
  const requests = (play: Play) => play.execution.permits.map(({ requestId, state }) => `${requestId} ${state}`);

  it('asks for its permits again when a strategy tries it again, after the interval, as often as it says', () => {
    const play = taking([{ ...retryTimes(2, 10_000, 30_000), types: ['TIMEOUT'] }]);
    play.pass(600_000);
    expect(steps(play)).toEqual([
      'StepStarted deploy/take []',
      'StepWaiting deploy/take',
      'StepFailed deploy/take PERMITS_TIMEOUT',
    ]);
    expect(nextDeadline(play.execution)).toBe(1_000 + 600_000 + 10_000);
    play.wait();
    expect(requests(play)).toEqual([`${TAKE}/permits.1 REQUESTED`, `${TAKE}/permits.2 REQUESTED`]);
    expect(play.commands.map((command) => command.id)).toEqual([
      `${TAKE}/permits.1/release`,
      `${TAKE}/permits.2/acquire`,
    ]);
    play.pass(600_000);
    expect(nextDeadline(play.execution)).toBe(play.now + 30_000);
    play.wait();
    play.pass(600_000);
    expect(step(play, TAKE)).toMatchObject({ status: 'FAILED', retries: 2, failure: { code: 'PERMITS_TIMEOUT' } });
    expect(play.finish().execution.status).toBe('FAILED');
  });

  it('goes on with the permits it got by trying again', () => {
    const play = taking([retryTimes(1)]);
    play.pass(600_000);
    expect(play.finish().execution.status).toBe('SUCCESS');
    expect(requests(play)).toEqual([`${TAKE}/permits.1 RELEASED`, `${TAKE}/permits.2 RELEASED`]);
  });

  it('is not tried again for what it can never have', () => {
    const play = taking([retryTimes(3)], { parameters: { ...(guard.parameters as object), permits: 3 } });
    expect(step(play, TAKE)).toMatchObject({ status: 'FAILED', failure: { code: 'PERMITS_EXCEEDED' }, retries: 0 });
  });

  it('is not asked about where it is a guard or an approval', () => {
    const play = taking([manual]);
    play.pass(600_000);
    expect(step(play, TAKE)?.status).toBe('FAILED');
  });

  const meet = (failureStrategies: readonly FailureStrategy[]) => (id: string) =>
    runPlan(
      [
        phasePlan('p1', [
          sectionPlan('deploy', [stepPlan('install')]),
          sectionPlan(
            'meet',
            [
              stepPlan('at', {
                type: 'BARRIER',
                parameters: { identifier: 'done' },
                runs: 'decided',
                deploys: false,
                timeoutMs: 5_000,
              }),
            ],
            { failureStrategies },
          ),
        ]),
      ],
      { id },
    );
  const both = (strategies: readonly FailureStrategy[]): Play => {
    const runs = ['fe', 'be'].map(meet(strategies));
    return new Play(plan([], { kind: 'PIPELINE', stages: [{ id: 's1', name: 'both', runs }] }));
  };
  const AT_FE = 'x1/fe/p1.0/meet/at';

  it.each<[string, FailureStrategy, (play: Play) => unknown]>([
    ['a strategy', retryTimes(1), () => null],
    ['a person', manual, (play) => intervene(play, 'RETRY')],
  ])('comes to its barrier again by %s, and has failed nobody meanwhile', (_, strategy, again) => {
    const play = both([strategy]).run((id) => (id.includes('/be/') ? null : succeeded));
    play.pass(5_000);
    again(play);
    expect(step(play, AT_FE)).toMatchObject({ status: 'WAITING', waiting: { on: 'BARRIER' } });
    expect(play.report().finish().execution.status).toBe('SUCCESS');
    expect(toldOf(play.events, 'BarrierPassed', 'BarrierFailed')).toHaveLength(1);
  });

  it('does not come again by a strategy when a peer has failed, who never comes', () => {
    const play = both([retryTimes(3, 60_000)]).run((id) => (id.includes('/be/') ? failed() : succeeded));
    expect(step(play, AT_FE)).toMatchObject({ status: 'FAILED', retries: 0 });
    expect(play.now).toBe(1_000);
  });
});
