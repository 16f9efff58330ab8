import { describe, expect, it } from 'vitest';
import {
  agentStep,
  hostNamed,
  onFailure,
  phasePlan,
  plan,
  runPlan,
  sectionPlan,
  stepPlan,
} from '../../../test/support/plans.ts';
import { failure } from '@fairlead/proto/model/failure.ts';
import { failed, Play, succeeded, toldOf } from '../../../test/support/play.ts';
import type { Input } from '../inputs.ts';
import type { Plan, RunPlan, StepPlan } from '../plan.ts';

const guard = (id: string, more: object = {}, step: Partial<StepPlan> = {}): StepPlan =>
  stepPlan(id, {
    type: 'RESOURCE_CONSTRAINT',
    parameters: { constraint: 'deploys', guard: { id: 'g1', capacity: 2, strategy: 'FIFO' }, ...more },
    runs: 'decided',
    deploys: false,
    timeoutMs: 600_000,
    ...step,
  });

/** Takes permits, deploys; then a second phase that only looks. */
const guarded = (steps: readonly StepPlan[], more: Partial<RunPlan> = {}): Plan =>
  plan([
    runPlan(
      [
        phasePlan('p1', [sectionPlan('take', steps), sectionPlan('deploy', [stepPlan('install')])], {
          hosts: [hostNamed('h1')],
          families: { infra: { name: 'dc1', size: '2' } },
          rollback: [sectionPlan('back', [stepPlan('undo')], { undoes: 'deploy' })],
        }),
        phasePlan('p2', [sectionPlan('look', [agentStep('check')])], { hosts: [hostNamed('h1')] }),
      ],
      more,
    ),
  ]);

const STEP = 'x1/run/p1.0/take/t1';
const REQUEST = `${STEP}/permits.1`;
const silent = () => null;
const answered = (answer: Extract<Input, { input: 'permitsAnswered' }>['answer'], requestId = REQUEST): Input => ({
  input: 'permitsAnswered',
  stepId: STEP,
  requestId,
  answer,
});
const held = answered({ state: 'HELD', ticket: 7 });
const queued = (position: number) => answered({ state: 'QUEUED', position });
const released: Input = { input: 'permitsReleased', stepId: STEP, requestId: REQUEST };
const commands = (play: Play) => play.commands.map((command) => command.id);
const take = (play: Play) => play.execution.runs[0]?.phases[0]?.sections[0]?.steps[0];
const ofPermits = (play: Play) =>
  toldOf(play.events, 'PermitsRequested', 'PermitsQueued', 'PermitsGranted', 'PermitsRefused', 'PermitsReleased');

describe('permits', () => {
  it('are asked for in the unit as it is here, and waited for', () => {
    const play = new Play(guarded([guard('t1', { unit: '${infra.name}', permits: '${infra.size}' })]));
    expect(play.commands).toEqual([
      {
        command: 'acquirePermits',
        id: `${REQUEST}/acquire`,
        stepId: STEP,
        requestId: REQUEST,
        key: 'guard:g1/dc1',
        constraint: { id: 'g1', name: 'deploys' },
        permits: 2,
        capacity: 2,
        strategy: 'FIFO',
      },
    ]);
    expect(take(play)).toMatchObject({ status: 'WAITING', waiting: { on: 'PERMITS', until: 601_000 } });
    play.give(queued(3));
    play.give(queued(3));
    play.give(queued(2));
    expect(toldOf(play.events, 'PermitsQueued')).toEqual([
      'PermitsQueued run/p1.0/take/t1/permits.1 3',
      'PermitsQueued run/p1.0/take/t1/permits.1 2',
    ]);
    play.give(held);
    expect(take(play)).toMatchObject({ status: 'SUCCESS', waiting: null });
    expect(play.execution.permits).toMatchObject([{ state: 'HELD', position: null }]);
  });

  it.each([
    ['PHASE', 'x1/run/p1.0'],
    ['WORKFLOW', 'x1/run'],
    ['PIPELINE', 'x1'],
  ])('with the scope %s are held until the end of %s', (scope, owner) => {
    const play = new Play(guarded([guard('t1', { scope })]));
    play.give(held);
    expect(play.execution.permits).toMatchObject([{ owner }]);
    expect(commands(play)).not.toContain(`${REQUEST}/release`);
    play.run((id) => (id.includes('check') ? null : succeeded));
    expect(play.execution.permits[0]?.state).toBe(scope === 'PHASE' ? 'RELEASED' : 'HELD');
    play.report();
    expect(play.execution.settled).toBe(true);
    expect(play.execution.permits[0]?.state).toBe('RELEASED');
  });

  it('of a phase that failed are held until it is taken back', () => {
    const play = new Play(guarded([guard('t1', { scope: 'PHASE' })]));
    play.give(held);
    play.run((id) => (id.includes('install') ? failed() : null));
    expect(toldOf(play.events, 'RollbackStarted')).toHaveLength(1);
    expect(play.execution.permits[0]?.state).toBe('HELD');
    play.report();
    expect(play.execution.permits[0]?.state).toBe('RELEASED');
    expect(play.execution.settled).toBe(true);
  });

  it.each(['PHASE', 'WORKFLOW', 'PIPELINE'])(
    'with the scope %s are not given back while something of their owner may still be at work',
    (scope) => {
      const play = new Play(guarded([guard('t1', { scope })]));
      play.give(held);
      for (const command of play.commands) if (command.command === 'assign') play.carryOut(command, silent);
      for (const command of play.commands) if (command.command === 'offer') play.carryOut(command, silent);
      play.give({ input: 'abort', actor: 'me', reason: 'enough' });
      play.pass(1_500);
      expect(play.execution.status).toBe('ABORTED');
      expect(commands(play)).not.toContain(`${REQUEST}/release`);
      play.run();
      expect(play.execution.settled).toBe(true);
    },
  );

  it('of a phase are held while it only lets time pass', () => {
    const play = new Play(guarded([guard('t1', { scope: 'PHASE' }), agentStep('later', { waitMs: 500 })]));
    play.give(held);
    expect(play.commands).toEqual([]);
    play.pass(500);
    expect(play.execution.permits[0]?.state).toBe('HELD');
    expect(play.finish().execution.permits[0]?.state).toBe('RELEASED');
  });

  describe('of two phases that go back', () => {
    const phase = (id: string) =>
      phasePlan(
        id,
        [
          sectionPlan('take', [guard('t1', { scope: 'PHASE', unit: id })]),
          sectionPlan('deploy', [stepPlan('install')]),
        ],
        {
          hosts: [hostNamed('h1')],
          rollback: [sectionPlan('back', [stepPlan('undo')], { undoes: 'deploy' })],
        },
      );
    /** The second has failed; its rollback runs. */
    const goingBack = () =>
      new Play(plan([runPlan([phase('p1'), phase('p2')])])).run((id) =>
        id.includes('/undo@') ? null : id.includes('p2.0/deploy') ? failed() : succeeded,
      );
    const states = (play: Play) => play.execution.permits.map((each) => each.state);

    it('are given back with each that is taken back', () => {
      const play = goingBack();
      // The first phase has ended well.
      expect(states(play)).toEqual(['RELEASED', 'HELD']);
      play.report((id) => (id.includes('p2.0.rollback') ? succeeded : null));
      expect([states(play), play.execution.runs[0]?.status]).toEqual([['RELEASED', 'RELEASED'], 'ROLLING_BACK']);
    });

    it('are held to the end of the run where that fails', () => {
      const play = goingBack();
      play.report((id) => (id.includes('p2.0.rollback') ? failed() : null)).run(silent);
      expect([states(play), play.execution.runs[0]?.status]).toEqual([['RELEASED', 'HELD'], 'ROLLING_BACK']);
      play.report();
      expect(states(play)).toEqual(['RELEASED', 'RELEASED']);
    });
  });

  it('of a pipeline are held until all its stages have ended', () => {
    const first = guarded([guard('t1', { scope: 'PIPELINE' })]).stages[0]?.runs[0];
    if (first === undefined) throw new Error('no run');
    const second = runPlan([phasePlan('p1', [sectionPlan('work', [agentStep('do')])])], { id: 'next' });
    const stages = [
      { id: 's1', name: 'one', runs: [first] },
      { id: 's2', name: 'two', runs: [second] },
    ];
    const play = new Play(plan([], { kind: 'PIPELINE', stages })).run((id) =>
      id.includes('/next/') ? null : succeeded,
    );
    expect(play.execution.runs.map((run) => run.status)).toEqual(['SUCCESS', 'RUNNING']);
    expect(play.execution.permits[0]?.state).toBe('HELD');
    expect(play.report().execution.permits[0]?.state).toBe('RELEASED');
  });

  it('more than there are fail at once', () => {
    const play = new Play(guarded([guard('t1', { permits: 3 })]));
    expect(take(play)).toMatchObject({
      status: 'FAILED',
      failure: { code: 'PERMITS_EXCEEDED', message: "3 permits of 'deploys', which has 2" },
    });
    expect(ofPermits(play)).toEqual([]);
  });

  it.each<[string, Partial<StepPlan>, string]>([
    ['that are asked for in no readable way', { parameters: {} }, 'Invalid input: expected string, received undefined'],
    ['of a guard that is gone', { parameters: { constraint: 'deploys' } }, "there is no guard 'deploys'"],
  ])('%s fail at once', (_, step, message) => {
    const play = new Play(guarded([guard('t1', {}, step)]));
    expect(take(play)).toMatchObject({ status: 'FAILED', failure: { code: 'INVALID_INPUT', message } });
  });

  it('are counted for units of at most 256 characters', () => {
    const stateOf = (unit: string) => take(new Play(guarded([guard('t1', { unit })])));
    expect(stateOf('u'.repeat(256))).toMatchObject({ status: 'WAITING' });
    for (const unit of ['u'.repeat(257), '${secrets.getValue("s")}']) {
      expect(stateOf(unit)?.failure).toMatchObject({
        code: 'EXPRESSION',
        message: 'the unit must be plain text of at most 256 characters, known here',
      });
    }
  });

  it.each([' ', '0', '1.5', '${secrets.getValue("s")}'])(
    'must be a whole number of at least 1, which %j is not',
    (permits) => {
      const play = new Play(guarded([guard('t1', { permits })]));
      expect(take(play)?.failure).toMatchObject({ code: 'EXPRESSION' });
      expect(take(play)?.failure?.message).toMatch('the permits must be a whole number of at least 1');
    },
  );

  it.each([
    ['permits', { permits: '${infra.name}' }, "the permits must be a whole number of at least 1, not 'dc1'"],
    ['permits', { permits: '${infra.nothing}' }, 'nothing'],
    ['unit', { unit: '${infra.nothing}' }, 'nothing'],
    ['unit', { unit: 'of ${nobody.name}' }, "'nobody' is not known here"],
  ])('of which the %s cannot be told fail at once', (_, more, message) => {
    const play = new Play(guarded([guard('t1', more)]));
    expect(take(play)?.failure).toMatchObject({ code: 'EXPRESSION' });
    expect(take(play)?.failure?.message).toContain(message);
  });

  it('are added to those held already, and refused when it would wait for itself', () => {
    const play = new Play(guarded([guard('t1'), guard('t2')]));
    expect(play.finish().execution.status).toBe('SUCCESS');
    const greedy = new Play(guarded([guard('t1'), guard('t2', { permits: 2 })])).finish();
    expect(greedy.execution.runs[0]?.failure).toMatchObject({ code: 'DEADLOCK' });
    expect(greedy.execution.runs[0]?.failure?.message).toContain('of which it holds 1 of 2 itself');
    const apart = new Play(guarded([guard('t1'), guard('t2', { permits: 2, unit: 'other' })]));
    expect(apart.finish().execution.status).toBe('SUCCESS');
  });

  it('of an earlier phase are not counted any more, those of the whole pipeline are', () => {
    const phase = (id: string, scope: string, permits: number) =>
      phasePlan(id, [sectionPlan('take', [guard('t1', { scope, permits })])], { hosts: [hostNamed('h1')] });
    const ended = (scope: string) => {
      const play = new Play(plan([runPlan([phase('p1', scope, 1), phase('p2', 'PHASE', 2)])])).finish();
      return play.execution.runs[0]?.failure?.code ?? play.execution.status;
    };
    expect([ended('PHASE'), ended('WORKFLOW'), ended('PIPELINE')]).toEqual(['SUCCESS', 'DEADLOCK', 'DEADLOCK']);
  });

  it('that nobody waits for any more give their place back, though the run goes on', () => {
    const impatient = guard('t1', {}, { timeoutMs: 60_000 });
    const play = new Play(guarded([impatient], { failureStrategies: [onFailure('IGNORE')] }));
    play.give(queued(1));
    play.wait();
    expect(take(play)).toMatchObject({ status: 'FAILED', ignored: true });
    expect(commands(play)).toContain(`${REQUEST}/release`);
    play.give(released);
    expect([play.execution.permits[0]?.state, play.execution.runs[0]?.status]).toEqual(['RELEASED', 'RUNNING']);
  });

  it('are waited for no longer than told; the place is given back', () => {
    const play = new Play(guarded([guard('t1', {}, { timeoutMs: 60_000 })]));
    play.give(queued(1));
    expect(play.pass(59_999)).toEqual([]);
    play.wait();
    expect(take(play)).toMatchObject({ status: 'FAILED', failure: { code: 'PERMITS_TIMEOUT' } });
    expect(commands(play)).toContain(`${REQUEST}/release`);
    expect(play.give(held)).toEqual([]);
    expect(play.finish().execution.permits[0]?.state).toBe('RELEASED');
  });

  it('waited for are given back by an abort at once', () => {
    const play = new Play(guarded([guard('t1')]));
    play.give(queued(1));
    play.give({ input: 'abort', actor: 'me', reason: 'enough' });
    expect(play.execution.status).toBe('ABORTED');
    expect(commands(play)).toContain(`${REQUEST}/release`);
    expect(play.give(held)).toEqual([]);
    play.run();
    expect(play.execution.settled).toBe(true);
  });

  it('refused fail the step, and its strategy has its say', () => {
    const play = new Play(guarded([guard('t1')], { failureStrategies: [onFailure('IGNORE')] }));
    const full = failure('QUEUE_FULL', '1000 wait already');
    play.give(answered({ state: 'REFUSED', failure: full }));
    expect(take(play)).toMatchObject({ status: 'FAILED', ignored: true, failure: full });
    expect(play.finish().execution.status).toBe('SUCCESS');
    expect(play.execution.permits[0]?.state).toBe('RELEASED');
  });

  it('are not given back before their time, and once', () => {
    const play = new Play(guarded([guard('t1')]));
    play.give(held);
    expect(play.give(released)).toEqual([]);
    play.finish();
    expect(toldOf(play.events, 'PermitsReleased')).toHaveLength(1);
    expect(play.give(released)).toEqual([]);
    expect(play.give(answered({ state: 'HELD', ticket: 1 }, 'x1/other'))).toEqual([]);
  });
});
