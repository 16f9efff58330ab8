import { describe, expect, it } from 'vitest';
import { createMemoryStore, type StoreHook } from '../../test/support/memory-store/index.ts';
import { oneReplica } from '../../test/support/one-replica.ts';
import { onePhase, sectionPlan, simplePlan, stepPlan } from '../../test/support/plans.ts';
import { failed, Play, succeeded } from '../../test/support/play.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import { artifact } from '../definitions/plan-fixture.ts';
import { plannedRuns } from '../engine/evolve/pipeline.ts';
import type { Plan, RunPlan } from '../engine/plan.ts';
import { planOfRun } from '../engine/plan-of.ts';
import { taskOfAttempt } from '../engine/task.ts';
import type { Actor } from './authorize.ts';
import { foundThere, runsWithFound } from './found-there.ts';
import { lastGoodIn } from './plan-lookups.ts';
import { rowOf } from './execution-row.ts';
import { restoresIn } from './restores.ts';
import { takenOverStages } from './taken-over.ts';

const ada: Actor = { id: 'key:ada', name: 'ada', kind: 'KEY', rights: ['*'] };
const LOCK = { keys: ['k'], queueLimit: 9, timeoutMs: 9_000 };
const HELD = { state: 'HELD', fences: { k: 2 } } as const;

function planOf(executionId: string, build: string, previous: string | null, more: Partial<Plan> = {}): Plan {
  const plan = simplePlan({
    run: { lock: LOCK },
    phase: {
      artifact: artifact('web', build),
      rollbackArtifact: previous === null ? null : artifact('web', previous),
    },
    steps: { install: { artifact: 'current' }, undo: { artifact: 'rollback' } },
  });
  return { ...plan, ...more, executionId };
}

/** Build 2 was deployed by x2 while x3, which was planned when build 1 was there, waited for the lock. */
async function world(more: Partial<Plan> = {}) {
  const { rows } = createMemoryStore();
  for (const [id, build] of [
    ['x1', '1'],
    ['x2', '2'],
  ] as const) {
    const { execution } = new Play(planOf(id, build, null)).finish(() => succeeded);
    await rows.putExecution(rowOf(execution, 9));
  }
  const restores = [{ workflow: 'ship', mapping: 'app/env/inf/svc', executionId: 'x1' }];
  const waiting = new Play(planOf('x3', '3', '1', { restores, ...more }));
  return { waiting, found: await foundThere(rows, waiting.execution, 'x3/run') };
}

it('goes back to what was deployed while it waited for its lock, not to what was there when it was planned', async () => {
  const { waiting, found } = await world();
  expect(found).toMatchObject([{ phaseId: 'p1', rollbackArtifact: { build: '2' }, deployedBy: 'x2' }]);
  waiting.give({ input: 'lockAnswered', runId: 'x3/run', requestId: 'x3/run', answer: { ...HELD, found } });
  const installed: string[] = [];
  waiting.finish((attemptId) => {
    const task = taskOfAttempt(waiting.execution, attemptId);
    if (attemptId.includes('.rollback/') && task.ok) installed.push(task.task.context.artifact?.build ?? 'none');
    return attemptId.includes('/check@') ? failed() : succeeded;
  });
  expect(installed).toEqual(['2', '2']);
  expect(waiting.execution.status).toBe('FAILED');
  const [run] = waiting.execution.runs;
  const [phase] = run === undefined ? [] : planOfRun(waiting.execution, run).phases;
  expect(phase?.families['rollbackArtifact']).toMatchObject({ buildNo: '2' });
  expect(restoresIn(waiting.execution.plan).map(({ executionId }) => executionId)).toEqual(['x2']);
});

it('leaves the plan alone where nothing was deployed meanwhile', async () => {
  const { rows } = createMemoryStore();
  const { execution } = new Play(planOf('x1', '1', null)).finish(() => succeeded);
  await rows.putExecution(rowOf(execution, 9));
  const waiting = new Play(planOf('x3', '3', '1'));
  expect(await foundThere(rows, waiting.execution, 'x3/run')).toEqual([]);
  const events = waiting.give({ input: 'lockAnswered', runId: 'x3/run', requestId: 'x3/run', answer: HELD });
  expect(events.find(({ event }) => event === 'LockGranted')).not.toHaveProperty('found');
});

it('finds nothing else for the rollback of a deployment: what it goes back to was known then', async () => {
  expect((await world({ rollbackOf: 'x2' })).found).toEqual([]);
});

/** Two stages at one place; the first has put build 2 there at 2_000, and the second waits for its lock. */
async function twice(second: Partial<RunPlan> = {}) {
  const { rows } = createMemoryStore();
  const earlier = new Play(planOf('x0', '1', null));
  earlier.now = 1_000;
  await rows.putExecution(rowOf(earlier.finish(() => succeeded).execution, 9));
  const runs = planOf('x3', '2', '1').stages.flatMap((stage) => stage.runs);
  const stages = [
    { id: 's1', name: 'one', runs: runs.map((run) => ({ ...run, id: 'a', lock: null })) },
    { id: 's2', name: 'two', runs: runs.map((run) => ({ ...run, id: 'b', ...second })) },
  ];
  const restores = [{ workflow: 'ship', mapping: 'app/env/inf/svc', executionId: 'x0' }];
  const play = new Play({ ...planOf('x3', '2', '1'), kind: 'PIPELINE', stages, restores });
  play.now = 2_000;
  play.run(() => succeeded);
  const other = async (at: number, name = 'ship') => {
    const plan = planOf('y', '5', '1');
    const between = new Play({
      ...plan,
      stages: plan.stages.map((each) => ({
        ...each,
        runs: each.runs.map((run) => ({ ...run, workflow: { id: 'wf', name } })),
      })),
    });
    between.now = at;
    await rows.putExecution(rowOf(between.finish(() => succeeded).execution, 9));
  };
  return { rows, play, other, look: () => foundThere(rows, play.execution, 'x3/b') };
}

describe('where an earlier stage of the same pipeline has been', () => {
  it('stays with what that one put there, before and after its row is written', async () => {
    const { rows, play, look } = await twice();
    const phase = () => play.execution.plan.stages[1]?.runs[0]?.phases[0];
    expect(phase()?.rollbackArtifact?.build).toBe('2');
    expect(await look()).toEqual([]);
    await rows.putExecution(rowOf(play.execution, 3));
    expect(await look()).toEqual([]);
  });

  it('finds what somebody else has put there since, and nothing older', async () => {
    const { look, other } = await twice();
    await other(1_500);
    expect(await look()).toEqual([]);
    await other(9_000);
    expect(await look()).toMatchObject([{ rollbackArtifact: { build: '5' }, deployedBy: 'y' }]);
  });

  it('is the same for another workflow', async () => {
    const { look, other } = await twice({ workflow: { id: 'wf2', name: 'ship2' } });
    expect(await look()).toEqual([]);
    await other(9_000);
    expect(await look()).toEqual([]);
    await other(9_500, 'ship2');
    expect(await look()).toMatchObject([{ deployedBy: 'y' }]);
  });

  it('is known to a run that is planned when it is reached, and to one of a resumed pipeline', async () => {
    const { rows, play } = await twice();
    const fresh = planOf('x3', '3', '1').stages.flatMap((stage) => stage.runs);
    const target = (runs: readonly RunPlan[]) =>
      runs.map(({ phases, restores }) => [phases[0]?.rollbackArtifact?.build, restores?.[0]?.executionId]);
    expect(target(await runsWithFound(rows, play.execution, fresh))).toEqual([['2', 'x3']]);
    play.give({ input: 'abort', actor: 'ada', reason: '' });
    const taken = takenOverStages(play.execution, 1);
    const resumed = {
      ...play.execution.plan,
      executionId: 'x4',
      stages: [...taken, { id: 's2', name: 'two', runs: fresh }],
    };
    const told = { id: 'x4', plan: resumed, runs: plannedRuns(resumed) };
    expect(target(await runsWithFound(rows, told, fresh))).toEqual([['2', 'x3']]);
    // And when that one is resumed again.
    const again = new Play(resumed);
    again.give({ input: 'abort', actor: 'ada', reason: '' });
    expect(takenOverStages(again.execution, 1)).toEqual(taken);
  });

  it('says after its way back whose deployment is there: of the first stage, or what was before both', async () => {
    const restoredAfter = async (fails: string) => {
      const { play } = await twice({ lock: null });
      const back = new Play({
        ...play.execution.plan,
        executionId: 'x5',
        rollbackOnFailure: true,
        stages: THREE(play.execution.plan),
      });
      back.finish((id) => (id.includes(fails) || id.includes('/c/') ? failed() : succeeded));
      const row = rowOf(back.execution, 1);
      return [row.summary['restored'], lastGoodIn(row, 'app/env/inf/svc')?.build];
    };
    const at = { workflow: 'ship', mapping: 'app/env/inf/svc' };
    expect(await restoredAfter('nowhere')).toEqual([[{ ...at, executionId: 'x0' }], '1']);
    expect(await restoredAfter('/au/')).toEqual([[{ ...at, executionId: 'x5' }], '2']);
  });
});

/** And a third stage elsewhere. */
const THREE = ({ stages }: Plan): Plan['stages'] => [
  ...stages,
  {
    id: 's3',
    name: 'three',
    runs: planOf('x', '2', null)
      .stages.flatMap((stage) => stage.runs)
      .map((run) => ({
        ...run,
        id: 'c',
        lock: null,
        phases: run.phases.map((phase) => ({ ...phase, mapping: 'there' })),
      })),
  },
];

it('is there to be found before the lock is free: the row of a success is written first', async () => {
  const system = new VirtualSystem(1);
  // Rows take their time.
  const hook: StoreHook = async ({ name, moment }) => {
    if (name === 'rows.putExecution' && moment === 'before') await system.scheduler.sleep(500);
  };
  const { replica, store, useCases } = oneReplica({ world: system, hook });
  await replica.start();
  const parameters = { groups: ['ops'], inputs: {}, autoReject: false };
  const ok = stepPlan('ok', { type: 'APPROVAL', runs: 'decided', deploys: false, parameters });
  await replica.drivers.start(onePhase([sectionPlan('gate', [ok])], { run: { lock: LOCK } }));
  await system.advance(1_000);
  const holders = async () => (await replica.locks.look('k')).holders.length;
  expect(await holders()).toBe(1);
  await useCases.answerApproval(ada, 'x1', { answer: 'APPROVE', comment: '', variables: {} });
  for (let ms = 0; (await holders()) > 0 && ms < 5_000; ms += 1) await system.advance(1);
  expect(await holders()).toBe(0);
  expect(await store.rows.getExecution('x1')).toMatchObject({ status: 'SUCCESS' });
  await replica.stop();
});
