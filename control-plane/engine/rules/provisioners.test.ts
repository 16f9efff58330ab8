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
import { failed, failedWith, Play, succeeded, toldOf } from '../../../test/support/play.ts';
import type { RunPlan } from '../plan.ts';

const deployed = (id: string) =>
  phasePlan(id, [sectionPlan('deploy', [stepPlan('install')])], {
    hosts: [hostNamed('h1')],
    rollback: [sectionPlan('undo', [stepPlan('undo')], { undoes: 'deploy' })],
  });

/** Provisioners A and B in pre-deployment, phases P1 and P2. */
const provisioned = (more: Partial<RunPlan> = {}) =>
  plan([
    runPlan([deployed('p1'), deployed('p2')], {
      type: 'CANARY',
      pre: sectionPlan('pre', [agentStep('a'), agentStep('note'), agentStep('b')]),
      undoPre: sectionPlan('undo', [agentStep('a'), agentStep('b')]),
      ...more,
    }),
  ]);

const failingIn =
  (part: string, touched = true) =>
  (id: string) =>
    id.includes(part) ? failed(touched) : succeeded;
const rollbackSteps = (play: Play): readonly string[] =>
  toldOf(play.events, 'StepStarted')
    .filter((line) => line.includes('.rollback/'))
    .map((line) => line.replace(/^StepStarted run\/(\S+) .*$/, '$1'));

const A = 'pre.0.rollback/undo/a';
const B = 'pre.0.rollback/undo/b';
const R1 = 'p1.0.rollback/undo/undo';
const R2 = 'p2.0.rollback/undo/undo';

describe('provisioners in a rollback', () => {
  it('go first, in the order in which they were created', () => {
    const play = new Play(provisioned()).finish(failingIn('p2.0/deploy'));
    expect(rollbackSteps(play)).toEqual([A, B, R2, R1]);
    expect(toldOf(play.events, 'PhaseStarted').filter((line) => line.includes('ROLLBACK'))).toEqual([
      'PhaseStarted run/pre.0.rollback ROLLBACK pre Rollback Provisioners 0 run/pre.0 []',
      'PhaseStarted run/p2.0.rollback ROLLBACK p2 Rollback Phase p2 0 run/p2.0 [h1]',
      'PhaseStarted run/p1.0.rollback ROLLBACK p1 Rollback Phase p1 0 run/p1.0 [h1]',
    ]);
    expect(play.execution.runs[0]).toMatchObject({ status: 'FAILED', rollback: { result: 'SUCCESS' } });
  });

  it('go last, reversed, with the action that says so', () => {
    const strategies = { failureStrategies: [onFailure('ROLLBACK_PROVISIONER_AFTER_PHASES')] };
    const play = new Play(provisioned(strategies)).finish(failingIn('p2.0/deploy'));
    expect(rollbackSteps(play)).toEqual([R2, R1, B, A]);
  });

  it('are not taken back when they did nothing', () => {
    const play = new Play(provisioned()).finish((id) =>
      id.includes('pre.0/pre/b') ? failedWith('UNREACHABLE', false) : succeeded,
    );
    expect(rollbackSteps(play)).toEqual([A]);
  });

  it('are taken back when they failed half way', () => {
    const play = new Play(provisioned()).finish(failingIn('pre.0/pre/b'));
    expect(rollbackSteps(play)).toEqual([A, B]);
  });

  it('stay when only a phase goes back, and go when they are what failed', () => {
    const strategies = {
      failureStrategies: [onFailure('ROLLBACK_PHASE', { scope: 'PHASE' }), onFailure('ROLLBACK_PHASE')],
    };
    expect(rollbackSteps(new Play(provisioned(strategies)).finish(failingIn('p2.0/deploy')))).toEqual([R2]);
    expect(rollbackSteps(new Play(provisioned(strategies)).finish(failingIn('pre.0/pre/b')))).toEqual([A, B]);
  });

  it('that cannot be taken back keep no phase from going back: PARTIAL', () => {
    const play = new Play(provisioned()).finish((id) =>
      id.includes('p2.0/deploy') || id.includes('rollback/undo/a') ? failed() : succeeded,
    );
    expect(rollbackSteps(play)).toEqual([A, R2, R1]);
    expect(play.execution.runs[0]).toMatchObject({ status: 'FAILED', rollback: { result: 'PARTIAL' } });
  });

  it('go back on request also while the run waits for its lock', () => {
    const play = new Play(provisioned({ lock: { keys: ['k'], queueLimit: 9, timeoutMs: 500 } }));
    for (const step of ['a', 'note', 'b']) {
      const attemptId = `x1/run/pre.0/pre/${step}@-#1`;
      play.give({ input: 'agentChosen', attemptId, agentId: 'a1', ledgerId: 'l1', sessionId: 's1' });
      play.give({ input: 'starting', attemptId, agentId: 'a1', assignment: 1 });
      play.give({ input: 'finished', attemptId, result: succeeded });
    }
    expect(play.execution.runs[0]?.lock?.state).toBe('REQUESTED');
    play.give({ input: 'rollback', actor: 'me', reason: 'no good' });
    // Its place in the queue means nothing any more, whatever comes of it: others have it at once.
    expect(play.commands.map((command) => command.command)).toEqual(['releaseLock', 'assign']);
    const refused = { state: 'REFUSED', failure: failedWith('QUEUE_FULL').failure } as const;
    if (refused.failure === undefined) throw new Error('no failure');
    const answer = { ...refused, failure: refused.failure };
    expect(play.give({ input: 'lockAnswered', runId: 'x1/run', requestId: 'x1/run', answer })).toEqual([]);
    expect(play.pass(1_000)).toEqual([]);
    play.finish();
    expect(rollbackSteps(play)).toEqual([A, B]);
    expect(play.execution.runs[0]).toMatchObject({ status: 'FAILED', lock: { state: 'RELEASED' } });
  });

  it('are left alone by an abort', () => {
    const play = new Play(provisioned()).run((id) => (id.includes('p2.0') ? null : succeeded));
    play.give({ input: 'abort', actor: 'me', reason: '' });
    play.finish();
    expect(rollbackSteps(play)).toEqual([]);
    expect(play.execution.status).toBe('ABORTED');
  });
});
