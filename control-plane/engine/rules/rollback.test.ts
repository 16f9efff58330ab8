import { describe, expect, it } from 'vitest';
import {
  agentStep,
  ATTEMPT,
  hostNamed,
  hostNames,
  oneStep,
  onePhase,
  onFailure,
  phasePlan,
  plan,
  retryTimes,
  runPlan,
  sectionPlan,
  selectStep,
  simplePlan,
  stepPlan,
} from '../../../test/support/plans.ts';
import { check, failed, failedWith, Play, succeeded, told, toldOf, type Case } from '../../../test/support/play.ts';
import type { PhasePlan, RunPlan, StepPlan } from '../plan.ts';

const silent = () => null;

const oneStepOf = (run: Partial<RunPlan>) => onePhase([sectionPlan('deploy', [stepPlan('install')])], { run });

const PHASE_ENDS = ['PhaseStarted', 'PhaseEnded', 'RollbackEnded', 'RunEnded'] as const;
const ends = (play: Play) =>
  toldOf(play.events, ...PHASE_ENDS).filter((line) => !/^Phase\w+ run\/\w+\.\d+( |$)/.test(line));

/** Phases each on a share of four hosts: select, deploy, check; the rollback undoes the deployment. */
const canary = (undo: Partial<PhasePlan['rollback'][number]> = {}, more: Partial<RunPlan> = {}) =>
  plan([
    runPlan(
      [1, 2, 3].map((number) =>
        phasePlan(
          `p${number}`,
          [
            sectionPlan('infra', [selectStep({ count: number, exclude: true })]),
            sectionPlan('deploy', [stepPlan('install')]),
            sectionPlan('verify', [agentStep('check')]),
          ],
          {
            hosts: hostNames(3).map(hostNamed),
            rollback: [sectionPlan('undo-deploy', [stepPlan('undo')], { undoes: 'deploy', ...undo })],
          },
        ),
      ),
      { type: 'CANARY', ...more },
    ),
  ]);

const failingIn = (part: string) => (id: string) => (id.includes(part) ? failed() : succeeded);

describe('a rollback', () => {
  it('goes back from the newest executed phase to the oldest; later phases and post-deployment do not run', () => {
    const post = sectionPlan('post', [agentStep('tell')]);
    const play = new Play(canary({}, { post })).finish(failingIn('p2.0/verify'));
    expect(ends(play)).toEqual([
      'PhaseStarted run/p2.0.rollback ROLLBACK p2 Rollback Phase p2 0 run/p2.0 [h2]',
      'PhaseEnded run/p2.0.rollback SUCCESS',
      'PhaseStarted run/p1.0.rollback ROLLBACK p1 Rollback Phase p1 0 run/p1.0 [h1]',
      'PhaseEnded run/p1.0.rollback SUCCESS',
      'RollbackEnded run SUCCESS',
      'RunEnded run FAILED null',
    ]);
    expect(play.execution.runs[0]?.phases.map((phase) => phase.planId)).toEqual(['p1', 'p2', 'p2', 'p1']);
    expect(play.execution.runs[0]?.failure?.message).toBe('exit status 1');
  });

  it('tells what it is for', () => {
    const play = new Play(canary()).run(failingIn('p2.0/verify'));
    expect(toldOf(play.events, 'RollbackStarted')).toEqual([
      'RollbackStarted run run/p2.0/verify/check null WORKFLOW COMMAND_FAILED: exit status 1',
    ]);
    expect(play.execution.runs[0]?.rollback).toEqual({
      cause: 'x1/run/p2.0/verify/check',
      actor: null,
      at: 1_000,
      scope: 'WORKFLOW',
      provisioners: 'BEFORE',
      result: 'SUCCESS',
    });
  });

  it('of the phase only leaves earlier phases as deployed', () => {
    const strategies = { failureStrategies: [onFailure('ROLLBACK_PHASE', { scope: 'PHASE' })] };
    const play = new Play(canary({}, strategies)).finish(failingIn('p2.0/verify'));
    expect(ends(play)).toEqual([
      'PhaseStarted run/p2.0.rollback ROLLBACK p2 Rollback Phase p2 0 run/p2.0 [h2]',
      'PhaseEnded run/p2.0.rollback SUCCESS',
      'RollbackEnded run SUCCESS',
      'RunEnded run FAILED null',
    ]);
    expect(play.execution.runs[0]?.rollback?.scope).toBe('PHASE');
  });

  it('of the phase takes back every batch of it: half a phase on the old version and half on the new is neither', () => {
    const rolling = (id: string) =>
      phasePlan(id, [sectionPlan('infra', [selectStep({ count: 1 })]), sectionPlan('deploy', [stepPlan('install')])], {
        rolling: true,
        hosts: hostNames(3).map(hostNamed),
        mapping: id,
        rollback: [sectionPlan('undo', [stepPlan('undo')], { undoes: 'deploy' })],
      });
    const strategies = { failureStrategies: [onFailure('ROLLBACK_PHASE', { scope: 'PHASE' })] };
    const play = new Play(plan([runPlan([rolling('p1'), rolling('p2')], strategies)])).finish(failingIn('p2.1/deploy'));
    expect(ends(play).filter((line) => line.startsWith('PhaseStarted'))).toEqual([
      'PhaseStarted run/p2.1.rollback ROLLBACK p2 Rollback Phase p2 (batch 2) 1 run/p2.1 [h2]',
      'PhaseStarted run/p2.0.rollback ROLLBACK p2 Rollback Phase p2 (batch 1) 0 run/p2.0 [h1]',
    ]);
  });

  it('of the phase has nothing to do when that phase touched nothing', () => {
    const strategies = { failureStrategies: [onFailure('ROLLBACK_PHASE')] };
    const play = new Play(canary({}, strategies)).finish((id) => (id.includes('p2.0') ? failed(false) : succeeded));
    expect(ends(play)).toEqual(['RollbackEnded run NOTHING', 'RunEnded run FAILED null']);
  });

  it('without a step that ran has put nothing back', () => {
    for (const undo of [{ skip: 'true' }, { steps: [] }]) {
      const play = new Play(canary(undo)).finish(failingIn('p2.0/verify'));
      expect(toldOf(play.events, 'PhaseEnded', 'RollbackEnded').slice(-3)).toEqual([
        'PhaseEnded run/p2.0.rollback SKIPPED',
        'PhaseEnded run/p1.0.rollback SKIPPED',
        'RollbackEnded run NOTHING',
      ]);
    }
  });

  it('goes to the hosts that were, or may have been, touched', () => {
    const play = new Play(simplePlan({ phase: { hosts: hostNames(4).map(hostNamed) } }));
    play.run((id) => (id.includes('install@h1') ? null : id.includes('@h2') ? failed(false) : failed()));
    // h1 is lost, and nobody ever learns what became of it.
    play.give({ input: 'agentLost', attemptId: 'x1/run/p1.0/deploy/install@h1#1', agentId: 'a1', reason: 'gone' });
    play.finish();
    expect(toldOf(play.events, 'PhaseStarted').at(-1)).toBe(
      'PhaseStarted run/p1.0.rollback ROLLBACK p1 Rollback Phase p1 0 run/p1.0 [h1,h3,h4]',
    );
  });

  it('counts every attempt at a host, not only the last', () => {
    const retried = sectionPlan('deploy', [stepPlan('install')], { failureStrategies: [retryTimes(1)] });
    const rollback = [sectionPlan('undo', [stepPlan('undo')], { undoes: 'deploy' })];
    const play = new Play(onePhase([retried], { phase: { rollback } }));
    play.finish((id) => (id.includes('undo') ? succeeded : failed(id.endsWith('#1'))));
    expect(toldOf(play.events, 'RollbackEnded')).toEqual(['RollbackEnded run SUCCESS']);
  });

  it('needs no Select Nodes to know its hosts', () => {
    const rollback = [sectionPlan('undo', [stepPlan('undo')], { undoes: 'deploy' })];
    const all = { hosts: hostNames(3).map(hostNamed), rollback };
    const play = new Play(onePhase([sectionPlan('deploy', [stepPlan('install')])], { phase: all }));
    play.finish((id) => (id.includes('@h2') ? failed(false) : id.includes('install@h3') ? failed() : succeeded));
    expect(ends(play)).toEqual([
      'PhaseStarted run/p1.0.rollback ROLLBACK p1 Rollback Phase p1 0 run/p1.0 [h1,h3]',
      'PhaseEnded run/p1.0.rollback SUCCESS',
      'RollbackEnded run SUCCESS',
      'RunEnded run FAILED null',
    ]);
  });

  it('skips steps for hosts when only something else was touched', () => {
    const sections = [sectionPlan('deploy', [agentStep('ask'), stepPlan('install')])];
    const rollback = [sectionPlan('undo', [stepPlan('undo'), agentStep('tell')], { undoes: 'deploy' })];
    const play = new Play(onePhase(sections, { phase: { rollback } }));
    play.finish((id) => (id.includes('install') ? failed(false) : succeeded));
    const steps = play.execution.runs[0]?.phases[1]?.sections[0]?.steps;
    expect(steps?.map((step) => [step.planId, step.status, step.skipped])).toEqual([
      ['undo', 'SKIPPED', 'no host was changed'],
      ['tell', 'SUCCESS', null],
    ]);
    expect(play.execution.runs[0]?.rollback?.result).toBe('SUCCESS');
  });

  it('runs the sections whose forward section was reached, and those bound to none', () => {
    const sections = [
      sectionPlan('skipped', [agentStep('a', { skip: 'true' })]),
      sectionPlan('reached', [stepPlan('b')]),
      sectionPlan('failing', [stepPlan('c')]),
      sectionPlan('never', [stepPlan('d')]),
    ];
    const undo = (id: string, undoes: string | null) => sectionPlan(id, [stepPlan('undo')], { undoes });
    const rollback = [
      undo('r1', 'never'),
      undo('r2', 'failing'),
      undo('r3', 'reached'),
      undo('r4', 'skipped'),
      undo('r5', null),
    ];
    const play = new Play(onePhase(sections, { phase: { rollback } })).finish(failingIn('/failing/'));
    expect(play.execution.runs[0]?.phases[1]?.sections.map((section) => section.planId)).toEqual(['r2', 'r3', 'r5']);
  });

  it('runs what was written to undo a section that was reached and had no steps itself', () => {
    const sections = [
      sectionPlan('disable', []),
      sectionPlan('deploy', [stepPlan('install')]),
      sectionPlan('enable', []),
    ];
    const rollback = [
      sectionPlan('undo-enable', [agentStep('out')], { undoes: 'enable' }),
      sectionPlan('undo-deploy', [stepPlan('undo')], { undoes: 'deploy' }),
      sectionPlan('undo-disable', [agentStep('in')], { undoes: 'disable' }),
      sectionPlan('nothing', [], { undoes: 'disable' }),
    ];
    const play = new Play(onePhase(sections, { phase: { rollback } })).finish(failingIn('/install'));
    expect(toldOf(play.events, 'StepStarted').slice(1)).toEqual([
      'StepStarted run/p1.0.rollback/undo-deploy/undo [h1]',
      'StepStarted run/p1.0.rollback/undo-disable/in [-]',
    ]);
    expect(toldOf(play.events, 'RollbackEnded')).toEqual(['RollbackEnded run SUCCESS']);
  });

  it('has skip conditions, waits and parallel steps of its own', () => {
    const steps = [
      stepPlan('a', { skip: "${env.name} == 'prod'" }),
      stepPlan('b', { waitMs: 100 }),
      stepPlan('c', { withPrevious: true }),
    ];
    const rollback = [sectionPlan('undo', steps, { undoes: 'deploy' })];
    const play = new Play(onePhase([sectionPlan('deploy', [stepPlan('install')])], { phase: { rollback } }));
    play.finish((id) => (id.includes('install') ? failed() : succeeded));
    expect(play.now).toBe(1_100);
    const undone = play.execution.runs[0]?.phases[1]?.sections[0]?.steps.map((step) => [step.planId, step.status]);
    expect(undone).toEqual([
      ['a', 'SKIPPED'],
      ['c', 'SUCCESS'],
      ['b', 'SUCCESS'],
    ]);
  });
});

describe('without an earlier deployment', () => {
  const undo = (rollbackArtifact: PhasePlan['rollbackArtifact']) => {
    const rollback = [
      sectionPlan('stop', [stepPlan('stop')], { undoes: 'deploy' }),
      sectionPlan('reinstall', [stepPlan('install', { artifact: 'rollback' })], { undoes: 'deploy' }),
    ];
    const play = new Play(
      onePhase([sectionPlan('deploy', [stepPlan('install')])], { phase: { rollback, rollbackArtifact } }),
    );
    play.finish((id) => (id.includes('p1.0/deploy') ? failed() : succeeded));
    const sections = play.execution.runs[0]?.phases[1]?.sections;
    return sections?.map((section) => [section.planId, section.status, section.steps[0]?.skipped]);
  };

  it('the service is only stopped', () => {
    expect(undo(null)).toEqual([
      ['stop', 'SUCCESS', null],
      ['reinstall', 'SKIPPED', 'there is no earlier successful deployment to go back to'],
    ]);
  });

  it('(with one, it is put back)', () => {
    const source = { kind: 'DIRECTORY', path: '/builds', match: '.*' } as const;
    const artifact = { service: 'web', source, build: '1', fileName: 'a', location: 'a', sha256: null, metadata: {} };
    expect(undo(artifact)).toEqual([
      ['stop', 'SUCCESS', null],
      ['reinstall', 'SUCCESS', null],
    ]);
  });
});

describe('a failing rollback step', () => {
  it.each([
    ['one of two phases', (id: string) => id.includes('p2.0.rollback') || id.includes('p2.0/verify'), 'PARTIAL'],
    ['every phase', (id: string) => id.includes('.rollback') || id.includes('p2.0/verify'), 'FAILED'],
  ])('in %s: the rest of it is left, the next older phase follows, no rollback of a rollback', (_, fails, result) => {
    const play = new Play(canary()).finish((id) => (fails(id) ? failed() : succeeded));
    expect(toldOf(play.events, 'RollbackStarted')).toHaveLength(1);
    expect(toldOf(play.events, 'RollbackEnded', 'RunEnded')).toEqual([
      `RollbackEnded run ${result}`,
      'RunEnded run FAILED null',
    ]);
    expect(play.execution.runs[0]?.phases.map((phase) => phase.id)).toContain('x1/run/p1.0.rollback');
  });

  it('leaves the rest of its phase', () => {
    const rollback = [sectionPlan('first', [stepPlan('a'), stepPlan('b')]), sectionPlan('second', [stepPlan('c')])];
    const play = new Play(onePhase([sectionPlan('deploy', [stepPlan('install')])], { phase: { rollback } }));
    play.finish(() => failed());
    const sections = play.execution.runs[0]?.phases[1]?.sections;
    expect(
      sections?.map((section) => [section.planId, section.status, section.steps.map((step) => step.planId)]),
    ).toEqual([['first', 'FAILED', ['a']]]);
  });

  it.each([
    ['is retried', [retryTimes(1)], 'SUCCESS', ['StepRetried run/p2.0.rollback/undo-deploy/undo [h2]']],
    ['is ignored', [onFailure('IGNORE')], 'SUCCESS', []],
    ['is not rolled back', [onFailure('ROLLBACK_WORKFLOW')], 'PARTIAL', []],
  ] as const)('%s by its own section’s strategy', (_, failureStrategies, result, retries) => {
    const play = new Play(canary({ failureStrategies }));
    play.finish((id) => (/p2\.0\.rollback.*#1$/.test(id) || id.includes('p2.0/verify') ? failed() : succeeded));
    expect(play.execution.runs[0]?.rollback?.result).toBe(result);
    expect(toldOf(play.events, 'StepRetried')).toEqual(retries);
  });

  it('heeds no strategy of the workflow', () => {
    const play = new Play(canary({}, { failureStrategies: [onFailure('IGNORE', { types: ['CONNECTIVITY'] })] }));
    const lost = failedWith('CONNECTION_LOST');
    play.finish((id) => (id.includes('p2.0.rollback') ? lost : id.includes('p2.0/verify') ? failed() : succeeded));
    expect(play.execution.runs[0]?.rollback?.result).toBe('PARTIAL');
  });

  it('may abort', () => {
    const play = new Play(canary({ failureStrategies: [onFailure('ABORT')] }));
    play.finish((id) => (id.includes('p2.0/verify') || id.includes('.rollback') ? failed() : succeeded));
    expect(play.execution.status).toBe('ABORTED');
    expect(ends(play)).toEqual([
      'PhaseStarted run/p2.0.rollback ROLLBACK p2 Rollback Phase p2 0 run/p2.0 [h2]',
      'PhaseEnded run/p2.0.rollback ABORTED',
      'RollbackEnded run PARTIAL',
      'RunEnded run ABORTED CANCELED: exit status 1',
    ]);
  });
});

describe('an operator', () => {
  const running = () => new Play(simplePlan()).run(silent);

  it('rolls a running workflow back: what runs is stopped first, then undone', () => {
    const play = running();
    expect(told(play.give({ input: 'rollback', actor: 'me', reason: 'no good' }))).toEqual([
      'RollbackStarted run null me WORKFLOW CANCELED: no good',
      'CancelRequested run/p1.0/deploy/install@h1#1 no good',
      'CancelRequested run/p1.0/deploy/install@h2#1 no good',
    ]);
    expect(play.execution.runs[0]?.status).toBe('ROLLING_BACK');
    const finish = (id: string): readonly string[] =>
      told(
        play.give({
          input: 'finished',
          attemptId: id,
          result: { outcome: 'CANCELED', touched: true, confirmed: true },
        }),
      );
    expect(finish('x1/run/p1.0/deploy/install@h1#1')).toEqual([
      'AttemptEnded run/p1.0/deploy/install@h1#1 CANCELED {"touched":true,"confirmed":true}',
    ]);
    expect(finish('x1/run/p1.0/deploy/install@h2#1').slice(1)).toEqual([
      'StepEnded run/p1.0/deploy/install FAILED null null',
      'SectionEnded run/p1.0/deploy FAILED',
      'PhaseEnded run/p1.0 FAILED',
      'PhaseStarted run/p1.0.rollback ROLLBACK p1 Rollback Phase p1 0 run/p1.0 [h1,h2]',
      'SectionStarted run/p1.0.rollback/undo-deploy 1000',
      'StepStarted run/p1.0.rollback/undo-deploy/undo [h1,h2]',
    ]);
    expect(play.finish().execution.status).toBe('FAILED');
    expect(play.execution.runs[0]?.rollback).toMatchObject({ cause: null, actor: 'me', result: 'SUCCESS' });
  });

  it('names themselves when they give no reason', () => {
    expect(told(running().give({ input: 'rollback', actor: 'me', reason: '' }))[0]).toBe(
      'RollbackStarted run null me WORKFLOW CANCELED: rolled back by me',
    );
  });

  it('ends at once what no agent has yet', () => {
    const play = new Play(oneStep());
    expect(
      toldOf(play.give({ input: 'rollback', actor: 'me', reason: 'no good' }), 'AttemptEnded', 'RunEnded'),
    ).toEqual([
      'AttemptEnded run/p1.0/deploy/install@h1#1 CANCELED(CANCELED: no good) {"touched":false,"confirmed":true}',
      'RunEnded run FAILED null',
    ]);
    expect(play.execution.runs[0]?.rollback?.result).toBe('NOTHING');
  });

  it('aborts what only waits for the lock: there is nothing to go back from', () => {
    const play = new Play(simplePlan({ run: { lock: { keys: ['k'], queueLimit: 1, timeoutMs: 100 } } }));
    play.give({ input: 'rollback', actor: 'me', reason: 'no good' });
    expect(play.execution.runs[0]).toMatchObject({ status: 'ABORTED', rollback: null, abort: { reason: 'no good' } });
  });

  const refused = (why: string) => [`InputRejected rollback ILLEGAL_STATE: ${why}`];
  const rollback = { input: 'rollback', actor: 'me', reason: '' } as const;
  const cases: readonly Case[] = [
    {
      name: 'is refused after the end',
      given: () => new Play(oneStep()).run(),
      when: rollback,
      then: refused('it has ended already'),
    },
    {
      name: 'is refused during an abort',
      given: () => {
        const play = running();
        play.give({ input: 'abort', actor: 'me', reason: '' });
        return play;
      },
      when: rollback,
      then: refused('it is being aborted'),
    },
    {
      name: 'is refused during a rollback',
      given: () => {
        const play = running();
        play.give(rollback);
        return play;
      },
      when: rollback,
      then: refused('it is rolling back already'),
    },
    {
      name: 'is refused for what cannot be taken back while it runs',
      given: () => new Play(oneStepOf({ type: 'BUILD' })).run(silent),
      when: rollback,
      then: refused(
        'a build workflow over SSH cannot be rolled back while it runs; what can: basic, rolling, canary, blue-green, multi-service',
      ),
    },
    {
      name: 'is refused for a rollback',
      given: () => new Play(oneStepOf({ undoing: true })).run(silent),
      when: rollback,
      then: refused('it is a rollback itself, and that is never rolled back; it can be aborted'),
    },
    {
      name: 'is refused for a run that is not in it',
      given: running,
      when: { ...rollback, runId: 'x1/other' },
      then: refused('there is no run x1/other in it'),
    },
  ];
  it.each(cases)('$name', check);

  it('waits for a lost agent before undoing what it may still be doing', () => {
    const play = new Play(oneStep({ timeoutMs: 10_000 })).run(silent);
    play.give({ input: 'agentLost', attemptId: ATTEMPT, agentId: 'a1', reason: 'gone' });
    play.give(rollback);
    expect(play.execution.runs[0]?.phases).toHaveLength(1);
    play.give({ input: 'outcomeFound', attemptId: ATTEMPT, by: 'a2', result: succeeded });
    expect(play.execution.runs[0]?.phases).toHaveLength(2);
  });
});

it('a step after the failing one is never started', () => {
  const steps: readonly StepPlan[] = [stepPlan('a'), stepPlan('b')];
  const play = new Play(onePhase([sectionPlan('deploy', steps), sectionPlan('later', [stepPlan('c')])]));
  play.finish(() => failed());
  expect(toldOf(play.events, 'StepStarted')).toEqual(['StepStarted run/p1.0/deploy/a [h1]']);
});
