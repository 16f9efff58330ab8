import { describe, expect, it } from 'vitest';
import { failure } from '@fairlead/proto/model/failure.ts';
import { ATTEMPT, oneStep } from '../../../test/support/plans.ts';
import { check, failed, Play, succeeded, told, type Case } from '../../../test/support/play.ts';
import type { Input } from '../inputs.ts';
import { findAttempt } from '../tree.ts';

const silent = () => null;
const it1 = ATTEMPT.slice('x1/'.length);
const draining = failure('UNAVAILABLE', 'draining');
const none = failure('NO_ELIGIBLE_AGENT', 'none');

const chosen = (agentId = 'a1'): Input => ({
  input: 'agentChosen',
  attemptId: ATTEMPT,
  agentId,
  ledgerId: `l-${agentId}`,
  sessionId: `s-${agentId}`,
});
const starting = (agentId = 'a1', assignment = 1): Input => ({
  input: 'starting',
  attemptId: ATTEMPT,
  agentId,
  assignment,
});
const released = (agentId = 'a1', assignment = 1, final = false): Input => ({
  input: 'released',
  attemptId: ATTEMPT,
  agentId,
  assignment,
  failure: draining,
  final,
});
const lost = (agentId = 'a1'): Input => ({ input: 'agentLost', attemptId: ATTEMPT, agentId, reason: 'gone' });
const back = (agentId = 'a1'): Input => ({ input: 'agentBack', attemptId: ATTEMPT, agentId });
const finished = (result = succeeded): Input => ({ input: 'finished', attemptId: ATTEMPT, result });
const notedBy = (agentId: string): Input => ({
  input: 'checkpoint',
  attemptId: ATTEMPT,
  agentId,
  name: 'before',
  data: { file: 'a' },
});
const finishedBy = (agentId: string): Input => ({ input: 'finished', attemptId: ATTEMPT, agentId, result: succeeded });
const found = (result = succeeded): Input => ({ input: 'outcomeFound', attemptId: ATTEMPT, by: 'me', result });
const noted = (name: string): Input => ({ input: 'checkpoint', attemptId: ATTEMPT, name, data: { file: 'a' } });
const nobody = (message = 'none'): Input => ({
  input: 'noAgent',
  attemptId: ATTEMPT,
  failure: failure('NO_ELIGIBLE_AGENT', message),
});
const abort: Input = { input: 'abort', actor: 'me', reason: 'enough' };

/** An execution of one step to which all of this happened. */
const after =
  (...inputs: readonly Input[]) =>
  (): Play => {
    const play = new Play(oneStep({ timeoutMs: 5_000 }));
    for (const input of inputs) play.give(input);
    return play;
  };
const pending = after();
const assigned = after(chosen());
const started = after(chosen(), starting());
const unknown = after(chosen(), starting(), lost());
const ended = after(chosen(), starting(), finished());

const canceled = (reason: string, touched = false) =>
  `AttemptEnded ${it1} CANCELED(CANCELED: ${reason}) {"touched":${touched},"confirmed":true}`;
const aborted = [
  'StepEnded run/p1.0/deploy/install ABORTED null null',
  'SectionEnded run/p1.0/deploy ABORTED',
  'PhaseEnded run/p1.0 ABORTED',
  'RunEnded run ABORTED CANCELED: enough',
  'ExecutionEnded ABORTED',
];
const succeededAll = [
  'StepEnded run/p1.0/deploy/install SUCCESS null null',
  'SectionEnded run/p1.0/deploy SUCCESS',
  'PhaseEnded run/p1.0 SUCCESS',
  'RunEnded run SUCCESS null',
  'ExecutionEnded SUCCESS',
];

describe('an agent is chosen', () => {
  const cases: readonly Case[] = [
    {
      name: 'for what waits for one',
      given: pending,
      when: chosen(),
      then: [`AttemptAssigned ${it1} a1 l-a1 s-a1`],
    },
    { name: 'not twice', given: assigned, when: chosen('a2'), then: [] },
    { name: 'not for what runs', given: started, when: chosen('a2'), then: [] },
    { name: 'not for what is lost', given: unknown, when: chosen('a2'), then: [] },
    { name: 'not for what has ended', given: ended, when: chosen('a2'), then: [] },
    {
      name: 'not for what nobody knows',
      given: pending,
      when: { ...chosen(), attemptId: `${ATTEMPT}0` } as Input,
      then: [],
    },
  ];
  it.each(cases)('$name', check);
});

describe('no agent', () => {
  const cases: readonly Case[] = [
    {
      name: 'is noted',
      given: pending,
      when: nobody(),
      then: [`AttemptUnassignable ${it1} NO_ELIGIBLE_AGENT: none`],
    },
    { name: 'is noted once', given: after(nobody()), when: nobody(), then: [] },
    {
      name: 'is noted again for another reason',
      given: after(nobody()),
      when: nobody('all busy'),
      then: [`AttemptUnassignable ${it1} NO_ELIGIBLE_AGENT: all busy`],
    },
    { name: 'does not matter to what has one', given: assigned, when: nobody(), then: [] },
    { name: 'does not matter to what has ended', given: ended, when: nobody(), then: [] },
  ];
  it.each(cases)('$name', check);

  it('is forgotten once there is one', () => {
    const play = after(nobody(), chosen(), released())();
    expect(findAttempt(play.execution, ATTEMPT)?.unassignable).toBeNull();
    expect(none.code).toBe('NO_ELIGIBLE_AGENT');
  });
});

describe('a start', () => {
  const cases: readonly Case[] = [
    { name: 'stands with its deadline', given: assigned, when: starting(), then: [`AttemptStarted ${it1} 6000`] },
    { name: 'asked for twice stands once', given: started, when: starting(), then: [] },
    { name: 'is not for another agent', given: assigned, when: starting('a2'), then: [] },
    {
      name: 'is not for an earlier assignment',
      given: after(chosen(), released(), chosen()),
      when: starting(),
      then: [],
    },
    {
      name: 'is for the later one',
      given: after(chosen(), released(), chosen()),
      when: starting('a1', 2),
      then: [`AttemptStarted ${it1} 6000`],
    },
    { name: 'is not before an agent is chosen', given: pending, when: starting(), then: [] },
    { name: 'is not after a release', given: after(chosen(), released()), when: starting(), then: [] },
    { name: 'is not after an abort', given: after(chosen(), abort), when: starting(), then: [] },
    { name: 'is not after the end', given: ended, when: starting(), then: [] },
    { name: 'of what was lost is its finding', given: unknown, when: starting(), then: [`AttemptFound ${it1}`] },
  ];
  it.each(cases)('$name', check);
});

describe('a release', () => {
  const cases: readonly Case[] = [
    {
      name: 'frees it for another agent',
      given: assigned,
      when: released(),
      then: [`AttemptReleased ${it1} UNAVAILABLE: draining false`],
    },
    {
      name: 'for good says so',
      given: assigned,
      when: released('a1', 1, true),
      then: [`AttemptReleased ${it1} UNAVAILABLE: draining true`],
    },
    {
      name: 'of a start that never came to be',
      given: started,
      when: released('a1', 1, true),
      then: [`AttemptReleased ${it1} UNAVAILABLE: draining true`],
    },
    {
      name: 'of what was lost',
      given: unknown,
      when: released('a1', 1, true),
      then: [`AttemptReleased ${it1} UNAVAILABLE: draining true`],
    },
    // A late refusal of its offer, or a ledger that was wiped since: it may be running all the same.
    { name: 'of a start takes the ledger that has it', given: started, when: released(), then: [] },
    { name: 'of what was lost takes the ledger that had it', given: unknown, when: released(), then: [] },
    { name: 'comes once', given: after(chosen(), released()), when: released(), then: [] },
    { name: 'is not another agent’s to say', given: assigned, when: released('a2'), then: [] },
    {
      name: 'of an earlier assignment is stale',
      given: after(chosen(), released(), chosen()),
      when: released(),
      then: [],
    },
    { name: 'after the end is stale', given: ended, when: released(), then: [] },
    {
      name: 'after an abort ends it: nothing ran',
      given: after(chosen(), abort),
      when: released('a1', 1, true),
      then: [canceled('enough'), ...aborted],
    },
  ];
  it.each(cases)('$name', check);

  it('for good keeps this agent from being asked again, and only then', () => {
    const refused = (play: Play) => findAttempt(play.execution, ATTEMPT)?.refusedBy;
    expect(refused(after(chosen(), released())())).toEqual([]);
    expect(refused(after(chosen(), released('a1', 1, true))())).toEqual(['a1']);
    const twice = after(chosen(), released('a1', 1, true), chosen('a2'), released('a2', 2, true))();
    expect(refused(twice)).toEqual(['a1', 'a2']);
    expect(twice.commands).toMatchObject([{ command: 'assign', avoid: ['a1', 'a2'], id: `${ATTEMPT}/assign.3` }]);
  });
});

describe('a checkpoint', () => {
  const line = `AttemptCheckpointed ${it1} before {"file":"a"}`;
  const cases: readonly Case[] = [
    { name: 'is noted', given: started, when: noted('before'), then: [line] },
    { name: 'is noted once', given: after(chosen(), starting(), noted('before')), when: noted('before'), then: [] },
    {
      name: 'is one of several',
      given: after(chosen(), starting(), noted('other')),
      when: noted('before'),
      then: [line],
    },
    { name: 'is noted for its agent', given: started, when: notedBy('a1'), then: [line] },
    { name: 'is not noted for another agent', given: started, when: notedBy('a2'), then: [] },
    { name: 'after the end is stale', given: ended, when: noted('before'), then: [] },
  ];
  it.each(cases)('$name', check);
});

describe('an end', () => {
  const line = `AttemptEnded ${it1} SUCCESS {"touched":true}`;
  const cases: readonly Case[] = [
    { name: 'is what the agent says', given: started, when: finished(), then: [line, ...succeededAll] },
    { name: 'is said once', given: ended, when: finished(failed()), then: [] },
    { name: 'is said by an agent held for lost', given: unknown, when: finished(), then: [line, ...succeededAll] },
    {
      name: 'is said in spite of an abort',
      given: after(chosen(), starting(), abort),
      when: finished(),
      then: [line, ...aborted],
    },
    { name: 'is said by its agent', given: started, when: finishedBy('a1'), then: [line, ...succeededAll] },
    {
      name: 'is said by its agent held for lost',
      given: unknown,
      when: finishedBy('a1'),
      then: [line, ...succeededAll],
    },
    {
      name: 'is said by the agent it was given to after another',
      given: after(chosen(), released(), chosen('a2'), starting('a2', 2)),
      when: finishedBy('a2'),
      then: [line, ...succeededAll],
    },
    { name: 'is not for another agent to say', given: started, when: finishedBy('a2'), then: [] },
    { name: 'is not for another agent to say of what is unknown', given: unknown, when: finishedBy('a2'), then: [] },
    {
      name: 'is not for an agent to say of what it gave back',
      given: after(chosen(), released(), chosen('a2')),
      when: finishedBy('a1'),
      then: [],
    },
    { name: 'is not for an agent to say of what waits for one', given: pending, when: finishedBy('a1'), then: [] },
    {
      name: 'is of no use for what nobody knows',
      given: pending,
      when: { ...finished(), attemptId: 'x1/no' } as Input,
      then: [],
    },
  ];
  it.each(cases)('$name', check);
});

describe('a lost agent', () => {
  const cases: readonly Case[] = [
    { name: 'leaves what it started unknown', given: started, when: lost(), then: [`AttemptLost ${it1} gone`] },
    {
      name: 'leaves what it did not start to others',
      given: assigned,
      when: lost(),
      then: [`AttemptReleased ${it1} AGENT_LOST: gone false`],
    },
    {
      name: 'leaves what it was to stop before its start ended',
      given: after(chosen(), abort),
      when: lost(),
      then: [canceled('enough'), ...aborted],
    },
    {
      name: 'leaves what it was to stop unknown',
      given: after(chosen(), starting(), abort),
      when: lost(),
      then: [`AttemptLost ${it1} gone`],
    },
    { name: 'is lost once', given: unknown, when: lost(), then: [] },
    { name: 'was not given it', given: started, when: lost('a2'), then: [] },
    { name: 'has ended it before', given: ended, when: lost(), then: [] },
    {
      name: 'has nothing to do with what waits for an agent',
      given: after(chosen(), released()),
      when: lost(),
      then: [],
    },
  ];
  it.each(cases)('$name', check);
});

describe('an agent that is back', () => {
  const cases: readonly Case[] = [
    { name: 'goes on with it', given: unknown, when: back(), then: [`AttemptFound ${it1}`] },
    { name: 'was never lost', given: started, when: back(), then: [] },
    { name: 'is another one', given: unknown, when: back('a2'), then: [] },
    { name: 'is too late', given: ended, when: back(), then: [] },
  ];
  it.each(cases)('$name', check);
});

describe('an outcome found out', () => {
  const cases: readonly Case[] = [
    {
      name: 'ends what is unknown',
      given: unknown,
      when: found(),
      then: [`AttemptEnded ${it1} SUCCESS {"touched":true}`, ...succeededAll],
    },
    { name: 'does not speak for an agent that can', given: started, when: found(), then: [] },
    { name: 'does not speak for what waits', given: pending, when: found(), then: [] },
    { name: 'is too late', given: ended, when: found(), then: [] },
  ];
  it.each(cases)('$name', check);
});

describe('what is unknown', () => {
  it('is neither retried, rolled back nor unlocked, however long it takes before its deadline', () => {
    const play = new Play(oneStep({ timeoutMs: 3_600_000 }, {})).run(silent);
    play.give(lost());
    expect(told(play.pass(3_600_000))).toEqual([]);
    expect(play.commands.map((command) => command.command)).toEqual(['probe']);
  });

  it('does not care for an abort that was asked for before', () => {
    const play = after(chosen(), starting(), abort, lost())();
    play.wait();
    expect(play.execution.status).toBe('ABORTED');
    expect(play.execution.settled).toBe(false);
    play.give(finished({ outcome: 'CANCELED', touched: true, confirmed: true }));
    expect(play.run().execution.settled).toBe(true);
  });
});
