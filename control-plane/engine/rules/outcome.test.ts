import { describe, expect, it } from 'vitest';
import {
  agentStep,
  ATTEMPT,
  hostNamed,
  hostNames,
  oneStep,
  onePhase,
  onFailure,
  retryTimes,
  rollbackOnAnything,
  sectionPlan,
  stepPlan,
} from '../../../test/support/plans.ts';
import { failed, failedWith, Play, succeeded, toldOf } from '../../../test/support/play.ts';
import type { FailureAction, FailureStrategy, RunPlan } from '../plan.ts';

const silent = () => null;

/** What became of a run whose only step fails in this way, with these strategies of its section and of the workflow. */
function followed(
  section: readonly FailureStrategy[],
  workflow: readonly FailureStrategy[],
  result = failedWith('CONNECTION_LOST'),
): string {
  const play = new Play(
    onePhase([sectionPlan('deploy', [stepPlan('install')], { failureStrategies: section })], {
      run: { failureStrategies: workflow },
    }),
  ).finish(() => result);
  const run = play.execution.runs[0];
  return [run?.status, ...(run?.rollback == null ? [] : [run.rollback.scope])].join(' ');
}

describe('the strategy in force', () => {
  const ignore = onFailure('IGNORE');
  const abort = onFailure('ABORT');
  const rollback = rollbackOnAnything;
  const only = (strategy: FailureStrategy, ...types: FailureStrategy['types']) => ({ ...strategy, types });

  it.each<[string, readonly FailureStrategy[], readonly FailureStrategy[], string]>([
    ['is to roll back where none is given', [], [], 'FAILED WORKFLOW'],
    ['is the workflow’s', [], [ignore], 'SUCCESS'],
    ['is the section’s before the workflow’s', [abort], [ignore], 'ABORTED'],
    ['is the first that matches', [], [only(abort, 'TIMEOUT', 'AUTHENTICATION'), ignore, rollback], 'SUCCESS'],
    ['is the first that matches, of several', [], [only(abort, 'TIMEOUT', 'CONNECTIVITY'), ignore], 'ABORTED'],
    ['is the workflow’s where the section’s do not match', [only(abort, 'APPLICATION')], [ignore], 'SUCCESS'],
    ['is to roll back where none matches', [only(ignore, 'AGENT')], [only(ignore, 'TIMEOUT')], 'FAILED WORKFLOW'],
    ['is for the named steps', [{ ...ignore, steps: ['other', 'install'] }], [abort], 'SUCCESS'],
    ['is not for steps that are not named', [{ ...abort, steps: ['other'] }], [ignore], 'SUCCESS'],
    ['of a phase is for a deployment phase', [], [{ ...ignore, scope: 'PHASE' }, abort], 'SUCCESS'],
    ['of a phase may roll back the phase', [], [onFailure('ROLLBACK_PHASE', { scope: 'PHASE' })], 'FAILED PHASE'],
    ['may mark it as a success', [onFailure('MARK_SUCCESS')], [], 'SUCCESS'],
    ['may end the execution, which rolls back', [onFailure('END_EXECUTION')], [], 'FAILED WORKFLOW'],
    ['may stop retrying and go on to the next', [retryTimes(1), ignore], [abort], 'SUCCESS'],
    ['may go on from a retry to the workflow’s', [retryTimes(1)], [abort], 'ABORTED'],
    ['may go on from a retry to the default', [retryTimes(1)], [], 'FAILED WORKFLOW'],
    ['may be a retry that says nothing of how', [{ ...retryTimes(1), retry: null }], [abort], 'ABORTED'],
  ])('%s', (_, section, workflow, expected) => {
    expect(followed(section, workflow)).toBe(expected);
  });

  it.each(['pre', 'post'] as const)('of a phase is not for %s-deployment', (place) => {
    const run: Partial<RunPlan> = {
      [place]: sectionPlan(place, [agentStep('ask')]),
      failureStrategies: [onFailure('IGNORE', { scope: 'PHASE' }), onFailure('ABORT')],
    };
    expect(new Play(onePhase([], { run })).finish(() => failed()).execution.status).toBe('ABORTED');
  });
});

it('an abort that a strategy decides on is its own', () => {
  const play = new Play(oneStep({}, { failureStrategies: [onFailure('ABORT')] })).finish(() => failed());
  expect(toldOf(play.events, 'AbortRequested')).toEqual(['AbortRequested run failure strategy exit status 1']);
});

it('a phase can only be rolled back alone from inside of one', () => {
  const pre = sectionPlan('pre', [agentStep('make')], { failureStrategies: [onFailure('ROLLBACK_PHASE')] });
  const play = new Play(onePhase([], { run: { pre } })).finish(() => failed());
  expect(play.execution.runs[0]?.rollback?.scope).toBe('WORKFLOW');
});

describe('an ignored failure', () => {
  it('stays a failure of the step and is none of the section', () => {
    const play = new Play(oneStep({}, { failureStrategies: [onFailure('IGNORE')] })).run(() => failed());
    expect(toldOf(play.events, 'StepEnded', 'StepIgnored', 'SectionEnded')).toEqual([
      'StepEnded run/p1.0/deploy/install FAILED COMMAND_FAILED: exit status 1 null',
      'StepIgnored run/p1.0/deploy/install',
      'SectionEnded run/p1.0/deploy SUCCESS',
    ]);
  });

  it('marked as a success is one', () => {
    const play = new Play(oneStep({}, { failureStrategies: [onFailure('MARK_SUCCESS')] })).run(() => failed());
    expect(toldOf(play.events, 'StepEnded', 'StepIgnored', 'SectionEnded')).toEqual([
      'StepEnded run/p1.0/deploy/install SUCCESS COMMAND_FAILED: exit status 1 null',
      'SectionEnded run/p1.0/deploy SUCCESS',
    ]);
  });

  it('lets the next steps run', () => {
    const steps = [agentStep('a'), agentStep('b')];
    const play = new Play(onePhase([sectionPlan('s', steps, { failureStrategies: [onFailure('IGNORE')] })]));
    play.run(() => failed());
    expect(toldOf(play.events, 'StepIgnored')).toEqual(['StepIgnored run/p1.0/s/a', 'StepIgnored run/p1.0/s/b']);
    expect(play.execution.status).toBe('SUCCESS');
  });
});

describe('several failures', () => {
  /** Two steps side by side, each with a strategy of its own. */
  const both = (first: FailureAction, second: FailureAction) => {
    const strategy = (action: FailureAction, step: string) =>
      onFailure(action, { steps: [step], retry: action === 'RETRY' ? { count: 1, intervalsMs: [] } : null });
    const failureStrategies = [strategy(first, 'a'), strategy(second, 'b')];
    const section = sectionPlan('s', [agentStep('a'), agentStep('b')], { parallel: true, failureStrategies });
    return new Play(onePhase([section])).run((id) => (id.endsWith('#2') ? succeeded : failed()));
  };

  it.each<[FailureAction, FailureAction, string]>([
    ['ABORT', 'END_EXECUTION', 'ABORTED'],
    ['ABORT', 'ROLLBACK_WORKFLOW', 'ABORTED'],
    ['ROLLBACK_WORKFLOW', 'ROLLBACK_PHASE', 'FAILED WORKFLOW'],
    ['END_EXECUTION', 'ROLLBACK_PHASE', 'FAILED WORKFLOW'],
    ['ROLLBACK_PROVISIONER_AFTER_PHASES', 'ROLLBACK_PHASE', 'FAILED WORKFLOW'],
    ['ROLLBACK_PHASE', 'MANUAL_INTERVENTION', 'FAILED PHASE'],
    ['MANUAL_INTERVENTION', 'RETRY', 'RUNNING'],
    ['MANUAL_INTERVENTION', 'IGNORE', 'RUNNING'],
    ['ROLLBACK_PHASE', 'RETRY', 'FAILED PHASE'],
    ['RETRY', 'IGNORE', 'SUCCESS'],
    ['RETRY', 'MARK_SUCCESS', 'SUCCESS'],
    ['MARK_SUCCESS', 'IGNORE', 'SUCCESS'],
  ])('%s and %s of siblings: the most severe of them is done', (first, second, expected) => {
    for (const play of [both(first, second), both(second, first)]) {
      const run = play.execution.runs[0];
      expect([run?.status, ...(run?.rollback == null ? [] : [run.rollback.scope])].join(' ')).toBe(expected);
    }
  });

  it('of which one is retried leave the others alone until then', () => {
    const play = both('IGNORE', 'RETRY');
    expect(toldOf(play.events, 'StepRetried', 'StepIgnored', 'StepEnded')).toEqual([
      'StepRetried run/p1.0/s/b [-]',
      'StepEnded run/p1.0/s/b SUCCESS null null',
      'StepEnded run/p1.0/s/a FAILED COMMAND_FAILED: exit status 1 null',
      'StepIgnored run/p1.0/s/a',
    ]);
  });

  it('ended by one of them are all failures', () => {
    const play = both('ROLLBACK_WORKFLOW', 'IGNORE');
    expect(toldOf(play.events, 'StepEnded', 'StepIgnored', 'SectionEnded', 'RollbackStarted')).toEqual([
      'StepEnded run/p1.0/s/a FAILED COMMAND_FAILED: exit status 1 null',
      'StepEnded run/p1.0/s/b FAILED COMMAND_FAILED: exit status 1 null',
      'RollbackStarted run run/p1.0/s/a null WORKFLOW COMMAND_FAILED: exit status 1',
      'SectionEnded run/p1.0/s FAILED',
    ]);
  });

  it('of a step: one strategy for all hosts, the most severe', () => {
    const section = {
      failureStrategies: [onFailure('IGNORE', { types: ['CONNECTIVITY'] }), onFailure('ABORT')],
    };
    const fan = onePhase([sectionPlan('s', [stepPlan('a')], section)], {
      phase: { hosts: hostNames(3).map(hostNamed) },
    });
    const play = new Play(fan).run((id) => (id.includes('@h2') ? failed() : failedWith('UNREACHABLE')));
    play.finish();
    expect(play.execution.status).toBe('ABORTED');
    expect(play.execution.runs[0]?.phases[0]?.sections[0]?.steps[0]?.failure?.code).toBe('COMMAND_FAILED');
  });

  it('of two steps: only the one that a person decides on waits for one', () => {
    const strategies = [onFailure('MANUAL_INTERVENTION', { steps: ['a'] }), onFailure('IGNORE')];
    const steps = [stepPlan('a'), stepPlan('b')];
    const play = new Play(onePhase([sectionPlan('s', steps, { parallel: true, failureStrategies: strategies })]));
    play.run(() => failed());
    expect(toldOf(play.events, 'StepWaiting')).toHaveLength(1);
    expect(play.execution.runs[0]?.phases[0]?.sections[0]?.steps.map((step) => step.waiting?.on ?? null)).toEqual([
      'INTERVENTION',
      null,
    ]);
  });

  it('on several hosts cost only those that a strategy tolerates', () => {
    const strategies = [onFailure('ABORT', { types: ['CONNECTIVITY'], tolerate: { count: 1 } }), onFailure('IGNORE')];
    const play = new Play(
      onePhase([sectionPlan('s', [stepPlan('a')], { failureStrategies: strategies })], {
        phase: { hosts: hostNames(3).map(hostNamed) },
      }),
    ).finish((id) =>
      id.includes('@h1') ? failedWith('UNREACHABLE', false) : id.includes('@h2') ? failed() : succeeded,
    );
    expect(toldOf(play.events, 'HostsDropped')).toEqual(['HostsDropped run/p1.0 [h1]']);
    expect(play.execution.status).toBe('SUCCESS');
  });

  it('of a step: the first that happened is told', () => {
    const fan = onePhase([sectionPlan('s', [stepPlan('a')])], { phase: { hosts: hostNames(2).map(hostNamed) } });
    const play = new Play(fan).run(silent);
    play.now += 10;
    play.give({ input: 'finished', attemptId: 'x1/run/p1.0/s/a@h2#1', result: failedWith('DISK_FULL') });
    play.now += 10;
    play.give({ input: 'finished', attemptId: 'x1/run/p1.0/s/a@h1#1', result: failedWith('UNREACHABLE') });
    expect(play.execution.runs[0]?.failure?.code).toBe('DISK_FULL');
  });

  it('without a reason is one that was stopped', () => {
    const play = new Play(oneStep()).run(() => ({ outcome: 'CANCELED', touched: false, confirmed: true }));
    expect(play.execution.runs[0]?.failure).toEqual({ code: 'CANCELED', message: 'it was stopped' });
  });
});

describe('a retry', () => {
  const retries = (play: Play) => toldOf(play.events, 'StepRetried');
  const attempts = (play: Play) =>
    play.execution.runs[0]?.phases[0]?.sections[0]?.steps[0]?.tasks.map((task) => [task.target, task.attempts.length]);

  it('runs the failed hosts again, and only those', () => {
    const section = sectionPlan('s', [stepPlan('a')], { failureStrategies: [retryTimes(1)] });
    const play = new Play(onePhase([section], { phase: { hosts: hostNames(3).map(hostNamed) } }));
    play.run((id) => (id.endsWith('@h2#1') || id.endsWith('@h3#1') ? failed() : succeeded));
    expect(retries(play)).toEqual(['StepRetried run/p1.0/s/a [h2,h3]']);
    expect(attempts(play)).toEqual([
      ['h1', 1],
      ['h2', 2],
      ['h3', 2],
    ]);
    expect(play.execution.status).toBe('SUCCESS');
  });

  it('comes as often as it says, each after its interval, the last of which repeats', () => {
    const play = new Play(oneStep({}, { failureStrategies: [retryTimes(4, 1_000, 3_000)] }));
    const times: number[] = [];
    for (play.run(() => failed()); play.execution.endedAt === null; play.run(() => failed()))
      times.push(play.wait().now);
    expect(times).toEqual([2_000, 5_000, 8_000, 11_000]);
    expect(attempts(play)).toEqual([['h1', 5]]);
    expect(play.execution.status).toBe('FAILED');
  });

  it('comes at once without an interval, and not before its time with one', () => {
    expect(retries(new Play(oneStep({}, { failureStrategies: [retryTimes(1)] })).run(() => failed()))).toHaveLength(1);
    const later = new Play(oneStep({}, { failureStrategies: [retryTimes(1, 500)] })).run(() => failed());
    expect(later.pass(499)).toEqual([]);
    expect(retries(later)).toEqual([]);
    later.pass(1);
    expect(retries(later)).toHaveLength(1);
  });

  it('counts its interval from the end of the last host', () => {
    const section = sectionPlan('s', [stepPlan('a')], { failureStrategies: [retryTimes(1, 500)] });
    const play = new Play(onePhase([section], { phase: { hosts: hostNames(2).map(hostNamed) } })).run(silent);
    play.give({ input: 'finished', attemptId: 'x1/run/p1.0/s/a@h1#1', result: failed() });
    play.now += 2_000;
    play.give({ input: 'finished', attemptId: 'x1/run/p1.0/s/a@h2#1', result: succeeded });
    expect(retries(play)).toEqual([]);
    expect(play.wait().now).toBe(3_500);
    expect(retries(play)).toEqual(['StepRetried run/p1.0/s/a [h1]']);
  });

  it('that helps leaves no trace of failure', () => {
    const play = new Play(oneStep({}, { failureStrategies: [retryTimes(2, 10)] }));
    play.finish((id) => (id.endsWith('#1') ? failed() : succeeded));
    expect(play.execution.status).toBe('SUCCESS');
    expect(play.execution.runs[0]?.phases[0]?.sections[0]?.steps[0]).toMatchObject({
      status: 'SUCCESS',
      failure: null,
      retries: 1,
    });
  });

  it('of one step waits for no other', () => {
    const failureStrategies = [
      { ...retryTimes(1, 100), steps: ['a'] },
      { ...retryTimes(1, 300), steps: ['b'] },
    ];
    const section = sectionPlan('s', [agentStep('a'), agentStep('b')], { parallel: true, failureStrategies });
    const play = new Play(onePhase([section])).run(() => failed());
    play.wait();
    expect(retries(play)).toEqual(['StepRetried run/p1.0/s/a [-]']);
    play.run();
    expect(play.wait().now).toBe(1_300);
    expect(retries(play)).toEqual(['StepRetried run/p1.0/s/a [-]', 'StepRetried run/p1.0/s/b [-]']);
    expect(play.finish().execution.status).toBe('SUCCESS');
  });
});

describe('a step that could not start', () => {
  const impossible = { skip: '${workflow.nothing} == 1' };

  it('is not retried: the plan is fixed, so it would fail the same way', () => {
    const play = new Play(oneStep(impossible, { failureStrategies: [retryTimes(3), onFailure('ABORT')] })).finish();
    expect(toldOf(play.events, 'StepRetried')).toEqual([]);
    expect(play.execution.status).toBe('ABORTED');
  });

  it.each(['IGNORE', 'MARK_SUCCESS'] as const)('is passed over by %s', (action) => {
    const play = new Play(oneStep(impossible, { failureStrategies: [onFailure(action)] })).finish();
    expect(play.execution.status).toBe('SUCCESS');
    expect(play.execution.runs[0]?.phases[0]?.sections[0]?.steps[0]).toMatchObject({ status: 'FAILED', ignored: true });
  });
});

describe('an attempt whose end nobody saw', () => {
  const strategies = { failureStrategies: [retryTimes(3)] };
  const outOfTime = (play: Play) => play.run(silent).wait().wait();
  const lost = (play: Play): Play => {
    play.run(silent).give({ input: 'agentLost', attemptId: ATTEMPT, agentId: 'a1', reason: 'gone' });
    return play.wait().wait();
  };

  it.each([
    ['with a silent agent', outOfTime],
    ['with a lost agent', lost],
  ])('%s is not retried, for it may have run', (_, come) => {
    const play = come(new Play(oneStep({}, strategies)));
    expect(toldOf(play.events, 'StepRetried')).toEqual([]);
    expect(play.execution.status).toBe('FAILED');
  });

  it.each([
    ['with a silent agent', outOfTime],
    ['with a lost agent', lost],
  ])('%s is retried where running twice does no harm', (_, come) => {
    const play = come(new Play(oneStep({ idempotent: true }, strategies)));
    expect(toldOf(play.events, 'StepRetried')).toEqual(['StepRetried run/p1.0/deploy/install [h1]']);
  });

  it('is judged by its own step, whatever its siblings are', () => {
    const steps = [stepPlan('install', { idempotent: true }), agentStep('other')];
    const play = new Play(onePhase([sectionPlan('deploy', steps, strategies)]));
    expect(toldOf(outOfTime(play).events, 'StepRetried')).toEqual(['StepRetried run/p1.0/deploy/install [h1]']);
    const others = [stepPlan('install'), agentStep('other', { idempotent: true })];
    const fixed = new Play(onePhase([sectionPlan('deploy', others, strategies)]));
    expect(toldOf(outOfTime(fixed).events, 'StepRetried')).toEqual([]);
  });
});
