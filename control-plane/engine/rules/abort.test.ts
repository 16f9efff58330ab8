import { describe, expect, it } from 'vitest';
import { failure } from '@fairlead/proto/model/failure.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import {
  agentStep,
  ATTEMPT,
  oneStep,
  onePhase,
  retryTimes,
  sectionPlan,
  simplePlan,
  stepPlan,
} from '../../../test/support/plans.ts';
import { check, failed, Play, succeeded, told, toldOf, type Case } from '../../../test/support/play.ts';
import type { Input } from '../inputs.ts';
import { LIMITS } from '../limits.ts';

const silent = () => null;
const it1 = ATTEMPT.slice('x1/'.length);
const abort: Input = { input: 'abort', actor: 'me', reason: 'enough' };
const chosen: Input = { input: 'agentChosen', attemptId: ATTEMPT, agentId: 'a1', ledgerId: 'l1', sessionId: 's1' };
const lost: Input = { input: 'agentLost', attemptId: ATTEMPT, agentId: 'a1', reason: 'gone' };
const give = (play: Play, ...inputs: readonly Input[]): Play => {
  for (const input of inputs) play.give(input);
  return play;
};

const locked = () => new Play(simplePlan({ run: { lock: { keys: ['k'], queueLimit: 1, timeoutMs: 60_000 } } }));
const queued = () =>
  give(locked(), {
    input: 'lockAnswered',
    runId: 'x1/run',
    requestId: 'x1/run',
    answer: { state: 'QUEUED', position: 2 },
  });
const nobody: Input = { input: 'noAgent', attemptId: ATTEMPT, failure: failure('NO_ELIGIBLE_AGENT', 'none') };
const running = () => new Play(oneStep()).run(silent);
const rollingBack = () =>
  new Play(simplePlan()).run((id) => (id.includes('undo') ? null : id.includes('install') ? failed() : succeeded));
const retrying = () => new Play(oneStep({}, { failureStrategies: [retryTimes(1, 9_000)] })).run(() => failed());

/** Every state an execution can be found in while it is open. */
const STATES: readonly (readonly [string, () => Play])[] = [
  ['waiting for the lock', locked],
  ['queued for the lock', queued],
  ['waiting for an agent', () => new Play(oneStep())],
  ['without any agent', () => give(new Play(oneStep()), nobody)],
  ['assigned', () => give(new Play(oneStep()), chosen)],
  ['running', running],
  ['with a lost agent', () => give(running(), lost)],
  ['overdue', () => running().wait()],
  ['in a wait of a section', () => new Play(oneStep({}, { waitMs: 60_000 }))],
  ['in a wait of a step', () => new Play(oneStep({ waitMs: 60_000 }))],
  ['between retries', retrying],
  [
    'in pre-deployment',
    () => new Play(onePhase([], { run: { pre: sectionPlan('pre', [agentStep('a')]) } })).run(silent),
  ],
  [
    'in post-deployment',
    () => new Play(onePhase([], { run: { post: sectionPlan('post', [agentStep('a')]) } })).run(silent),
  ],
  ['rolling back', rollingBack],
  ['stopping for a rollback', () => give(running(), { input: 'rollback', actor: 'you', reason: '' })],
  ['aborting', () => give(running(), { ...abort, actor: 'you' })],
];

describe('an abort', () => {
  it.each(STATES)('of an execution %s reaches ABORTED in time, with everybody silent', (_, come) => {
    const play = come();
    const finished = play.execution.runs[0]?.phases.length;
    play.give(abort);
    if (!isTerminal(play.execution.status)) play.pass(LIMITS.abortMs);
    expect(play.execution.status).toBe('ABORTED');
    expect(play.execution.runs[0]?.phases.length, 'nothing was begun for it').toBe(finished);
    expect(play.execution.runs[0]?.status).toBe('ABORTED');
    expect(play.execution.runs[0]?.failure).toEqual(failure('CANCELED', 'enough'));
  });

  it.each(STATES)('of an execution %s settles once all is confirmed', (_, come) => {
    const play = come();
    play.give(abort);
    expect(play.finish().execution.settled).toBe(true);
    expect(play.execution.status).toBe('ABORTED');
  });

  const cases: readonly Case[] = [
    {
      name: 'ends at once what no agent has',
      given: () => new Play(oneStep()),
      when: abort,
      then: [
        'AbortRequested run me enough',
        `AttemptEnded ${it1} CANCELED(CANCELED: enough) {"touched":false,"confirmed":true}`,
        'StepEnded run/p1.0/deploy/install ABORTED null null',
        'SectionEnded run/p1.0/deploy ABORTED',
        'PhaseEnded run/p1.0 ABORTED',
        'RunEnded run ABORTED CANCELED: enough',
        'ExecutionEnded ABORTED',
      ],
    },
    {
      name: 'asks agents to stop what they have',
      given: running,
      when: abort,
      then: ['AbortRequested run me enough', `CancelRequested ${it1} enough`],
    },
    {
      name: 'asks for nothing twice',
      given: () => running().wait(),
      when: abort,
      then: ['AbortRequested run me enough'],
    },
    { name: 'is asked for once', given: () => give(running(), abort), when: { ...abort, actor: 'you' }, then: [] },
    {
      name: 'is not over before its time',
      given: () => give(running(), abort),
      afterMs: LIMITS.abortMs - 1,
      when: { input: 'tick' },
      then: [],
    },
    {
      name: 'is over in time, and what still runs stays open',
      given: () => give(running(), abort),
      afterMs: LIMITS.abortMs,
      when: { input: 'tick' },
      then: [
        'StepEnded run/p1.0/deploy/install ABORTED null null',
        'SectionEnded run/p1.0/deploy ABORTED',
        'PhaseEnded run/p1.0 ABORTED',
        'RunEnded run ABORTED CANCELED: enough',
        'ExecutionEnded ABORTED',
      ],
    },
    {
      name: 'of what has ended is refused',
      given: () => new Play(oneStep()).run(),
      when: abort,
      then: ['InputRejected abort ILLEGAL_STATE: it has ended already'],
    },
    {
      name: 'of a run that is not in it is refused',
      given: running,
      when: { ...abort, runId: 'x1/other' },
      then: ['InputRejected abort ILLEGAL_STATE: there is no run x1/other in it'],
    },
  ];
  it.each(cases)('$name', check);

  it('runs no rollback and nothing after it', () => {
    const play = new Play(simplePlan()).run(silent);
    play.give(abort);
    play.finish();
    expect(play.execution.runs[0]?.phases.map((phase) => [phase.kind, phase.status])).toEqual([['FORWARD', 'ABORTED']]);
    expect(play.execution.runs[0]?.rollback).toBeNull();
  });

  it('of a rollback stops it where it is', () => {
    const play = rollingBack();
    play.give(abort);
    play.wait();
    expect(toldOf(play.events, 'RollbackEnded', 'RunEnded')).toEqual([
      'RollbackEnded run PARTIAL',
      'RunEnded run ABORTED CANCELED: enough',
    ]);
    expect(play.execution.runs[0]?.phases.map((phase) => [phase.kind, phase.status])).toEqual([
      ['FORWARD', 'FAILED'],
      ['ROLLBACK', 'ABORTED'],
    ]);
  });

  it('closes only what is open', () => {
    const parallel = sectionPlan('two', [stepPlan('b'), stepPlan('c')], { parallel: true });
    const play = new Play(onePhase([sectionPlan('one', [stepPlan('a')]), parallel]));
    play.run((id) => (id.includes('/c@') ? null : succeeded));
    play.give(abort);
    expect(told(play.pass(LIMITS.abortMs))).toEqual([
      'StepEnded run/p1.0/two/c ABORTED null null',
      'SectionEnded run/p1.0/two ABORTED',
      'PhaseEnded run/p1.0 ABORTED',
      'RunEnded run ABORTED CANCELED: enough',
      'ExecutionEnded ABORTED',
    ]);
  });

  it('is followed by what agents still report, and then it settles', () => {
    const play = give(running(), abort).wait();
    expect(play.commands.map((command) => command.id)).toEqual([`${ATTEMPT}/cancel.1`, 'x1/summary']);
    play.give({ input: 'summaryWritten' });
    expect(play.execution.settled).toBe(false);
    expect(told(play.give({ input: 'finished', attemptId: ATTEMPT, result: succeeded }))).toEqual([
      `AttemptEnded ${it1} SUCCESS {"touched":true}`,
      'Settled',
    ]);
    expect(play.execution.runs[0]?.phases[0]?.sections[0]?.steps[0]).toMatchObject({ status: 'ABORTED' });
    expect(play.execution.runs[0]?.phases[0]?.sections[0]?.steps[0]?.tasks[0]?.status).toBe('SUCCESS');
  });
});
