import { describe, expect, it } from 'vitest';
import { failure } from '@fairlead/proto/model/failure.ts';
import {
  agentStep,
  ATTEMPT,
  oneStep,
  onePhase,
  phasePlan,
  plan,
  runPlan,
  sectionPlan,
  simplePlan,
  stepPlan,
} from '../../../test/support/plans.ts';
import { check, failed, Play, succeeded, told, type Case } from '../../../test/support/play.ts';
import { evolve } from '../evolve.ts';
import type { Execution } from '../execution.ts';
import type { Input } from '../inputs.ts';
import type { Plan } from '../plan.ts';
import { nextDeadline } from '../next-deadline.ts';
import { wanted } from '../wanted.ts';
import { park } from './park.ts';

const silent = () => null;

const parked = (play: Play): Play => play.tell(park(play.execution, 'it threw', null, play.now));
const running = (): Play => parked(new Play(oneStep()).run(silent));
const unassigned = (): Play => parked(new Play(oneStep()));
const assigned = (): Play => {
  const play = new Play(oneStep());
  play.give({ input: 'agentChosen', attemptId: ATTEMPT, agentId: 'a1', ledgerId: 'l1', sessionId: 's1' });
  return parked(play);
};
const locking = (): Play =>
  parked(new Play(simplePlan({ run: { lock: { keys: ['k'], queueLimit: 1, timeoutMs: 100 } } })));

const commandsOf = (execution: Execution) => wanted(execution).map((command) => command.id);

describe('parking', () => {
  it('marks the execution once', () => {
    const play = new Play(oneStep()).run(silent);
    const events = park(play.execution, 'it threw', null, play.now);
    expect(told(events)).toEqual(['Parked it threw']);
    const execution = events.reduce(evolve, play.execution);
    expect(execution).toMatchObject({ parked: 'it threw', status: 'RUNNING', endedAt: null });
    expect(park(execution, 'it threw again', null, play.now)).toEqual([]);
  });

  it('never runs backwards', () => {
    const { execution } = new Play(oneStep()).run(silent);
    expect(park(execution, 'it threw', null, 5)[0]?.at).toBe(execution.lastAt);
  });

  it('of what was being aborted ends it: what ran is asked to stop, what waited is over', () => {
    const play = new Play(onePhase([sectionPlan('deploy', [agentStep('b'), stepPlan('a')], { parallel: true })]));
    const runsOne = (id: string) => id.includes('/a@');
    play.run((id) => (runsOne(id) ? null : succeeded));
    expect(told(park(play.execution, 'it threw', { actor: 'me' }, play.now))).toEqual([
      'Parked it threw',
      'AbortRequested run me aborted while it was broken: it threw',
      'CancelRequested run/p1.0/deploy/a@h1#1 aborted while it was broken: it threw',
      'StepEnded run/p1.0/deploy/a ABORTED null null',
      'SectionEnded run/p1.0/deploy ABORTED',
      'PhaseEnded run/p1.0 ABORTED',
      'RunEnded run ABORTED CANCELED: aborted while it was broken: it threw',
      'ExecutionEnded ABORTED',
    ]);
  });

  it('adds nothing to what has ended but the mark, and nothing at all to what is settled', () => {
    const play = new Play(oneStep()).run(silent).report(silent);
    play.give({ input: 'finished', attemptId: ATTEMPT, result: succeeded });
    expect(told(park(play.execution, 'it threw', { actor: 'me' }, 5_000))).toEqual(['Parked it threw']);
    expect(park(play.run().execution, 'it threw', { actor: 'me' }, 5_000)).toEqual([]);
  });
});

describe('a parked execution', () => {
  const lockAnswer = { state: 'HELD', fences: {} } as const;
  const cases: readonly Case[] = [
    { name: 'does not mind time', given: running, afterMs: 9_999_999, when: { input: 'tick' }, then: [] },
    { name: 'waits for no lock', given: locking, afterMs: 101, when: { input: 'tick' }, then: [] },
    {
      name: 'takes no agent',
      given: unassigned,
      when: { input: 'agentChosen', attemptId: ATTEMPT, agentId: 'a1', ledgerId: 'l1', sessionId: 's1' },
      then: [],
    },
    {
      name: 'does not care for the lack of one',
      given: unassigned,
      when: { input: 'noAgent', attemptId: ATTEMPT, failure: failure('NO_ELIGIBLE_AGENT', 'none') },
      then: [],
    },
    {
      name: 'starts nothing',
      given: assigned,
      when: { input: 'starting', attemptId: ATTEMPT, agentId: 'a1', assignment: 1 },
      then: [],
    },
    {
      name: 'takes no lock',
      given: locking,
      when: { input: 'lockAnswered', runId: 'x1/run', requestId: 'x1/run', answer: lockAnswer },
      then: [],
    },
    {
      name: 'is not rolled back',
      given: running,
      when: { input: 'rollback', actor: 'me', reason: '' },
      then: ['InputRejected rollback ILLEGAL_STATE: it is broken: it can only be aborted'],
    },
    {
      name: 'notes what its agents report, and nothing follows',
      given: running,
      when: { input: 'finished', attemptId: ATTEMPT, result: failed() },
      then: ['AttemptEnded run/p1.0/deploy/install@h1#1 FAILED(COMMAND_FAILED: exit status 1) {"touched":true}'],
    },
    {
      name: 'notes records of its agents',
      given: running,
      when: { input: 'checkpoint', attemptId: ATTEMPT, name: 'before', data: { a: 1 } },
      then: ['AttemptCheckpointed run/p1.0/deploy/install@h1#1 before {"a":1}'],
    },
    {
      name: 'notes that an agent is gone',
      given: running,
      when: { input: 'agentLost', attemptId: ATTEMPT, agentId: 'a1', reason: 'gone' },
      then: ['AttemptLost run/p1.0/deploy/install@h1#1 gone'],
    },
    {
      name: 'notes that an agent will not start',
      given: assigned,
      when: {
        input: 'released',
        attemptId: ATTEMPT,
        agentId: 'a1',
        assignment: 1,
        failure: failure('UNAVAILABLE', 'draining'),
        final: false,
      },
      then: ['AttemptReleased run/p1.0/deploy/install@h1#1 UNAVAILABLE: draining false'],
    },
    {
      name: 'notes a new driver',
      given: running,
      when: { input: 'driverChanged', driver: 'r2', epoch: 2 },
      then: ['DriverChanged r2 2'],
    },
    {
      name: 'is aborted at once',
      given: running,
      when: { input: 'abort', actor: 'me', reason: 'enough' },
      then: [
        'AbortRequested run me enough',
        'CancelRequested run/p1.0/deploy/install@h1#1 enough',
        'StepEnded run/p1.0/deploy/install ABORTED null null',
        'SectionEnded run/p1.0/deploy ABORTED',
        'PhaseEnded run/p1.0 ABORTED',
        'RunEnded run ABORTED CANCELED: enough',
        'ExecutionEnded ABORTED',
      ],
    },
    {
      name: 'refuses to abort a run that is not in it',
      given: running,
      when: { input: 'abort', actor: 'me', reason: 'enough', runId: 'x1/other' },
      then: ['InputRejected abort ILLEGAL_STATE: there is no run x1/other in it'],
    },
  ];
  it.each(cases)('$name', check);

  it.each<Input>([
    { input: 'pause', actor: 'me', reason: '' },
    { input: 'resume', actor: 'me' },
    { input: 'intervene', stepId: 'x1/run/p1.0/deploy/install', action: 'IGNORE', actor: 'me', reason: '' },
    {
      input: 'approve',
      stepId: 'x1/run/p1.0/deploy/install',
      answer: 'APPROVE',
      actor: 'me',
      comment: '',
      variables: {},
    },
    { input: 'giveInputs', runId: 'x1/run', values: {}, actor: 'me' },
  ])('refuses what people ask of it: $input', (input) => {
    expect(told(running().give(input))).toEqual([
      `InputRejected ${input.input} ILLEGAL_STATE: it is broken: it can only be aborted`,
    ]);
  });

  it('notes that an agent is back, and what was found at a target', () => {
    const lost = () => {
      const play = new Play(oneStep()).run(silent);
      play.give({ input: 'agentLost', attemptId: ATTEMPT, agentId: 'a1', reason: 'gone' });
      return parked(play);
    };
    expect(told(lost().give({ input: 'agentBack', attemptId: ATTEMPT, agentId: 'a1' }))).toEqual([
      'AttemptFound run/p1.0/deploy/install@h1#1',
    ]);
    const found = lost().give({ input: 'outcomeFound', attemptId: ATTEMPT, by: 'me', result: succeeded });
    expect(told(found)).toEqual(['AttemptEnded run/p1.0/deploy/install@h1#1 SUCCESS {"touched":true}']);
  });

  it('wants nothing begun and waits for no time', () => {
    for (const play of [unassigned(), assigned(), locking(), running()]) {
      expect(commandsOf(play.execution)).toEqual([]);
      expect(nextDeadline(play.execution)).toBeNull();
    }
  });

  it('goes on stopping what it was stopping, and looking for what is lost', () => {
    const play = new Play(oneStep()).run(silent);
    play.give({ input: 'agentLost', attemptId: ATTEMPT, agentId: 'a1', reason: 'gone' });
    play.give({ input: 'abort', actor: 'me', reason: 'enough' });
    expect(commandsOf(parked(play).execution)).toEqual([`${ATTEMPT}/cancel.1`, `${ATTEMPT}/probe.1`]);
  });

  it('was parked while it was being aborted: a second abort ends it', () => {
    const play = new Play(oneStep()).run(silent);
    play.give({ input: 'abort', actor: 'me', reason: 'enough' });
    expect(told(parked(play).give({ input: 'abort', actor: 'you', reason: 'now' }))).toEqual([
      'StepEnded run/p1.0/deploy/install ABORTED null null',
      'SectionEnded run/p1.0/deploy ABORTED',
      'PhaseEnded run/p1.0 ABORTED',
      'RunEnded run ABORTED CANCELED: enough',
      'ExecutionEnded ABORTED',
    ]);
  });

  it('ends when the last of its runs is aborted, or when all had ended before', () => {
    const both: Plan = plan([
      runPlan([phasePlan('p1', [sectionPlan('work', [agentStep('do')])])], { id: 'a' }),
      runPlan([phasePlan('p1', [sectionPlan('work', [agentStep('do')])])], { id: 'b' }),
    ]);
    const play = parked(new Play(both).run(silent));
    play.give({ input: 'abort', actor: 'me', reason: 'enough', runId: 'x1/a' });
    expect(play.execution).toMatchObject({ status: 'RUNNING', endedAt: null });
    play.give({ input: 'abort', actor: 'me', reason: 'enough', runId: 'x1/b' });
    expect(play.execution).toMatchObject({ status: 'ABORTED', endedAt: 1_000 });

    const over = parked(new Play(oneStep()).run(silent));
    over.tell([{ event: 'RunEnded', runId: 'x1/run', status: 'SUCCESS', failure: null, at: 1_000 }]);
    expect(told(over.give({ input: 'abort', actor: 'me', reason: 'enough' }))).toEqual(['ExecutionEnded ABORTED']);
  });

  it('once aborted settles like every other: locks freed, ends confirmed, summary written', () => {
    const locked = simplePlan({ run: { lock: { keys: ['k'], queueLimit: 1, timeoutMs: 100 } } });
    const play = parked(new Play(locked).run(silent));
    play.give({ input: 'abort', actor: 'me', reason: 'enough' });
    expect(play.execution).toMatchObject({ status: 'ABORTED', settled: false });
    expect(commandsOf(play.execution)).toEqual([
      'x1/run/p1.0/deploy/install@h1#1/cancel.1',
      'x1/run/p1.0/deploy/install@h2#1/cancel.1',
      'x1/summary',
    ]);
    play.run();
    expect(play.execution.settled).toBe(true);
    expect(told(play.events).slice(-3)).toEqual(['SummaryWritten', 'LockReleased run', 'Settled']);
  });
});
