import { describe, expect, it } from 'vitest';
import {
  agentStep,
  hostNamed,
  hostNames,
  onePhase,
  oneStep,
  onFailure,
  phasePlan,
  plan,
  runPlan,
  sectionPlan,
  selectStep,
  simplePlan,
  stepPlan,
} from '../../../test/support/plans.ts';
import { failed, Play, succeeded, told, toldOf } from '../../../test/support/play.ts';

describe('an execution', () => {
  it('starts with its plan and goes on as far as it can by itself', () => {
    expect(told(new Play(simplePlan()).events)).toEqual([
      'ExecutionStarted plan r1 1',
      'RunStarted run',
      'PhaseStarted run/p1.0 FORWARD p1 Phase p1 0 null null',
      'SectionStarted run/p1.0/infra 1000',
      'HostsSelected run/p1.0 [h1,h2]',
      'StepEnded run/p1.0/infra/select SUCCESS null null',
      'SectionEnded run/p1.0/infra SUCCESS',
      'SectionStarted run/p1.0/deploy 1000',
      'StepStarted run/p1.0/deploy/install [h1,h2]',
    ]);
  });

  it('is started once', () => {
    const play = new Play(simplePlan());
    expect(play.give({ input: 'start', plan: simplePlan(), driver: 'r2', epoch: 2 })).toEqual([]);
  });

  it('without anything to do is skipped at once', () => {
    const play = new Play(onePhase([]));
    expect(told(play.events).slice(2)).toEqual([
      'PhaseStarted run/p1.0 FORWARD p1 Phase p1 0 null null',
      'PhaseEnded run/p1.0 SKIPPED',
      'RunEnded run SKIPPED null',
      'ExecutionEnded SKIPPED',
    ]);
  });
});

describe('a run', () => {
  it('goes through pre-deployment, its phases in their order, and post-deployment', () => {
    const phase = (id: string) => phasePlan(id, [sectionPlan('s', [agentStep('a')])]);
    const around = {
      pre: sectionPlan('before', [agentStep('check')]),
      post: sectionPlan('after', [agentStep('tell')]),
    };
    const play = new Play(plan([runPlan([phase('p1'), phase('p2')], around)])).run();
    expect(toldOf(play.events, 'PhaseStarted', 'PhaseEnded', 'RunEnded')).toEqual([
      'PhaseStarted run/pre.0 PRE pre before 0 null null',
      'PhaseEnded run/pre.0 SUCCESS',
      'PhaseStarted run/p1.0 FORWARD p1 Phase p1 0 null null',
      'PhaseEnded run/p1.0 SUCCESS',
      'PhaseStarted run/p2.0 FORWARD p2 Phase p2 0 null null',
      'PhaseEnded run/p2.0 SUCCESS',
      'PhaseStarted run/post.0 POST post after 0 null null',
      'PhaseEnded run/post.0 SUCCESS',
      'RunEnded run SUCCESS null',
    ]);
  });

  it('ends where pre-deployment fails: nothing was deployed', () => {
    const play = new Play(simplePlan({ run: { pre: sectionPlan('before', [agentStep('check')]) } })).run(() =>
      failed(),
    );
    expect(toldOf(play.events, 'PhaseStarted', 'PhaseEnded', 'RollbackEnded', 'RunEnded')).toEqual([
      'PhaseStarted run/pre.0 PRE pre before 0 null null',
      'PhaseEnded run/pre.0 FAILED',
      'RollbackEnded run NOTHING',
      'RunEnded run FAILED null',
    ]);
  });

  it('rolls its phases back where post-deployment fails', () => {
    const play = new Play(simplePlan({ run: { post: sectionPlan('after', [agentStep('tell')]) } }));
    play.run((id) => (id.includes('post.0') ? failed() : succeeded));
    expect(toldOf(play.events, 'PhaseEnded', 'RollbackEnded')).toEqual([
      'PhaseEnded run/p1.0 SUCCESS',
      'PhaseEnded run/post.0 FAILED',
      'PhaseEnded run/p1.0.rollback SUCCESS',
      'RollbackEnded run SUCCESS',
    ]);
  });

  it('goes on after an ignored failure of a phase', () => {
    const play = new Play(oneStep({}, { failureStrategies: [onFailure('IGNORE')] })).run(() => failed());
    expect(toldOf(play.events, 'PhaseEnded', 'RunEnded', 'ExecutionEnded')).toEqual([
      'PhaseEnded run/p1.0 SUCCESS',
      'RunEnded run SUCCESS null',
      'ExecutionEnded SUCCESS',
    ]);
  });
});

describe('a rolling phase among others', () => {
  const sections = [sectionPlan('infra', [selectStep({ count: 1 })]), sectionPlan('s', [stepPlan('a')])];
  const rolling = (id: string, hosts: number) =>
    phasePlan(id, sections, {
      rolling: true,
      hosts: hostNames(hosts).map(hostNamed),
      infrastructure: { id, name: id },
    });

  it('is finished before the next one starts', () => {
    const play = new Play(plan([runPlan([rolling('p1', 2), rolling('p2', 1), phasePlan('p3', [])])])).run();
    expect(play.execution.runs[0]?.phases.map((phase) => [phase.id, phase.name])).toEqual([
      ['x1/run/p1.0', 'Phase p1 (batch 1)'],
      ['x1/run/p1.1', 'Phase p1 (batch 2)'],
      ['x1/run/p2.0', 'Phase p2 (batch 1)'],
      ['x1/run/p3.0', 'Phase p3'],
    ]);
  });

  it('stops at a failing batch', () => {
    const play = new Play(plan([runPlan([rolling('p1', 4)])])).run((id) => (id.includes('@h2') ? failed() : succeeded));
    expect(play.execution.runs[0]?.phases.map((phase) => [phase.id, phase.status])).toEqual([
      ['x1/run/p1.0', 'SUCCESS'],
      ['x1/run/p1.1', 'FAILED'],
      ['x1/run/p1.1.rollback', 'SKIPPED'],
      ['x1/run/p1.0.rollback', 'SKIPPED'],
    ]);
  });

  it('goes on after an ignored failure of choosing its hosts', () => {
    const none = [sectionPlan('infra', [selectStep({ hosts: ['x'] })], { failureStrategies: [onFailure('IGNORE')] })];
    const play = new Play(plan([runPlan([phasePlan('p1', none, { rolling: true })])])).run();
    expect(play.execution.status).toBe('SUCCESS');
    expect(play.execution.runs[0]?.phases).toHaveLength(1);
  });
});

describe('settling', () => {
  it('comes when the summary is written, and the locks are free', () => {
    const play = new Play(oneStep());
    expect(play.give({ input: 'summaryWritten' })).toEqual([]);
    play.give({
      input: 'agentChosen',
      attemptId: 'x1/run/p1.0/deploy/install@h1#1',
      agentId: 'a',
      ledgerId: 'l',
      sessionId: 's',
    });
    const result = { outcome: 'SUCCESS', touched: true } as const;
    play.give({ input: 'finished', attemptId: 'x1/run/p1.0/deploy/install@h1#1', result });
    expect(play.execution).toMatchObject({ status: 'SUCCESS', settled: false });
    expect(told(play.give({ input: 'summaryWritten' }))).toEqual(['SummaryWritten', 'Settled']);
    expect(play.give({ input: 'summaryWritten' })).toEqual([]);
    expect(play.give({ input: 'tick' })).toEqual([]);
  });

  it('does not come twice where the lock is given back last', () => {
    const play = new Play(simplePlan({ run: { lock: { keys: ['k'], queueLimit: 1, timeoutMs: 9 } } })).run();
    expect(toldOf(play.events, 'SummaryWritten', 'LockReleased', 'Settled')).toHaveLength(3);
    expect(play.give({ input: 'lockReleased', runId: 'x1/run', requestId: 'x1/run' })).toEqual([]);
  });
});

describe('a phase that is not to run', () => {
  it('is opened and skipped, with the reason, and the next has its turn', () => {
    const phases = ['p1', 'p2'].map((id) =>
      phasePlan(id, [sectionPlan('do', [agentStep('it')])], id === 'p1' ? {} : { skipped: 'only h1 was asked for' }),
    );
    const play = new Play(plan([runPlan(phases, { post: sectionPlan('post', [agentStep('after')]) })])).run();
    expect(play.execution.runs[0]?.phases.map(({ planId, status, skipped }) => [planId, status, skipped])).toEqual([
      ['p1', 'SUCCESS', null],
      ['p2', 'SKIPPED', 'only h1 was asked for'],
      ['post', 'SUCCESS', null],
    ]);
    expect(play.execution.status).toBe('SUCCESS');
  });
});
