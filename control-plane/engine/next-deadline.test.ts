import { describe, expect, it } from 'vitest';
import {
  ATTEMPT,
  onePhase,
  oneStep,
  plan,
  phasePlan,
  retryTimes,
  runPlan,
  sectionPlan,
  simplePlan,
  stepPlan,
} from '../../test/support/plans.ts';
import { failed, Play, succeeded } from '../../test/support/play.ts';
import { LIMITS } from './limits.ts';
import { nextDeadline } from './next-deadline.ts';

const dueAfter = (play: Play): number | null => {
  const at = nextDeadline(play.execution);
  return at === null ? null : at - play.now;
};
const silent = () => null;

describe('the next deadline', () => {
  it('is none while an agent is looked for that nobody missed yet, and after the end', () => {
    expect(nextDeadline(new Play(oneStep()).execution)).toBeNull();
    expect(nextDeadline(new Play(oneStep()).finish().execution)).toBeNull();
  });

  it('is the end of the patience with having no agent, counted from when that was first said', () => {
    const play = new Play(oneStep());
    play.give({ input: 'noAgent', attemptId: ATTEMPT, failure: { code: 'NO_ELIGIBLE_AGENT', message: 'none' } });
    expect(dueAfter(play)).toBe(LIMITS.noAgentMs);
    play.now += 100;
    play.give({ input: 'noAgent', attemptId: ATTEMPT, failure: { code: 'NO_ELIGIBLE_AGENT', message: 'still none' } });
    expect(dueAfter(play)).toBe(LIMITS.noAgentMs - 100);
  });

  it('is none while an assignment is not started: its agent answers, or is lost', () => {
    const play = new Play(oneStep());
    play.give({ input: 'agentChosen', attemptId: ATTEMPT, agentId: 'a1', ledgerId: 'l1', sessionId: 's1' });
    expect(nextDeadline(play.execution)).toBeNull();
  });

  it('of a started attempt is first the request to stop it, then the end of all hope', () => {
    const play = new Play(oneStep()).run(silent);
    expect(dueAfter(play)).toBe(61_000 + LIMITS.overdueMs);
    play.wait();
    expect(dueAfter(play)).toBe(LIMITS.lostForGoodMs - LIMITS.overdueMs);
  });

  it('is the earliest of all', () => {
    const steps = [stepPlan('slow', { timeoutMs: 90_000 }), stepPlan('quick', { timeoutMs: 10_000 })];
    const play = new Play(onePhase([sectionPlan('deploy', steps, { parallel: true })])).run(silent);
    expect(dueAfter(play)).toBe(11_000 + LIMITS.overdueMs);
  });

  it('is the patience with the lock, until it is held', () => {
    const play = new Play(simplePlan({ run: { lock: { keys: ['k'], queueLimit: 1, timeoutMs: 70_000 } } }));
    expect(dueAfter(play)).toBe(70_000);
    play.now += 5;
    play.give({
      input: 'lockAnswered',
      runId: 'x1/run',
      requestId: 'x1/run',
      answer: { state: 'QUEUED', position: 1 },
    });
    expect(dueAfter(play)).toBe(69_995);
    play.give({ input: 'lockAnswered', runId: 'x1/run', requestId: 'x1/run', answer: { state: 'HELD', fences: {} } });
    expect(nextDeadline(play.execution)).toBeNull();
  });

  it('is the bound of an abort, whatever else is due', () => {
    const play = new Play(oneStep({ timeoutMs: 1 })).run(silent);
    play.give({ input: 'abort', actor: 'me', reason: 'enough' });
    expect(dueAfter(play)).toBe(LIMITS.abortMs);
  });

  it('is the end of the wait of a section, and of its first step on top of it', () => {
    const waiting = [sectionPlan('deploy', [stepPlan('install', { waitMs: 500 })], { waitMs: 2_000 })];
    const play = new Play(onePhase(waiting));
    expect(dueAfter(play)).toBe(2_500);
    expect(play.wait().execution.runs[0]?.phases[0]?.sections[0]?.steps).toHaveLength(1);
  });

  it('is not the wait of a step whose turn has not come', () => {
    const steps = [stepPlan('first', { timeoutMs: 600_000 }), stepPlan('second', { waitMs: 10_000 })];
    const play = new Play(onePhase([sectionPlan('deploy', steps)])).run(silent);
    expect(dueAfter(play)).toBe(601_000 + LIMITS.overdueMs);
    play.now += 60_000;
    play.give({ input: 'finished', attemptId: 'x1/run/p1.0/deploy/first@h1#1', result: succeeded });
    expect(dueAfter(play)).toBe(10_000);
  });

  it('is the first of the waits of steps that run together', () => {
    const steps = [stepPlan('a', { waitMs: 300 }), stepPlan('b', { waitMs: 200 }), stepPlan('c')];
    const play = new Play(onePhase([sectionPlan('deploy', steps, { parallel: true })]));
    expect(dueAfter(play)).toBe(200);
    expect(dueAfter(play.run().wait())).toBe(100);
  });

  it('is the next retry, once the siblings of the failing step have ended', () => {
    const steps = [stepPlan('bad'), stepPlan('slow')];
    const section = { parallel: true, failureStrategies: [retryTimes(1, 7_000)] };
    const play = new Play(onePhase([sectionPlan('deploy', steps, section)]));
    play.run((id) => (id.includes('/bad@') ? failed() : null));
    expect(dueAfter(play)).toBe(61_000 + LIMITS.overdueMs);
    play.now += 1_000;
    play.give({ input: 'finished', attemptId: 'x1/run/p1.0/deploy/slow@h1#1', result: succeeded });
    expect(dueAfter(play)).toBe(6_000);
    play.wait();
    expect(nextDeadline(play.execution)).toBeNull();
  });

  it('is not a wait of the forward path while that only comes to a stop for its rollback', () => {
    const steps = [stepPlan('slow', { timeoutMs: 600_000 }), stepPlan('later', { waitMs: 10 })];
    const play = new Play(onePhase([sectionPlan('deploy', steps, { parallel: true })])).run(silent);
    expect(dueAfter(play)).toBe(10);
    play.give({ input: 'rollback', actor: 'me', reason: '' });
    expect(dueAfter(play)).toBe(601_000 + LIMITS.lostForGoodMs);
  });

  it('is a wait of the rollback while that runs', () => {
    const rollback = [sectionPlan('undo', [stepPlan('undo')], { waitMs: 40 })];
    const phase = phasePlan('p1', [sectionPlan('deploy', [stepPlan('install')])], { rollback });
    const play = new Play(plan([runPlan([phase])])).run(() => failed());
    expect(dueAfter(play)).toBe(40);
  });
});
