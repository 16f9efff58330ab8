import { describe, expect, it } from 'vitest';
import { agentStep, hostNamed, phasePlan, plan, runPlan, sectionPlan, stepPlan } from '../../../test/support/plans.ts';
import { Play, succeeded, toldOf } from '../../../test/support/play.ts';
import type { Input } from '../inputs.ts';
import type { RunPlan, StepPlan } from '../plan.ts';

const KEY = 'app/env/inf/svc';
const decided = { runs: 'decided', deploys: false, timeoutMs: 600_000 } as const;
const barrier = (identifier: string): StepPlan =>
  stepPlan(identifier, { ...decided, type: 'BARRIER', parameters: { identifier } });
const guard = (id: string, more: object = {}): StepPlan => {
  const parameters = { constraint: id, guard: { id, capacity: 1, strategy: 'FIFO' }, ...more };
  return stepPlan(id, { ...decided, type: 'RESOURCE_CONSTRAINT', parameters });
};
const party = (id: string, steps: readonly StepPlan[], more: Partial<RunPlan> = {}): RunPlan =>
  runPlan([phasePlan('p1', [sectionPlan('s', steps)])], { id, name: id.toUpperCase(), ...more });
const withLock = (key = KEY) => ({ lock: { keys: [key], queueLimit: 20, timeoutMs: 60_000 } });
/** Deploys with the lock of a key, and meets the others. */
const deploying = (id: string, key: string, ...meets: readonly string[]): RunPlan => {
  const sections = [sectionPlan('deploy', [stepPlan('install')]), sectionPlan('meet', meets.map(barrier))];
  const rollback = [sectionPlan('back', [stepPlan('undo')], { undoes: 'deploy' })];
  const phase = phasePlan('p1', sections, { hosts: [hostNamed('h')], rollback });
  return runPlan([phase], { id, name: id.toUpperCase(), ...withLock(key) });
};
const play = (...runs: readonly RunPlan[]): Play =>
  new Play(plan([], { kind: 'PIPELINE', stages: [{ id: 's1', name: 'both', runs }] }));

const ofLock = (run: string, state: 'HELD' | 'QUEUED'): Input => ({
  input: 'lockAnswered',
  runId: `x1/${run}`,
  requestId: `x1/${run}`,
  answer: state === 'HELD' ? { state, fences: { [KEY]: 1 } } : { state, position: 1 },
});
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
/** Everything but locks. */
function work(one: Play): void {
  for (let before = -1; before !== one.events.length;) {
    before = one.events.length;
    for (const command of one.commands) {
      if (command.command !== 'acquireLock') one.carryOut(command, () => succeeded);
    }
  }
}

const failedIn = ({ events }: Play): readonly string[] =>
  events.flatMap((event) => {
    if (event.event === 'StepEnded' && event.status === 'FAILED') return [`${event.stepId} ${event.failure?.code}`];
    return event.event === 'LockRefused' ? [`${event.runId} ${event.failure.code}`] : [];
  });
const messageOf = ({ execution }: Play, run: string) =>
  execution.runs.find((each) => each.id === `x1/${run}`)?.failure?.message;
const statuses = ({ execution }: Play) => execution.runs.map((run) => `${run.id}: ${run.status}`);

describe('runs that wait for each other fail at once', () => {
  it('at a barrier and for permits', () => {
    const both = play(party('web', [guard('g'), barrier('done')]), party('api', [guard('g'), barrier('done')]));
    give(both, ofPermits('web', 'g', 'HELD'), ofPermits('api', 'g', 'QUEUED'));
    expect(failedIn(both)).toEqual(['x1/web/p1.0/s/done DEADLOCK', 'x1/api/p1.0/s/g DEADLOCK']);
    expect(messageOf(both, 'api')).toBe(
      "they wait for each other: WEB waits at the barrier 'done' for API; API waits for permits of 'g', which WEB holds",
    );
    expect(both.execution.runs[0]?.failure?.details).toEqual({ cycle: ['x1/api', 'x1/web'] });
  });

  it('for guards in different orders, and at barriers in different orders', () => {
    const guards = play(party('web', [guard('a'), guard('b')]), party('api', [guard('b'), guard('a')]));
    give(guards, ofPermits('web', 'a', 'HELD'), ofPermits('api', 'b', 'HELD'));
    give(guards, ofPermits('web', 'b', 'QUEUED'), ofPermits('api', 'a', 'QUEUED'));
    expect(failedIn(guards)).toEqual(['x1/web/p1.0/s/b DEADLOCK', 'x1/api/p1.0/s/a DEADLOCK']);
    const barriers = play(party('web', [barrier('a'), barrier('b')]), party('api', [barrier('b'), barrier('a')]));
    expect(failedIn(barriers)).toEqual(['x1/web/p1.0/s/a DEADLOCK', 'x1/api/p1.0/s/b DEADLOCK']);
  });

  it('for permits that are held until all of it ends', () => {
    const both = play(party('web', [guard('g', { scope: 'PIPELINE' })]), party('api', [barrier('b'), guard('g')]));
    give(both, ofPermits('web', 'g', 'HELD'), ofPermits('api', 'g', 'QUEUED'));
    expect(both.finish().execution.runs[1]?.failure?.message).toBe(
      "it waits for its own end: API waits for permits of 'g', which are held until all of it ends",
    );
    expect(statuses(both)).toEqual(['x1/web: SUCCESS', 'x1/api: FAILED']);
  });

  it('all but those who only wait for one of them', () => {
    const parties = [party('web', [barrier('a'), barrier('b')]), party('api', [barrier('b'), barrier('a')])];
    const third = play(...parties, party('db', [guard('g'), barrier('c')]), party('job', [guard('g')]));
    give(third, ofPermits('db', 'g', 'QUEUED'), ofPermits('job', 'g', 'HELD'));
    expect(failedIn(third)).toEqual(['x1/web/p1.0/s/a DEADLOCK', 'x1/api/p1.0/s/b DEADLOCK']);
  });

  it('though somebody who comes before them waits for one of them', () => {
    const three = play(
      party('db', [guard('g')]),
      party('web', [guard('g'), barrier('a'), barrier('b')]),
      party('api', [barrier('b'), barrier('a')]),
    );
    give(three, ofPermits('db', 'g', 'QUEUED'), ofPermits('web', 'g', 'HELD'));
    expect(failedIn(three)).toEqual(['x1/web/p1.0/s/a DEADLOCK', 'x1/api/p1.0/s/b DEADLOCK']);
  });

  it('once the execution is no longer paused', () => {
    const both = play(party('web', [guard('g'), barrier('done')]), party('api', [guard('g'), barrier('done')]));
    give(both, ofPermits('web', 'g', 'HELD'), { input: 'pause', actor: 'ada', reason: 'lunch' });
    give(both, ofPermits('api', 'g', 'QUEUED'));
    expect(failedIn(both)).toEqual([]);
    give(both, { input: 'resume', actor: 'ada' });
    expect(failedIn(both)).toEqual(['x1/web/p1.0/s/done DEADLOCK', 'x1/api/p1.0/s/g DEADLOCK']);
  });
});

describe('who queues for its lock', () => {
  it('fails alone, whoever comes first; its peers take back what they did', () => {
    for (const order of ['barrier', 'queue']) {
      const both = play(deploying('a', KEY, 'done'), deploying('b', KEY, 'done'));
      both.give(ofLock('a', 'HELD'));
      if (order === 'queue') both.give(ofLock('b', 'QUEUED'));
      work(both);
      if (order === 'barrier') both.give(ofLock('b', 'QUEUED'));
      const message =
        "they wait for each other: B waits for the lock of shop/prod/dc1/web, which A holds; A waits at the barrier 'done' for B";
      expect(toldOf(both.events, 'LockRefused')).toEqual([`LockRefused b DEADLOCK: ${message}`]);
      expect(both.now).toBe(1_000);
      both.finish();
      expect(statuses(both)).toEqual(['x1/a: FAILED', 'x1/b: FAILED']);
      expect(both.execution.runs[0]?.failure).toMatchObject({ code: 'DEADLOCK', message: `peer B failed: ${message}` });
      expect(toldOf(both.events, 'RollbackEnded')).toEqual(['RollbackEnded a SUCCESS']);
    }
  });

  it('fails for all who cannot come to their barriers without it', () => {
    const three = play(
      deploying('a', KEY, 'one'),
      deploying('b', 'other', 'one', 'two'),
      deploying('c', KEY, 'two', 'one'),
    );
    give(three, ofLock('a', 'HELD'), ofLock('b', 'HELD'), ofLock('c', 'QUEUED'));
    work(three);
    const [refused] = three.events.filter((event) => event.event === 'LockRefused');
    expect(refused).toMatchObject({ runId: 'x1/c', failure: { details: { cycle: ['x1/a', 'x1/c'] } } });
    three.finish();
    expect(statuses(three)).toEqual(['x1/a: FAILED', 'x1/b: FAILED', 'x1/c: FAILED']);
  });

  it('lets a peer go on that waits for its permits', () => {
    const pre = sectionPlan('pre', [guard('g', { scope: 'WORKFLOW' })]);
    const both = play(
      party('web', [guard('g')], withLock()),
      party('api', [agentStep('work')], { pre, ...withLock() }),
    );
    const asked = { stepId: 'x1/api/pre.0/pre/g', requestId: 'x1/api/pre.0/pre/g/permits.1' };
    give(both, { input: 'permitsAnswered', ...asked, answer: { state: 'HELD', ticket: 1 } });
    give(both, ofLock('web', 'HELD'), ofPermits('web', 'g', 'QUEUED'), ofLock('api', 'QUEUED'));
    expect(failedIn(both)).toEqual(['x1/api DEADLOCK']);
    give(both, ofPermits('web', 'g', 'HELD'));
    expect(statuses(both.finish())).toEqual(['x1/web: SUCCESS', 'x1/api: FAILED']);
  });
});

describe('no deadlock is', () => {
  it('a lock that another execution holds', () => {
    const both = play(deploying('a', 'other', 'done'), deploying('b', KEY, 'done'));
    give(both, ofLock('a', 'HELD'), ofLock('b', 'QUEUED'));
    work(both);
    expect(failedIn(both)).toEqual([]);
    expect(give(both, ofLock('b', 'HELD')).finish().execution.status).toBe('SUCCESS');
  });

  it('a lock of a peer that goes on', () => {
    const both = play(deploying('a', KEY), deploying('b', KEY));
    give(both, ofLock('a', 'HELD'), ofLock('b', 'QUEUED'));
    expect(failedIn(both)).toEqual([]);
    expect(both.finish().execution.status).toBe('SUCCESS');
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

  it('a place in a queue for permits of another guard than the peer holds', () => {
    const both = play(party('web', [guard('h'), barrier('done')]), party('api', [guard('g'), barrier('done')]));
    give(both, ofPermits('web', 'h', 'HELD'), ofPermits('api', 'g', 'QUEUED'));
    expect(failedIn(both)).toEqual([]);
    expect(give(both, ofPermits('api', 'g', 'HELD')).finish().execution.status).toBe('SUCCESS');
  });

  it('a place in a queue for permits that will be given back by one whose peers go on, however far away', () => {
    const wide = { guard: { id: 'g', capacity: 2, strategy: 'FIFO' } };
    const many = play(
      party('web', [guard('g', wide), barrier('done')]),
      party('api', [guard('g', wide), barrier('done')]),
      party('db', [guard('g', wide), barrier('other')]),
      party('job', [barrier('third'), barrier('other')]),
      party('mail', [agentStep('work'), barrier('third')]),
    );
    give(many, ofPermits('web', 'g', 'HELD'), ofPermits('db', 'g', 'HELD'), ofPermits('api', 'g', 'QUEUED'));
    expect(failedIn(many)).toEqual([]);
    many.run();
    expect(many.execution.runs.map((run) => run.status)).toEqual(many.execution.runs.map(() => 'SUCCESS'));
  });
});
