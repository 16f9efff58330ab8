import { describe, expect, it } from 'vitest';
import {
  agentStep,
  onePhase,
  oneStep,
  onFailure,
  phasePlan,
  plan,
  retryTimes,
  runPlan,
  sectionPlan,
  simplePlan,
  stepPlan,
} from '../../../test/support/plans.ts';
import { failed, Play, succeeded, told, toldOf } from '../../../test/support/play.ts';
import type { Input } from '../inputs.ts';
import { nextDeadline } from '../next-deadline.ts';
import { openAttempts } from '../open-attempts.ts';

const pause: Input = { input: 'pause', actor: 'me', reason: 'lunch' };
const resume: Input = { input: 'resume', actor: 'you' };
const silent = () => null;

function give(play: Play, ...inputs: readonly Input[]): Play {
  for (const input of inputs) play.give(input);
  return play;
}

const begun = (play: Play): readonly string[] =>
  toldOf(play.events, 'RunStarted', 'LockRequested', 'PhaseStarted', 'SectionStarted', 'StepStarted', 'StepRetried');

describe('a pause', () => {
  it('lets what runs come to its end, and begins nothing after it', () => {
    const play = give(new Play(simplePlan()).run(silent), pause);
    const before = begun(play);
    play.report();
    expect(toldOf(play.events, 'StepEnded').at(-1)).toBe('StepEnded run/p1.0/deploy/install SUCCESS null null');
    expect([begun(play), openAttempts(play.execution.runs[0] ?? never()), nextDeadline(play.execution)]).toEqual([
      before,
      [],
      null,
    ]);
    give(play, resume);
    expect(play.finish().execution.status).toBe('SUCCESS');
  });

  it('ends with the execution, when nothing is left to begin', () => {
    const play = give(new Play(oneStep()).run(silent), pause).report();
    expect(play.execution.status).toBe('SUCCESS');
  });

  it.each([
    [
      'of the lock',
      plan([
        runPlan([phasePlan('p1', [])], {
          pre: sectionPlan('pre', [agentStep('a')]),
          lock: { keys: ['k'], queueLimit: 1, timeoutMs: 9_000 },
        }),
      ]),
    ],
    ['of the next section', onePhase([sectionPlan('s', [agentStep('a')]), sectionPlan('t', [agentStep('b')])])],
    ['of the next step', onePhase([sectionPlan('s', [agentStep('a'), agentStep('b')])])],
    [
      'of a step that waits for its time',
      onePhase([sectionPlan('s', [agentStep('a'), agentStep('b', { waitMs: 500 })])]),
    ],
    [
      'of the next phase',
      plan([
        runPlan([
          phasePlan('p1', [sectionPlan('s', [agentStep('a')])]),
          phasePlan('p2', [sectionPlan('s', [agentStep('b')])]),
        ]),
      ]),
    ],
    [
      'of a next phase that has nothing to do',
      plan([
        runPlan([
          phasePlan('p1', [sectionPlan('s', [agentStep('a')])]),
          phasePlan('p2', [sectionPlan('s', [agentStep('b')])], { skipped: 'no host is left' }),
        ]),
      ]),
    ],
    [
      'of post-deployment',
      onePhase([sectionPlan('s', [agentStep('a')])], { run: { post: sectionPlan('post', [agentStep('b')]) } }),
    ],
  ])('comes before the beginning %s', (_, planned) => {
    const play = give(new Play(planned).run(silent), pause);
    const before = begun(play);
    play.report();
    play.pass(1_000);
    expect(begun(play)).toEqual(before);
    give(play, resume);
    expect(begun(play).length).toBeGreaterThan(before.length);
    expect(play.finish().execution.status).toBe('SUCCESS');
  });

  it('comes before the next stage', () => {
    const run = (id: string) => runPlan([phasePlan('p1', [sectionPlan('s', [agentStep('a')])])], { id });
    const stages = [run('r1'), run('r2')].map((each, index) => ({ id: `s${index}`, name: `${index}`, runs: [each] }));
    const play = give(new Play(plan([], { stages })).run(silent), pause).report();
    expect(play.execution.runs.map((each) => each.status)).toEqual(['SUCCESS', 'QUEUED']);
    expect(give(play, resume).finish().execution.status).toBe('SUCCESS');
  });

  it.each([
    ['a retry', oneStep({}, { failureStrategies: [retryTimes(1, 100)] }), 'StepRetried'],
    ['a rollback', simplePlan(), 'RollbackStarted'],
    ['an abort', oneStep({}, { failureStrategies: [onFailure('ABORT')] }), 'AbortRequested'],
    ['a question to a person', oneStep({}, { failureStrategies: [onFailure('MANUAL_INTERVENTION')] }), 'StepWaiting'],
  ] as const)('comes before %s that would follow from a failure', (_, planned, event) => {
    const play = give(new Play(planned).run(silent), pause).report(() => failed());
    play.pass(1_000);
    expect(toldOf(play.events, event)).toEqual([]);
    expect(nextDeadline(play.execution)).toBeNull();
    give(play, resume);
    expect(toldOf(play.events, event)).toHaveLength(1);
  });

  it('does not stop the time of what waits for a person, and what follows then is done', () => {
    const strategy = onFailure('MANUAL_INTERVENTION', {
      manual: { timeoutMs: 500, afterTimeout: 'ROLLBACK_WORKFLOW' },
    });
    const rollback = [sectionPlan('undo', [stepPlan('undo')])];
    const deploy = sectionPlan('deploy', [stepPlan('install')], { failureStrategies: [strategy] });
    const play = new Play(onePhase([deploy], { phase: { rollback } })).run(() => failed());
    give(play, pause);
    expect(play.wait().now).toBe(1_500);
    expect(play.finish().execution.runs[0]?.rollback?.result).toBe('SUCCESS');
  });

  it.each(['abort', 'rollback'] as const)('does not stop an %s', (input) => {
    const play = give(new Play(simplePlan()).run(silent), pause).report();
    give(play, { input, actor: 'me', reason: 'enough' });
    play.finish();
    expect(play.execution.status).toBe(input === 'abort' ? 'ABORTED' : 'FAILED');
    expect(play.execution.runs[0]?.rollback?.result).toBe(input === 'abort' ? undefined : 'SUCCESS');
  });

  it('says who asked for it and why, until it is resumed', () => {
    const play = give(new Play(oneStep()).run(silent), pause);
    expect(play.execution.pause).toEqual({ actor: 'me', reason: 'lunch', at: 1_000 });
    expect(told(play.give(resume))).toEqual(['Resumed you']);
    expect(play.execution.pause).toBeNull();
  });

  it('keeps a lock that comes meanwhile, and lets it be', () => {
    const lock = { keys: ['k'], queueLimit: 1, timeoutMs: 60_000 };
    const play = new Play(onePhase([sectionPlan('s', [agentStep('a')])], { run: { lock } }));
    give(play, pause, {
      input: 'lockAnswered',
      runId: 'x1/run',
      requestId: 'x1/run',
      answer: { state: 'HELD', fences: {} },
    });
    expect([play.execution.runs[0]?.lock?.state, play.execution.runs[0]?.phases]).toEqual(['HELD', []]);
    expect(give(play, resume).run(() => succeeded).execution.status).toBe('SUCCESS');
  });
});

describe('a pause that is asked for', () => {
  const both = (): Play => {
    const run = (id: string) => runPlan([phasePlan('p1', [sectionPlan('s', [stepPlan('install')])])], { id });
    return new Play(plan([run('a'), run('b')])).run(silent);
  };
  const abort = (runId?: string): Input => ({
    input: 'abort',
    actor: 'ann',
    reason: 'enough',
    ...(runId === undefined ? {} : { runId }),
  });
  const back = (runId: string): Input => ({ input: 'rollback', actor: 'ann', reason: 'back', runId });
  const no = (input: string, why: string) => [`InputRejected ${input} ILLEGAL_STATE: ${why}`];

  it.each<[string, () => Play, Input, readonly string[]]>([
    ['after the end', () => new Play(oneStep()).run(), pause, no('pause', 'it has ended already')],
    ['twice', () => give(both(), pause), { ...pause, actor: 'bob' }, no('pause', 'it was paused already, by me')],
    ['during an abort', () => give(both(), abort()), pause, no('pause', 'it is being aborted')],
    ['when one of two is aborted', () => give(both(), abort('x1/a')), pause, ['PauseRequested me lunch']],
    [
      'when all that has not ended is aborted',
      () =>
        give(
          both().report((id) => (id.startsWith('x1/a') ? succeeded : null)),
          abort(),
        ),
      pause,
      no('pause', 'it is being aborted'),
    ],
    [
      'when all goes back',
      () => give(both(), back('x1/a'), back('x1/b')),
      pause,
      no('pause', 'it is rolling back, which is never paused; it can be aborted'),
    ],
    [
      'when one goes back and the other is aborted',
      () => give(both(), back('x1/a'), abort('x1/b')),
      pause,
      no('pause', 'it is rolling back, which is never paused; it can be aborted'),
    ],
    ['when one of two goes back', () => give(both(), back('x1/a')), pause, ['PauseRequested me lunch']],
  ])('%s', (_, come, when, then) => {
    expect(told(come().give(when))).toEqual(then);
  });

  it.each<[string, () => Play, readonly string[]]>([
    [
      'after the end',
      () => give(new Play(oneStep()).run(silent), pause).report(),
      no('resume', 'it has ended already'),
    ],
    ['without one', both, no('resume', 'it is not paused')],
    ['during an abort', () => give(both(), pause, abort()), no('resume', 'it is being aborted')],
    ['when one of two is aborted', () => give(both(), pause, abort('x1/a')), ['Resumed you']],
  ])('and one that ends, %s', (_, come, then) => {
    expect(told(come().give(resume))).toEqual(then);
  });

  it('and one that ends, when what has not ended is aborted', () => {
    const play = give(both(), pause).report((id) => (id.startsWith('x1/a') ? succeeded : null));
    expect(play.execution.runs.map((run) => run.status)).toEqual(['SUCCESS', 'RUNNING']);
    give(play, abort());
    expect(told(play.give(resume))).toEqual(no('resume', 'it is being aborted'));
  });
});

function never(): never {
  throw new Error('there is no run');
}
