import { describe, expect, it } from 'vitest';
import { failure } from '@fairlead/proto/model/failure.ts';
import { ATTEMPT, oneStep, plan, runPlan, simplePlan } from '../../test/support/plans.ts';
import { Play, succeeded } from '../../test/support/play.ts';
import type { Event, EventBody } from './events.ts';
import { evolve } from './evolve.ts';
import type { Execution } from './execution.ts';
import { findAttempt, findPhase, findRun, findSection, findStep, findTask } from './tree.ts';

const RUN = 'x1/run';
const PHASE = 'x1/run/p1.0';
const SECTION = 'x1/run/p1.0/deploy';
const STEP = 'x1/run/p1.0/deploy/install';
const why = failure('COMMAND_FAILED', 'exit status 1');

const started = (): Execution => new Play(oneStep()).execution;
const locked = (): Execution =>
  new Play(simplePlan({ run: { lock: { keys: ['k'], queueLimit: 1, timeoutMs: 9 } } })).execution;
const apply = (execution: Execution, ...bodies: readonly EventBody[]): Execution =>
  bodies.reduce<Execution>((state, body, index) => evolve(state, { ...body, at: 2_000 + index }), execution);

const assigned: EventBody = {
  event: 'AttemptAssigned',
  attemptId: ATTEMPT,
  agentId: 'a1',
  ledgerId: 'l1',
  sessionId: 's1',
};
const begun: EventBody = { event: 'AttemptStarted', attemptId: ATTEMPT, deadline: 9_000 };
const lost: EventBody = { event: 'AttemptLost', attemptId: ATTEMPT, reason: 'gone' };
const ended: EventBody = { event: 'AttemptEnded', attemptId: ATTEMPT, result: succeeded };

it('comes to the same state again when the events of a decision are folded', () => {
  const before = started();
  const event: Event = { ...assigned, at: 2_000 };
  const after = evolve(before, event);
  expect(evolve(before, event)).toBe(after);
  expect(evolve({ ...before, epoch: 9 }, event)).toEqual({ ...after, epoch: 9 });
  for (let at = 3_000; at < 3_020; at += 1) evolve(after, { ...begun, at });
  expect(evolve(before, event)).toEqual(after);
});

describe('an execution', () => {
  it('comes into being with its plan, every run of it queued', () => {
    const thePlan = plan([runPlan([], { id: 'a' }), runPlan([], { id: 'b' })]);
    const event: Event = { event: 'ExecutionStarted', plan: thePlan, driver: 'r1', epoch: 3, at: 5 };
    const run = {
      stageId: 's1',
      status: 'QUEUED',
      startedAt: null,
      endedAt: null,
      failure: null,
      lock: null,
      phases: [],
      abort: null,
      rollback: null,
      held: false,
      inputs: null,
    };
    expect(evolve(null, event)).toEqual({
      id: 'x1',
      plan: thePlan,
      status: 'RUNNING',
      startedAt: 5,
      endedAt: null,
      settled: false,
      driver: 'r1',
      epoch: 3,
      lastAt: 5,
      parked: null,
      pause: null,
      rollbackAsked: null,
      runs: [
        { id: 'x1/a', planId: 'a', ...run },
        { id: 'x1/b', planId: 'b', ...run },
      ],
      outputs: [],
      permits: [],
      barriers: [],
      collected: [],
      summaryWritten: false,
      events: 1,
    });
  });

  it('is needed by every other event', () => {
    expect(() => evolve(null, { event: 'Settled', at: 1 })).toThrow('Settled before ExecutionStarted');
  });

  it.each<[EventBody, Partial<Execution>]>([
    [
      { event: 'DriverChanged', driver: 'r2', epoch: 4 },
      { driver: 'r2', epoch: 4 },
    ],
    [{ event: 'Parked', reason: 'it threw' }, { parked: 'it threw' }],
    [
      { event: 'ExecutionEnded', status: 'FAILED' },
      { status: 'FAILED', endedAt: 2_000 },
    ],
    [{ event: 'SummaryWritten' }, { summaryWritten: true }],
    [{ event: 'Settled' }, { settled: true }],
    [{ event: 'InputRejected', input: 'abort', failure: why }, {}],
  ])('takes %o', (event, expected) => {
    const before = started();
    expect(apply(before, event)).toEqual({ ...before, lastAt: 2_000, events: before.events + 1, ...expected });
  });

  it('keeps one output for each name and owner', () => {
    const output = (name: string, owner: string, n: string): EventBody => ({
      event: 'OutputsPublished',
      name,
      scope: 'WORKFLOW',
      owner,
      values: { n },
    });
    const after = apply(
      started(),
      output('a', 'x', '1'),
      output('b', 'x', '2'),
      output('a', 'y', '3'),
      output('a', 'x', '4'),
    );
    expect(after.outputs).toEqual([
      { name: 'b', scope: 'WORKFLOW', owner: 'x', values: { n: '2' } },
      { name: 'a', scope: 'WORKFLOW', owner: 'y', values: { n: '3' } },
      { name: 'a', scope: 'WORKFLOW', owner: 'x', values: { n: '4' } },
    ]);
  });
});

describe('a run', () => {
  const rollback: EventBody = {
    event: 'RollbackStarted',
    runId: RUN,
    cause: STEP,
    actor: null,
    scope: 'PHASE',
    failure: why,
  };

  it.each<[string, readonly EventBody[], object]>([
    ['starts', [{ event: 'RunStarted', runId: RUN }], { status: 'RUNNING', startedAt: 2_000 }],
    [
      'ends',
      [{ event: 'RunEnded', runId: RUN, status: 'FAILED', failure: why }],
      { status: 'FAILED', failure: why, endedAt: 2_000 },
    ],
    [
      'ends for the reason known before',
      [rollback, { event: 'RunEnded', runId: RUN, status: 'FAILED', failure: null }],
      { status: 'FAILED', failure: why, endedAt: 2_001 },
    ],
    [
      'is being aborted',
      [{ event: 'AbortRequested', runId: RUN, actor: 'me', reason: 'enough' }],
      { status: 'ABORTING', abort: { actor: 'me', reason: 'enough', at: 2_000 } },
    ],
    [
      'rolls back',
      [rollback],
      {
        status: 'ROLLING_BACK',
        failure: why,
        rollback: { cause: STEP, actor: null, at: 2_000, scope: 'PHASE', result: null },
      },
    ],
    [
      'has rolled back',
      [rollback, { event: 'RollbackEnded', runId: RUN, result: 'PARTIAL' }],
      { rollback: { cause: STEP, actor: null, at: 2_000, scope: 'PHASE', result: 'PARTIAL' } },
    ],
    [
      'has rolled back what never began to',
      [{ event: 'RollbackEnded', runId: RUN, result: 'PARTIAL' }],
      { rollback: null },
    ],
  ])('%s', (_, events, expected) => {
    const before = started();
    expect(findRun(apply(before, ...events), RUN)).toMatchObject(expected);
  });

  it('leaves its sisters as they are', () => {
    const before = new Play(plan([runPlan([], { id: 'a' }), runPlan([], { id: 'b' })])).execution;
    const after = apply(before, { event: 'RunEnded', runId: 'x1/a', status: 'ABORTED', failure: null });
    expect(after.runs[1]).toBe(before.runs[1]);
    expect(after.runs[0]?.status).toBe('ABORTED');
  });
});

describe('a lock', () => {
  const lock = { requestId: RUN, keys: ['k'], requestedAt: 1_000, state: 'REQUESTED', position: null, fences: {} };
  const queued: EventBody = { event: 'LockQueued', runId: RUN, position: 3 };
  const granted: EventBody = { event: 'LockGranted', runId: RUN, fences: { k: 7 } };

  it.each<[string, readonly EventBody[], object]>([
    ['is asked for', [], {}],
    ['is queued for', [queued], { state: 'QUEUED', position: 3 }],
    ['is granted', [queued, granted], { state: 'HELD', fences: { k: 7 } }],
    ['is refused', [queued, { event: 'LockRefused', runId: RUN, failure: why }], { state: 'REFUSED' }],
    ['is given back', [granted, { event: 'LockReleased', runId: RUN }], { state: 'RELEASED', fences: { k: 7 } }],
  ])('%s', (_, events, expected) => {
    expect(apply(locked(), ...events).runs[0]?.lock).toEqual({ ...lock, ...expected });
  });

  it('that was never asked for is none', () => {
    const before = started();
    for (const event of [queued, granted]) expect(apply(before, event).runs[0]).toEqual(before.runs[0]);
  });
});

describe('a phase', () => {
  it('is begun with its hosts, or without', () => {
    const after = apply(started(), {
      event: 'PhaseStarted',
      phaseId: `${PHASE}.rollback`,
      kind: 'ROLLBACK',
      planId: 'p1',
      name: 'Rollback',
      iteration: 4,
      undoes: PHASE,
      hosts: ['h1'],
    });
    expect(findPhase(after, `${PHASE}.rollback`)).toEqual({
      id: `${PHASE}.rollback`,
      kind: 'ROLLBACK',
      planId: 'p1',
      name: 'Rollback',
      iteration: 4,
      undoes: PHASE,
      status: 'RUNNING',
      startedAt: 2_000,
      endedAt: null,
      hosts: ['h1'],
      dropped: [],
      skipped: null,
      sections: [],
    });
  });

  it.each<[string, readonly EventBody[], object]>([
    ['ends', [{ event: 'PhaseEnded', phaseId: PHASE, status: 'FAILED' }], { status: 'FAILED', endedAt: 2_000 }],
    ['has its hosts', [{ event: 'HostsSelected', phaseId: PHASE, hosts: ['h1'] }], { hosts: ['h1'] }],
    [
      'drops hosts',
      [
        { event: 'HostsDropped', phaseId: PHASE, hosts: ['h1'] },
        { event: 'HostsDropped', phaseId: PHASE, hosts: ['h2'] },
      ],
      { dropped: ['h1', 'h2'] },
    ],
  ])('%s', (_, events, expected) => {
    const before = started();
    expect(findPhase(apply(before, ...events), PHASE)).toEqual({ ...findPhase(before, PHASE), ...expected });
  });
});

describe('a section', () => {
  it('is begun, and ends', () => {
    const begunAt = apply(started(), { event: 'SectionStarted', sectionId: `${PHASE}/next`, notBefore: 2_500 });
    const section = {
      id: `${PHASE}/next`,
      planId: 'next',
      status: 'RUNNING',
      startedAt: 2_000,
      endedAt: null,
      notBefore: 2_500,
      steps: [],
    };
    expect(findSection(begunAt, `${PHASE}/next`)).toEqual(section);
    const over = apply(begunAt, { event: 'SectionEnded', sectionId: `${PHASE}/next`, status: 'SKIPPED' });
    expect(findSection(over, `${PHASE}/next`)).toEqual({ ...section, status: 'SKIPPED', endedAt: 2_000 });
    expect(findSection(over, SECTION)).toBe(findSection(begunAt, SECTION));
  });
});

describe('a step', () => {
  const attempt = {
    state: 'PENDING',
    createdAt: 2_000,
    askedBy: null,
    assignment: 0,
    agentId: null,
    ledgerId: null,
    sessionId: null,
    unassignable: null,
    refusedBy: [],
    startedAt: null,
    deadline: null,
    unknownSince: null,
    cancel: null,
    checkpoints: [],
    result: null,
    endedAt: null,
  };
  const step = {
    id: `${SECTION}/next`,
    planId: 'next',
    status: 'RUNNING',
    startedAt: 2_000,
    endedAt: null,
    failure: null,
    failedAt: null,
    skipped: null,
    ignored: false,
    retries: 0,
    waiting: null,
    interventions: [],
    approval: null,
  };

  it('is begun with a first attempt at each target', () => {
    const after = apply(started(), { event: 'StepStarted', stepId: `${SECTION}/next`, targets: ['h1', 'h2'] });
    const task = (target: string) => ({
      id: `${SECTION}/next@${target}`,
      target,
      status: 'QUEUED',
      attempts: [{ id: `${SECTION}/next@${target}#1`, ...attempt }],
    });
    expect(findStep(after, `${SECTION}/next`)).toEqual({ ...step, tasks: [task('h1'), task('h2')] });
  });

  it('that never started comes into being with its end', () => {
    const over: EventBody = {
      event: 'StepEnded',
      stepId: `${SECTION}/next`,
      status: 'SKIPPED',
      failure: null,
      skipped: 'true',
    };
    const after = findStep(apply(started(), over), `${SECTION}/next`);
    expect(after).toEqual({ ...step, status: 'SKIPPED', skipped: 'true', endedAt: 2_000, tasks: [] });
  });

  it('that could not start has failed without having ended; started again it keeps what became of that', () => {
    const stepId = `${SECTION}/next`;
    const failed = apply(started(), { event: 'StepFailed', stepId, failure: why });
    expect(findStep(failed, stepId)).toEqual({ ...step, failure: why, failedAt: 2_000, tasks: [] });
    const retried = apply(failed, { event: 'StepRetried', stepId, targets: [], actor: 'me' });
    expect(findStep(retried, stepId)).toEqual({ ...step, retries: 1, tasks: [] });
    const again = apply(retried, { event: 'StepStarted', stepId, targets: [] });
    expect(findStep(again, stepId)).toEqual({ ...step, retries: 1, tasks: [] });
    expect(again.runs[0]?.phases[0]?.sections[0]?.steps.filter(({ id }) => id === stepId)).toHaveLength(1);
  });

  it('ends, may be ignored, and its sisters stay as they are', () => {
    const before = apply(started(), { event: 'StepStarted', stepId: `${SECTION}/next`, targets: [] });
    const over: EventBody = { event: 'StepEnded', stepId: STEP, status: 'FAILED', failure: why, skipped: null };
    const after = apply(before, over, { event: 'StepIgnored', stepId: STEP });
    expect(findStep(after, STEP)).toEqual({
      ...findStep(before, STEP),
      status: 'FAILED',
      failure: why,
      endedAt: 2_000,
      ignored: true,
    });
    expect(findStep(after, `${SECTION}/next`)).toBe(findStep(before, `${SECTION}/next`));
  });

  it('is retried at some of its targets', () => {
    const before = apply(started(), { event: 'StepStarted', stepId: `${SECTION}/next`, targets: ['h1', 'h2'] });
    const after = apply(before, { event: 'StepRetried', stepId: `${SECTION}/next`, targets: ['h2'] });
    expect(findStep(after, `${SECTION}/next`)).toMatchObject({ status: 'RUNNING', retries: 1 });
    expect(findTask(after, `${SECTION}/next@h1`)).toBe(findTask(before, `${SECTION}/next@h1`));
    expect(findTask(after, `${SECTION}/next@h2`)).toEqual({
      id: `${SECTION}/next@h2`,
      target: 'h2',
      status: 'QUEUED',
      attempts: [
        { id: `${SECTION}/next@h2#1`, ...attempt },
        { id: `${SECTION}/next@h2#2`, ...attempt },
      ],
    });
  });
});

describe('an attempt', () => {
  const given = { state: 'ASSIGNED', assignment: 1, agentId: 'a1', ledgerId: 'l1', sessionId: 's1' };
  const freed = { agentId: null, ledgerId: null, sessionId: null };
  const unassignable: EventBody = { event: 'AttemptUnassignable', attemptId: ATTEMPT, failure: why };
  const released = (final: boolean): EventBody => ({
    event: 'AttemptReleased',
    attemptId: ATTEMPT,
    failure: why,
    final,
  });

  it.each<[string, readonly EventBody[], string, object]>([
    ['is given to an agent', [assigned], 'QUEUED', given],
    ['has no agent', [unassignable], 'QUEUED', { unassignable: { since: 2_000, failure: why } }],
    ['has had none since', [unassignable, unassignable], 'QUEUED', { unassignable: { since: 2_000, failure: why } }],
    ['has one at last', [unassignable, assigned], 'QUEUED', given],
    ['comes back', [assigned, released(false)], 'QUEUED', { assignment: 1, ...freed }],
    ['comes back for good', [assigned, released(true)], 'QUEUED', { assignment: 1, ...freed, refusedBy: ['a1'] }],
    ['comes back from nobody', [released(true)], 'QUEUED', {}],
    ['comes back though it was started', [assigned, begun, released(false)], 'QUEUED', { assignment: 1, ...freed }],
    ['comes back though it was lost', [assigned, begun, lost, released(false)], 'QUEUED', { assignment: 1, ...freed }],
    ['starts', [assigned, begun], 'RUNNING', { ...given, state: 'STARTED', startedAt: 2_001, deadline: 9_000 }],
    [
      'is lost',
      [assigned, begun, lost],
      'UNKNOWN',
      { ...given, state: 'UNKNOWN', startedAt: 2_001, deadline: 9_000, unknownSince: 2_002 },
    ],
    [
      'is found',
      [assigned, begun, lost, { event: 'AttemptFound', attemptId: ATTEMPT }],
      'RUNNING',
      { ...given, state: 'STARTED', startedAt: 2_001, deadline: 9_000 },
    ],
    [
      'is to stop',
      [assigned, { event: 'CancelRequested', attemptId: ATTEMPT, reason: 'enough' }],
      'QUEUED',
      { ...given, cancel: { reason: 'enough', at: 2_001 } },
    ],
    [
      'has records',
      [
        { event: 'AttemptCheckpointed', attemptId: ATTEMPT, name: 'a', data: { n: 1 } },
        { event: 'AttemptCheckpointed', attemptId: ATTEMPT, name: 'b', data: {} },
      ],
      'QUEUED',
      {
        checkpoints: [
          { name: 'a', data: { n: 1 } },
          { name: 'b', data: {} },
        ],
      },
    ],
    ['ends', [ended], 'SUCCESS', { state: 'ENDED', result: succeeded, endedAt: 2_000 }],
  ])('%s', (_, events, status, expected) => {
    const before = started();
    const after = apply(before, ...events);
    expect(findAttempt(after, ATTEMPT)).toEqual({ ...findAttempt(before, ATTEMPT), ...expected });
    expect(findTask(after, ATTEMPT)?.status).toBe(status);
  });

  it.each([
    ['SUCCESS', 'SUCCESS'],
    ['FAILED', 'FAILED'],
    ['CANCELED', 'ABORTED'],
  ] as const)('that ends as %s makes its task %s', (outcome, status) => {
    const result = { outcome, touched: false };
    expect(findTask(apply(started(), { event: 'AttemptEnded', attemptId: ATTEMPT, result }), ATTEMPT)?.status).toBe(
      status,
    );
  });
});
