import { describe, expect, it } from 'vitest';
import { onFailure, phasePlan, plan, runPlan, sectionPlan, stepPlan, agentStep } from '../../../test/support/plans.ts';
import { Play, toldOf } from '../../../test/support/play.ts';
import { failure } from '@fairlead/proto/model/failure.ts';
import type { Input } from '../inputs.ts';
import type { RunPlan, StepPlan } from '../plan.ts';

const barrier = (identifier: string): StepPlan =>
  stepPlan(identifier, {
    type: 'BARRIER',
    parameters: { identifier },
    runs: 'decided',
    deploys: false,
    timeoutMs: 600_000,
  });
const guard = (id: string, more: object = {}): StepPlan =>
  stepPlan(id, {
    type: 'RESOURCE_CONSTRAINT',
    parameters: { constraint: id, guard: { id, capacity: 1, strategy: 'FIFO' }, ...more },
    runs: 'decided',
    deploys: false,
    timeoutMs: 600_000,
  });
const party = (id: string, steps: readonly StepPlan[], more: Partial<RunPlan> = {}): RunPlan =>
  runPlan([phasePlan('p1', [sectionPlan('s', steps)])], { id, workflow: { id, name: id.toUpperCase() }, ...more });
const play = (...runs: readonly RunPlan[]): Play =>
  new Play(plan([], { kind: 'PIPELINE', stages: [{ id: 's1', name: 'both', runs }] }));

const lock = { lock: { keys: ['k1'], queueLimit: 20, timeoutMs: 60_000 } };
const ofLock = (run: string, answer: Extract<Input, { input: 'lockAnswered' }>['answer']): Input => ({
  input: 'lockAnswered',
  runId: `x1/${run}`,
  requestId: `x1/${run}`,
  answer,
});
const held = { state: 'HELD', fences: { k1: 1 } } as const;
const queued = { state: 'QUEUED', position: 1 } as const;
const ofPermits = (run: string, step: string, state: 'HELD' | 'QUEUED'): Input => ({
  input: 'permitsAnswered',
  stepId: `x1/${run}/p1.0/s/${step}`,
  requestId: `x1/${run}/p1.0/s/${step}/permits.1`,
  answer: state === 'HELD' ? { state, ticket: 1 } : { state, position: 1 },
});
const give = (to: Play, ...inputs: readonly Input[]): Play => {
  for (const input of inputs) to.give(input);
  return to;
};
const failedIn = ({ events }: Play): readonly string[] =>
  events.flatMap((event) => {
    if (event.event === 'StepEnded' && event.status === 'FAILED') return [`${event.stepId} ${event.failure?.code}`];
    return event.event === 'LockRefused' ? [`${event.runId} ${event.failure.code}`] : [];
  });
const messageOf = ({ execution }: Play, run: string) =>
  execution.runs.find((each) => each.id === `x1/${run}`)?.failure?.message;

describe('runs that wait for each other', () => {
  it('fail at once: for permits', () => {
    const both = play(party('web', [guard('g'), barrier('done')]), party('api', [guard('g'), barrier('done')]));
    give(both, ofPermits('web', 'g', 'HELD'), ofPermits('api', 'g', 'QUEUED'));
    expect(failedIn(both)).toEqual(['x1/web/p1.0/s/done DEADLOCK', 'x1/api/p1.0/s/g DEADLOCK']);
    expect(messageOf(both, 'api')).toBe(
      "they wait for each other: WEB: waits at 'done' (holds 'g'); API: waits for 'g'",
    );
  });

  it('fail at once: for guards in different orders, and at barriers in different orders', () => {
    const guards = play(party('web', [guard('a'), guard('b')]), party('api', [guard('b'), guard('a')]));
    give(guards, ofPermits('web', 'a', 'HELD'), ofPermits('api', 'b', 'HELD'));
    give(guards, ofPermits('web', 'b', 'QUEUED'), ofPermits('api', 'a', 'QUEUED'));
    expect(failedIn(guards)).toEqual(['x1/web/p1.0/s/b DEADLOCK', 'x1/api/p1.0/s/a DEADLOCK']);
    const barriers = play(party('web', [barrier('a'), barrier('b')]), party('api', [barrier('b'), barrier('a')]));
    expect(failedIn(barriers)).toEqual(['x1/web/p1.0/s/a DEADLOCK', 'x1/api/p1.0/s/b DEADLOCK']);
  });
});

describe('no deadlock is', () => {
  it('a lock that another execution holds', () => {
    const both = play(party('web', [barrier('done')]), party('api', [barrier('done')], lock));
    expect(failedIn(give(both, ofLock('api', queued)))).toEqual([]);
  });

  it('a lock of a peer that goes on', () => {
    const both = play(party('web', [agentStep('work'), barrier('done')], lock), party('api', [agentStep('b')], lock));
    expect(failedIn(give(both, ofLock('web', held), ofLock('api', queued)))).toEqual([]);
  });

  it('a place in a queue for permits that others can give back', () => {
    const wide = { guard: { id: 'g', capacity: 2, strategy: 'FIFO' } };
    const both = play(
      party('web', [guard('g', wide), barrier('done')]),
      party('api', [guard('g', wide), barrier('done')]),
    );
    give(both, ofPermits('web', 'g', 'HELD'), ofPermits('api', 'g', 'QUEUED'));
    expect(failedIn(both)).toEqual([]);
  });
});

describe('a refused lock', () => {
  const full = ofLock('web', { state: 'REFUSED', failure: failure('QUEUE_FULL', 'too many') });
  const pre = sectionPlan('pre', [agentStep('make')]);
  const undoPre = sectionPlan('undo', [agentStep('make')]);

  it('aborts where the strategy says so', () => {
    const one = play(party('web', [], { ...lock, failureStrategies: [onFailure('ABORT')] }));
    give(one, full);
    expect(one.execution.status).toBe('ABORTED');
  });

  it('is not ignored, and nobody is asked', () => {
    const strategies = [onFailure('IGNORE'), onFailure('MANUAL_INTERVENTION')];
    const one = play(party('web', [agentStep('work')], { ...lock, failureStrategies: strategies }));
    give(one, full);
    expect(toldOf(one.events, 'RunEnded')).toEqual(['RunEnded web FAILED QUEUE_FULL: too many']);
  });

  it('takes back what was provisioned before it, and nothing else', () => {
    const one = play(party('web', [agentStep('work')], { ...lock, pre, undoPre }));
    one.run(() => null);
    const attemptId = 'x1/web/pre.0/pre/make@-#1';
    give(one, { input: 'finished', attemptId, result: { outcome: 'SUCCESS', touched: true } });
    give(one, full);
    expect(one.execution.runs[0]?.rollback).toMatchObject({ scope: 'WORKFLOW', result: null });
    one.run();
    expect(toldOf(one.events, 'RollbackEnded', 'RunEnded')).toEqual([
      'RollbackEnded web SUCCESS',
      'RunEnded web FAILED null',
    ]);
    expect(one.execution.runs[0]?.failure?.code).toBe('QUEUE_FULL');
  });
});
