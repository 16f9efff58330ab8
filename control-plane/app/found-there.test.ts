import { expect, it } from 'vitest';
import { createMemoryStore, type StoreHook } from '../../test/support/memory-store/index.ts';
import { oneReplica } from '../../test/support/one-replica.ts';
import { onePhase, sectionPlan, simplePlan, stepPlan } from '../../test/support/plans.ts';
import { failed, Play, succeeded } from '../../test/support/play.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import { artifact } from '../definitions/plan-fixture.ts';
import type { Plan } from '../engine/plan.ts';
import { planOfRun } from '../engine/plan-of.ts';
import { taskOfAttempt } from '../engine/task.ts';
import type { Actor } from './authorize.ts';
import { foundThere } from './found-there.ts';
import { rowOf } from './projector.ts';
import { restoresIn } from './restores.ts';

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
