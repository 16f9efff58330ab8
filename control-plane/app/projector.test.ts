import { describe, expect, it } from 'vitest';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import { createMemoryStore } from '../../test/support/memory-store/index.ts';
import { simplePlan } from '../../test/support/plans.ts';
import { Play, succeeded } from '../../test/support/play.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import { artifact } from '../definitions/plan-fixture.ts';
import type { Decision } from './deliberate.ts';
import { Projector } from './projector.ts';

const play = new Play(simplePlan());
play.finish(() => succeeded);
const { execution } = play;

const decided = (...events: readonly string[]): readonly Decision[] =>
  // Only their names are looked at.
  [{ input: { input: 'tick' }, events: events.map((event) => ({ event })) } as unknown as Decision];

const deploying = () =>
  simplePlan({ phase: { artifact: artifact('web', '7') }, steps: { install: { artifact: 'current' } } });

describe('rows that are written behind', () => {
  function open(failing: readonly unknown[] = [], of = execution) {
    const system = new VirtualSystem();
    const { rows } = createMemoryStore();
    const errors = [...failing];
    const told: unknown[] = [];
    const written: [number, number][] = [];
    const put: typeof rows.putExecution = async (row) => {
      if (errors.length > 0) throw errors.shift();
      written.push([system.elapsed, row.seq]);
      return rows.putExecution(row);
    };
    const projector = new Projector({ ...rows, putExecution: put }, system.scheduler, (error) => told.push(error));
    const follow = (seq: number, ...events: readonly string[]) => projector.follow(of, seq, decided(...events));
    const pass = async (ms: number): Promise<void> => {
      system.scheduler.after(ms, () => {});
      const until = system.elapsed + ms;
      while (system.elapsed < until) await system.step();
    };
    return { rows, projector, system, written, follow, pass, told };
  }

  it('shows a new one at once, a change soon, and how far it is within a second', async () => {
    const { written, follow, pass } = open();
    follow(1, 'ExecutionStarted');
    await pass(1);
    follow(2, 'AttemptStarted');
    follow(3, 'AttemptEnded', 'StepEnded', 'StepStarted');
    await pass(2_000);
    follow(4, 'AttemptEnded', 'StepEnded', 'RunEnded');
    await pass(2_000);
    expect(written).toEqual([
      [0, 1],
      [1_001, 3],
      [2_201, 4],
    ]);
  });

  it('does not let a change wait for the progress before it, nor be put off by the progress after it', async () => {
    const { written, follow, pass } = open();
    follow(2, 'AttemptEnded');
    await pass(100);
    follow(3, 'RollbackStarted');
    await pass(100);
    follow(4, 'AttemptStarted');
    await pass(2_000);
    expect(written).toEqual([[300, 4]]);
  });

  it('writes what never stops changing all the same', async () => {
    const { written, follow, pass } = open();
    for (let seq = 2; seq <= 32; seq += 1) {
      follow(seq, 'AttemptStarted');
      await pass(100);
    }
    expect(written.map(([at]) => at)).toEqual([1_000, 2_000, 3_000]);
  });

  const away = new FailureError(failure('UNAVAILABLE', 'no route to host'));

  it('writes what waits for a person, also when the store was away just then', async () => {
    const { written, follow, pass, told } = open([away, away]);
    follow(7, 'StepWaits');
    await pass(10_000);
    expect(written).toEqual([[4_200, 7]]);
    expect(told).toEqual([away, away]);
  });

  it('writes the newest once when there was a change while the store was away', async () => {
    const { written, follow, pass } = open([away]);
    follow(7, 'StepWaits');
    await pass(300);
    follow(8, 'AttemptStarted');
    await pass(10_000);
    expect(written.map(([, seq]) => seq)).toEqual([8]);
  });

  it('leaves nothing behind that would keep a process from ending', async () => {
    const { projector, system, written, follow, pass } = open([away, away, away]);
    follow(7, 'StepWaits');
    await pass(300);
    projector.stop();
    follow(8, 'StepWaits');
    expect(system.waiting).toBe(0);
    await pass(10_000);
    expect(written).toEqual([]);
  });

  it('does not begin again what failed after the end', async () => {
    const { projector, system, follow } = open([away, away, away]);
    follow(7, 'StepWaits');
    while (system.waiting > 0) {
      const step = system.step();
      projector.stop();
      await step;
    }
    expect(system.waiting).toBe(0);
  });

  it('does not try again what can never be written', async () => {
    const { written, follow, pass, told } = open([new Error('a bug')]);
    follow(7, 'StepWaits');
    await pass(10_000);
    expect([written, told.length]).toEqual([[], 1]);
  });

  it('tells what runs where when a run has ended, while its pipeline waits; and tries again', async () => {
    const simple = deploying();
    const [run] = simple.stages.flatMap((stage) => stage.runs);
    if (run === undefined) throw new Error('no run');
    const later = { ...run, id: 'b', phases: [], deferred: true };
    const stages = [run, later].map((each) => ({ id: each.id, name: each.id, runs: [each] }));
    const waiting = new Play({ ...simple, kind: 'PIPELINE', stages }).run(() => succeeded).execution;
    expect(waiting.endedAt).toBeNull();
    const { rows, follow, pass } = open([away], waiting);
    const there = async () => (await rows.listInstances({}, { limit: 9 })).map(({ host, build }) => `${host} ${build}`);
    follow(3, 'AttemptEnded', 'StepEnded');
    await pass(5_000);
    expect(await there()).toEqual([]);
    follow(4, 'RunEnded');
    follow(5, 'RunReached');
    await pass(5_000);
    expect(await there()).toEqual(['h1 7', 'h2 7']);
    // Whoever takes it up tells it, too: nobody knows what was written.
    const next = open([], waiting);
    next.follow(6, 'DriverChanged');
    await next.pass(1_000);
    expect(await next.rows.listInstances({}, { limit: 9 })).toHaveLength(2);
  });

  it('leaves what has ended to its summary', async () => {
    const ended = new Play(deploying()).finish(() => succeeded).execution;
    const { rows, follow, pass } = open([], ended);
    follow(4, 'RunEnded', 'ExecutionEnded');
    await pass(5_000);
    expect(await rows.listInstances({}, { limit: 9 })).toEqual([]);
  });
});
