import { describe, expect, it } from 'vitest';
import { failure } from '@fairlead/proto/model/failure.ts';
import { agentStep, sectionPlan, simplePlan } from '../../../test/support/plans.ts';
import { check, failed, Play, told, toldOf, type Case } from '../../../test/support/play.ts';
import type { Input } from '../inputs.ts';
import type { RunPlan } from '../plan.ts';

const silent = () => null;
const locked = (more: Partial<RunPlan> = {}) =>
  simplePlan({ run: { lock: { keys: ['k1', 'k2'], queueLimit: 20, timeoutMs: 60_000 }, ...more } });
const answered = (answer: Extract<Input, { input: 'lockAnswered' }>['answer'], requestId = 'x1/run'): Input => ({
  input: 'lockAnswered',
  runId: 'x1/run',
  requestId,
  answer,
});
const held = answered({ state: 'HELD', fences: { k1: 7 } });
const queued = (position: number) => answered({ state: 'QUEUED', position });
const full = answered({ state: 'REFUSED', failure: failure('QUEUE_FULL', '20 wait already') });
const released: Input = { input: 'lockReleased', runId: 'x1/run', requestId: 'x1/run' };
const abort: Input = { input: 'abort', actor: 'me', reason: 'enough' };

const after =
  (...inputs: readonly Input[]) =>
  (): Play => {
    const play = new Play(locked());
    for (const input of inputs) play.give(input);
    return play;
  };
const commands = (play: Play) => play.commands.map((command) => command.id);
const ended = ['RunEnded run FAILED QUEUE_FULL: 20 wait already', 'ExecutionEnded FAILED'];

describe('the lock', () => {
  it('is asked for after pre-deployment and before the first phase', () => {
    const play = new Play(locked({ pre: sectionPlan('check', [agentStep('builds')]) }));
    expect(toldOf(play.events, 'LockRequested')).toEqual([]);
    play.run(silent).report(silent);
    expect(toldOf(play.events, 'LockRequested')).toEqual([]);
    const attemptId = 'x1/run/pre.0/check/builds@-#1';
    const events = play.give({ input: 'finished', attemptId, result: { outcome: 'SUCCESS', touched: false } });
    expect(told(events).at(-1)).toBe('LockRequested run run [k1,k2]');
    expect(play.commands).toEqual([
      {
        command: 'acquireLock',
        id: 'x1/run/acquire',
        runId: 'x1/run',
        requestId: 'x1/run',
        keys: ['k1', 'k2'],
        names: { k1: 'k1', k2: 'k2' },
        queueLimit: 20,
      },
    ]);
  });

  it('is not asked for when pre-deployment fails', () => {
    const play = new Play(locked({ pre: sectionPlan('check', [agentStep('builds')]) })).finish(() => failed());
    expect(toldOf(play.events, 'LockRequested', 'RollbackEnded')).toEqual(['RollbackEnded run NOTHING']);
  });

  it('is none without keys', () => {
    const play = new Play(locked({ lock: { keys: [], queueLimit: 1, timeoutMs: 1 } })).finish();
    expect(toldOf(play.events, 'LockRequested')).toEqual([]);
    expect(play.execution.status).toBe('SUCCESS');
  });

  const cases: readonly Case[] = [
    {
      name: 'held, the first phase starts',
      given: after(),
      when: held,
      then: [
        'LockGranted run {"k1":7}',
        'PhaseStarted run/p1.0 FORWARD p1 Phase p1 0 null null',
        'SectionStarted run/p1.0/infra 1000',
        'HostsSelected run/p1.0 [h1,h2]',
        'StepEnded run/p1.0/infra/select SUCCESS null null',
        'SectionEnded run/p1.0/infra SUCCESS',
        'SectionStarted run/p1.0/deploy 1000',
        'StepStarted run/p1.0/deploy/install [h1,h2]',
      ],
    },
    { name: 'queued, it waits', given: after(), when: queued(3), then: ['LockQueued run 3'] },
    { name: 'moves up', given: after(queued(3)), when: queued(2), then: ['LockQueued run 2'] },
    { name: 'stays where it was', given: after(queued(3)), when: queued(3), then: [] },
    { name: 'is granted once', given: after(held), when: held, then: [] },
    { name: 'is not queued for again', given: after(held), when: queued(1), then: [] },
    {
      name: 'refused fails the run, with nothing to roll back',
      given: after(),
      when: full,
      then: ['LockRefused run QUEUE_FULL: 20 wait already', ...ended],
    },
    {
      name: 'refused after queueing',
      given: after(queued(3)),
      when: full,
      then: ['LockRefused run QUEUE_FULL: 20 wait already', ...ended],
    },
    {
      name: 'is not for another request',
      given: after(),
      when: answered({ state: 'QUEUED', position: 1 }, 'x1/old'),
      then: [],
    },
    { name: 'is not for another run', given: after(), when: { ...held, runId: 'x1/other' } as Input, then: [] },
    { name: 'granted too late is not taken', given: after(full), when: held, then: [] },
    { name: 'granted after an abort is not taken', given: after(abort), when: held, then: [] },
    { name: 'is not given back by itself', given: after(held), when: released, then: [] },
    { name: 'given back is given back', given: after(full), when: released, then: ['LockReleased run'] },
    { name: 'is given back once', given: after(full, released), when: released, then: [] },
    {
      name: 'given back by another request is not',
      given: after(full),
      when: { ...released, requestId: 'x1/old' } as Input,
      then: [],
    },
    {
      name: 'is not waited for any longer than told',
      given: after(queued(3)),
      afterMs: 60_000,
      when: { input: 'tick' },
      then: [
        'LockRefused run LOCK_TIMEOUT: the infrastructure was not free in time (k1, k2)',
        'RunEnded run FAILED LOCK_TIMEOUT: the infrastructure was not free in time (k1, k2)',
        'ExecutionEnded FAILED',
      ],
    },
    { name: 'is waited for until then', given: after(queued(3)), afterMs: 59_999, when: { input: 'tick' }, then: [] },
    {
      name: 'unanswered is waited for no longer either',
      given: after(),
      afterMs: 60_000,
      when: { input: 'summaryWritten' },
      then: [
        'LockRefused run LOCK_TIMEOUT: the infrastructure was not free in time (k1, k2)',
        'RunEnded run FAILED LOCK_TIMEOUT: the infrastructure was not free in time (k1, k2)',
        'ExecutionEnded FAILED',
      ],
    },
  ];
  it.each(cases)('$name', check);

  it('is asked for until it is held', () => {
    expect(commands(after(queued(1))())).toEqual(['x1/run/acquire']);
    expect(commands(after(held)()).some((id) => id.endsWith('/acquire'))).toBe(false);
  });

  it.each([
    ['refused', after(full)],
    ['waited for', after(queued(2), abort)],
    ['never answered', after(abort)],
  ])('%s is given back all the same, so that no place in the queue is left behind', (_, come) => {
    const play = come();
    expect(play.commands).toContainEqual({
      command: 'releaseLock',
      id: 'x1/run/release',
      runId: 'x1/run',
      requestId: 'x1/run',
      keys: ['k1', 'k2'],
    });
    play.give(released);
    expect(commands(play)).toEqual(['x1/summary']);
  });

  it('is held through the rollback and given back after it', () => {
    const play = new Play(locked()).finish((id) =>
      id.includes('undo') ? { outcome: 'SUCCESS', touched: true } : failed(),
    );
    const order = play.events.map((event) => event.event);
    expect(order.indexOf('LockReleased')).toBeGreaterThan(order.indexOf('RollbackEnded'));
    expect(play.execution.runs[0]?.lock).toMatchObject({ state: 'RELEASED', fences: {} });
  });

  it('stays held over a target whose work nobody saw the end of', () => {
    const play = new Play(locked()).run(silent);
    play.give(abort);
    play.wait();
    expect(play.execution.status).toBe('ABORTED');
    expect(commands(play).filter((id) => id.endsWith('/release'))).toEqual([]);
    play.give({ input: 'summaryWritten' });
    const end = (host: string) =>
      play.give({
        input: 'finished',
        attemptId: `x1/run/p1.0/deploy/install@${host}#1`,
        result: { outcome: 'CANCELED', touched: true, confirmed: true },
      });
    end('h1');
    expect(commands(play)).toEqual(['x1/run/p1.0/deploy/install@h2#1/cancel.1']);
    end('h2');
    expect(commands(play)).toEqual(['x1/run/release']);
    expect(told(play.give(released))).toEqual(['LockReleased run', 'Settled']);
  });
});
