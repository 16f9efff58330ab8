import { expect, it } from 'vitest';
import { hostNamed, phasePlan, plan, runPlan, sectionPlan, stepPlan } from '../../../test/support/plans.ts';
import { Play, succeeded, toldOf } from '../../../test/support/play.ts';
import type { StepPlan } from '../plan.ts';
import type { Input } from '../inputs.ts';

const KEY = 'app/env/inf/svc';
const barrier = (identifier: string): StepPlan =>
  stepPlan(identifier, { type: 'BARRIER', parameters: { identifier }, runs: 'decided', deploys: false });
/** Deploys with the lock of a key, and meets the others. */
const party = (id: string, key: string, ...meets: readonly string[]) =>
  runPlan(
    [
      phasePlan('p1', [sectionPlan('deploy', [stepPlan('install')]), sectionPlan('meet', meets.map(barrier))], {
        hosts: [hostNamed('h')],
        rollback: [sectionPlan('back', [stepPlan('undo')], { undoes: 'deploy' })],
      }),
    ],
    { id, name: id.toUpperCase(), lock: { keys: [key], queueLimit: 20, timeoutMs: 60_000 } },
  );
const parties = (...runs: readonly ReturnType<typeof party>[]) =>
  new Play(plan([], { kind: 'PIPELINE', stages: [{ id: 's1', name: 'both', runs }] }));

const answered = (id: string, state: 'HELD' | 'QUEUED'): Input => ({
  input: 'lockAnswered',
  runId: `x1/${id}`,
  requestId: `x1/${id}`,
  answer: state === 'HELD' ? { state, fences: {} } : { state, position: 1 },
});

/** Everything but locks. */
function work(play: Play): void {
  for (let before = -1; before !== play.events.length;) {
    before = play.events.length;
    for (const command of play.commands) {
      if (command.command !== 'acquireLock') play.carryOut(command, () => succeeded);
    }
  }
}
const statuses = ({ execution }: Play) => execution.runs.map((run) => `${run.id}: ${run.status}`);

it('fails both at once, whoever comes first, and takes back what the holder did', () => {
  for (const order of ['barrier', 'queue']) {
    const play = parties(party('a', KEY, 'done'), party('b', KEY, 'done'));
    play.give(answered('a', 'HELD'));
    if (order === 'queue') play.give(answered('b', 'QUEUED'));
    work(play);
    if (order === 'barrier') play.give(answered('b', 'QUEUED'));
    const message =
      "they wait for each other: B waits for the lock of shop/prod/dc1/web, which A holds; A waits at the barrier 'done' for B";
    expect(toldOf(play.events, 'LockRefused')).toEqual([`LockRefused b DEADLOCK: ${message}`]);
    expect(play.now).toBe(1_000);
    play.finish();
    expect(statuses(play)).toEqual(['x1/a: FAILED', 'x1/b: FAILED']);
    expect(play.execution.runs[0]?.failure).toMatchObject({ code: 'DEADLOCK', message: `peer B failed: ${message}` });
    expect(toldOf(play.events, 'RollbackEnded')).toEqual(['RollbackEnded a SUCCESS']);
  }
});

it('sees a cycle over several barriers, and its runs', () => {
  const play = parties(party('a', KEY, 'one'), party('b', 'other', 'one', 'two'), party('c', KEY, 'two', 'one'));
  play.give(answered('a', 'HELD'));
  play.give(answered('b', 'HELD'));
  play.give(answered('c', 'QUEUED'));
  work(play);
  const [refused] = play.events.filter((event) => event.event === 'LockRefused');
  expect(refused).toMatchObject({ runId: 'x1/c', failure: { details: { cycle: ['x1/a', 'x1/c'] } } });
  play.finish();
  expect(statuses(play)).toEqual(['x1/a: FAILED', 'x1/b: FAILED', 'x1/c: FAILED']);
});

it('lets wait who only queues: for a peer that goes on, or for somebody else', () => {
  const on = parties(party('a', KEY), party('b', KEY));
  on.give(answered('a', 'HELD'));
  on.give(answered('b', 'QUEUED'));
  work(on);
  expect(on.finish().execution.status).toBe('SUCCESS');
  const elsewhere = parties(party('a', 'other', 'done'), party('b', KEY, 'done'));
  elsewhere.give(answered('a', 'HELD'));
  elsewhere.give(answered('b', 'QUEUED'));
  work(elsewhere);
  expect(toldOf(elsewhere.events, 'LockRefused', 'BarrierFailed')).toEqual([]);
  elsewhere.give(answered('b', 'HELD'));
  expect(elsewhere.finish().execution.status).toBe('SUCCESS');
});
