import { expect, it } from 'vitest';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import { createMemoryStore } from '../../test/support/memory-store/index.ts';
import { plan, runPlan, simplePlan } from '../../test/support/plans.ts';
import type { Plan } from '../engine/plan.ts';
import { withNumbers } from './release-numbers.ts';

const numbersOf = ({ stages }: Plan) =>
  stages.flatMap(({ runs }) => runs.map(({ families }) => (families['workflow'] as { releaseNo?: string }).releaseNo));

const started = (executionId: string): Plan => ({
  ...simplePlan({ run: { families: { workflow: {} } } }),
  executionId,
});

it('counts every start of a workflow once, however many count at the same time', async () => {
  const store = createMemoryStore();
  const ids = Array.from({ length: 20 }, (_, index) => `x${index}`);
  const all = await Promise.all(ids.map((id) => withNumbers(store, started(id))));
  expect(all.flatMap(numbersOf).toSorted((a, b) => Number(a) - Number(b))).toEqual(ids.map((_, at) => String(at + 1)));
  // Asked again, since the answer was lost.
  expect(numbersOf(await withNumbers(store, started('y')))).toEqual(['21']);
  expect(numbersOf(await withNumbers(store, started('y')))).toEqual(['21']);
});

it('leaves approvals and what is planned later alone', async () => {
  const families = { workflow: {} };
  const runs = [runPlan([], { families, type: 'APPROVAL' }), runPlan([], { families, deferred: true })];
  expect(numbersOf(await withNumbers(createMemoryStore(), plan(runs)))).toEqual([undefined, undefined]);
});

it('tells the last good one where it goes; of what was brought back, the one that had deployed it', async () => {
  const store = createMemoryStore();
  const [run] = simplePlan().stages.flatMap((stage) => stage.runs);
  const mapping = run?.phases[0]?.mapping ?? '';
  const name = run?.workflow.name ?? '';
  const common = { seq: 1, application: 'a', kind: 'WORKFLOW', environment: null, actor: 'a', startedAt: 1 } as const;
  const good = async (executionId: string, at: number, more: object, restored: object[] = []) => {
    const summary = { successes: [{ name, mapping, at, ...more }], restored: restored as { [name: string]: string }[] };
    await store.rows.putExecution({ ...common, executionId, name, status: 'SUCCESS', endedAt: at, summary });
  };
  const last = async () => {
    const [first] = (await withNumbers(store, started('z'))).stages.flatMap((stage) => stage.runs);
    const workflow = (first?.families['workflow'] ?? {}) as JsonObject; // A family.
    return [workflow['lastGoodReleaseNo'], workflow['lastGoodDeploymentDisplayName']];
  };
  expect(await last()).toEqual([null, null]);
  await good('x1', 10, { releaseNo: '7', displayName: 'ship then' });
  await good('x2', 20, { releaseNo: '8', displayName: 'ship later' });
  expect(await last()).toEqual(['8', 'ship later']);
  await good('x3', 30, { releaseNo: '8', displayName: 'ship later' }, [{ workflow: name, mapping, executionId: 'x1' }]);
  expect(await last()).toEqual(['7', 'ship then']);
  // By a release that counted nothing.
  await good('x4', 40, {});
  expect(await last()).toEqual([null, null]);
});
