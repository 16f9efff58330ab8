import { describe, expect, it } from 'vitest';
import { failure } from '@fairlead/proto/model/failure.ts';
import { ATTEMPT, oneStep, onePhase, sectionPlan, simplePlan, stepPlan } from '../../../test/support/plans.ts';
import { check, Play, told, toldOf, type Case } from '../../../test/support/play.ts';
import { LIMITS } from '../limits.ts';
import { openAttempts } from '../open-attempts.ts';
import { nextExpiry } from './expire.ts';

const silent = () => null;
const it1 = ATTEMPT.slice('x1/'.length);
const tick = { input: 'tick' } as const;
const started = () => new Play(oneStep({ timeoutMs: 10_000, cancelGraceMs: 500 })).run(silent);
const STOPPED_MS = 10_500;
const overdue = (): Play => {
  const play = started();
  play.pass(STOPPED_MS + LIMITS.overdueMs);
  return play;
};
const lost = (): Play => {
  const play = started();
  play.give({ input: 'agentLost', attemptId: ATTEMPT, agentId: 'a1', reason: 'gone' });
  return play;
};
const nobody = (): Play => {
  const play = new Play(oneStep());
  play.give({ input: 'noAgent', attemptId: ATTEMPT, failure: failure('NO_ELIGIBLE_AGENT', 'none') });
  return play;
};
const failing = (code: string, extras = '') => [
  `AttemptEnded ${it1} FAILED(${code}) {"touched":${extras === '' ? 'true' : extras}}`,
];
const cut = (lines: readonly string[]): readonly string[] => lines.slice(0, 1);

describe('the limits', () => {
  it('keep their order: an abort within two seconds, and stopping comes before giving up', () => {
    expect(LIMITS).toEqual({
      abortMs: 1_500,
      interventionMs: 14 * 24 * 3_600_000,
      noAgentMs: 300_000,
      overdueMs: 5_000,
      lostForGoodMs: 30_000,
      planningMs: 600_000,
    });
  });
});

describe('an attempt', () => {
  const cases: readonly Case[] = [
    {
      name: 'is let be until it should be over',
      given: started,
      afterMs: STOPPED_MS + LIMITS.overdueMs - 1,
      when: tick,
      then: [],
    },
    {
      name: 'that should be over is asked to stop',
      given: started,
      afterMs: STOPPED_MS + LIMITS.overdueMs,
      when: tick,
      then: [`CancelRequested ${it1} its time is over`],
    },
    {
      name: 'is asked once',
      given: overdue,
      afterMs: LIMITS.lostForGoodMs - LIMITS.overdueMs - 1,
      when: tick,
      then: [],
    },
    {
      name: 'that is unknown is asked as well, should its agent come back',
      given: lost,
      afterMs: STOPPED_MS + LIMITS.overdueMs,
      when: tick,
      then: [`CancelRequested ${it1} its time is over`],
    },
    { name: 'without an agent waits', given: nobody, afterMs: LIMITS.noAgentMs - 1, when: tick, then: [] },
    {
      name: 'that nobody missed an agent for waits',
      given: () => new Play(oneStep()),
      afterMs: 99_999_999,
      when: tick,
      then: [],
    },
  ];
  it.each(cases)('$name', check);

  it.each([
    [
      'of a silent agent is taken as out of time',
      overdue,
      'STEP_TIMEOUT: its agent did not report before the deadline',
    ],
    [
      'of a lost agent is taken as unknown for good',
      lost,
      'OUTCOME_UNKNOWN: its agent was lost and did not come back before the deadline; look at the target',
    ],
  ])('%s when nothing can run any more', (_, come, code) => {
    const play = come();
    play.now = 1_000 + STOPPED_MS + LIMITS.lostForGoodMs;
    expect(cut(told(play.give(tick)))).toEqual(failing(code));
    expect(play.execution.runs[0]?.status).toBe('FAILED');
  });

  it('is given up even when nobody came to ask it to stop', () => {
    const play = started();
    play.pass(STOPPED_MS + LIMITS.lostForGoodMs);
    expect(toldOf(play.events, 'CancelRequested')).toEqual([]);
    expect(toldOf(play.events, 'AttemptEnded')).toHaveLength(1);
    const attempt = play.execution.runs[0]?.phases[0]?.sections[0]?.steps[0]?.tasks[0]?.attempts[0];
    expect(attempt?.result?.failure?.details).toEqual({ confirmed: false });
  });

  it('without an agent fails when patience is over', () => {
    const play = nobody();
    play.pass(LIMITS.noAgentMs);
    expect(toldOf(play.events, 'AttemptEnded')).toEqual(failing('NO_ELIGIBLE_AGENT: none', 'false'));
    expect(play.execution.status).toBe('FAILED');
    expect(play.execution.runs[0]?.rollback?.result).toBe('NOTHING');
  });

  it('ends before the input that comes at the same time is heard', () => {
    const play = started();
    play.now += STOPPED_MS + LIMITS.lostForGoodMs;
    play.give({ input: 'finished', attemptId: ATTEMPT, result: { outcome: 'SUCCESS', touched: true } });
    expect(play.execution.status).toBe('FAILED');
  });

  it('of an ended run is still given up: ended is not settled', () => {
    const play = started();
    play.give({ input: 'abort', actor: 'me', reason: 'enough' });
    play.wait();
    play.give({ input: 'summaryWritten' });
    expect(play.execution).toMatchObject({ status: 'ABORTED', settled: false });
    play.wait();
    expect(play.now).toBe(1_000 + STOPPED_MS + LIMITS.lostForGoodMs);
    expect(play.execution.settled).toBe(true);
  });
});

describe('open attempts', () => {
  it('are all that have not ended, of every step and host', () => {
    const play = new Play(simplePlan()).run((id) =>
      id.includes('@h1') ? null : { outcome: 'SUCCESS', touched: true },
    );
    const open = play.execution.runs.flatMap((run) => openAttempts(run));
    expect(open.map((attempt) => [attempt.id, attempt.state])).toEqual([
      ['x1/run/p1.0/deploy/install@h1#1', 'STARTED'],
    ]);
  });

  it('expire one by one, the next of them first', () => {
    const steps = [stepPlan('a', { timeoutMs: 100 }), stepPlan('b', { timeoutMs: 50 })];
    const play = new Play(onePhase([sectionPlan('s', steps, { parallel: true })])).run(silent);
    expect(nextExpiry(play.execution)).toBe(1_000 + 50 + 1_000 + LIMITS.overdueMs);
    expect(told(play.wait().events).at(-1)).toBe('CancelRequested run/p1.0/s/b@h1#1 its time is over');
    expect(nextExpiry(play.execution)).toBe(1_000 + 100 + 1_000 + LIMITS.overdueMs);
  });
});
