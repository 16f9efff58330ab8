import { expect, it } from 'vitest';
import { oneReplica } from '../../test/support/one-replica.ts';
import { agentStep, phasePlan, runPlan, sectionPlan, simplePlan } from '../../test/support/plans.ts';
import { failed, Play, succeeded } from '../../test/support/play.ts';
import { artifact } from '../definitions/plan-fixture.ts';
import type { Plan } from '../engine/plan.ts';
import type { Actor } from './authorize.ts';
import { rowOf } from './execution-row.ts';
import { instancesOf } from './installs.ts';
import { takenOverStages } from './taken-over.ts';

const ada: Actor = { id: 'key:ada', name: 'ada', kind: 'KEY', rights: ['*'] };

function planOf(executionId: string, build: string, previous: string | null, more: Partial<Plan> = {}): Plan {
  const plan = simplePlan({
    phase: {
      artifact: artifact('web', build),
      rollbackArtifact: previous === null ? null : artifact('web', previous),
    },
    steps: { install: { artifact: 'current' } },
  });
  return { ...plan, ...more, executionId };
}

async function world() {
  const { store, useCases, journal } = oneReplica();
  let now = 1_000;
  /** It succeeded. `shown`: its row is written. */
  const succeeds = async (plan: Plan, shown: boolean): Promise<void> => {
    const play = new Play(plan);
    play.now = now += 1_000;
    for (let command = play.commands[0]; command?.command !== 'writeSummary'; command = play.commands[0]) {
      if (command === undefined) throw new Error('nothing is wanted');
      play.now += 1;
      play.carryOut(command, () => succeeded);
    }
    expect(play.execution.status).toBe('SUCCESS');
    await journal(play);
    if (!shown) return;
    await store.rows.putExecution(rowOf(play.execution, 1));
    await store.rows.putInstances(instancesOf(play.execution, 1));
  };
  await succeeds(planOf('x1', '1', null), true);
  await succeeds(planOf('x2', '2', '1'), false);
  const rollback = (id: string) => useCases.rollback(ada, id, '');
  return { store, succeeds, rollback };
}

it('takes back what has succeeded this moment, before its row is written', async () => {
  const { rollback } = await world();
  const { executionId } = await rollback('x2');
  expect(executionId).not.toBe('x2');
  expect(await rollback('x2')).toEqual({ executionId });
  await expect(rollback('x1')).rejects.toThrow('x2 was deployed there after it');
});

it('answers who asks again with the rollback that has succeeded, before its row is written', async () => {
  const { store, succeeds, rollback } = await world();
  await store.documents.insert('rollbacks', 'x2', { executionId: 'x3' });
  await succeeds(planOf('x3', '2', '1', { rollbackOf: 'x2' }), false);
  expect(await rollback('x2')).toEqual({ executionId: 'x3' });
});

it('takes back a pipeline of which two workflows have been at one place', async () => {
  const { succeeds, rollback } = await world();
  const stages = [
    ['a', 'ship', '2'],
    ['b', 'ship2', '3'],
  ].map(([id = '', name = '', previous = '']) => {
    const runs = planOf('x4', '3', previous).stages.flatMap((stage) => stage.runs);
    return { id: `s${id}`, name: id, runs: runs.map((run) => ({ ...run, id, workflow: { id: name, name } })) };
  });
  await succeeds(planOf('x4', '3', '2', { kind: 'PIPELINE', stages }), true);
  await expect(rollback('x4')).resolves.toMatchObject({ executionId: expect.any(String) });
});

it('looks only at what would be taken back: what was skipped may have been deployed by others since', async () => {
  const { succeeds, rollback } = await world();
  const run = (id: string, mapping: string, skip: string | null) =>
    planOf('x5', '3', '2').stages.flatMap((stage) =>
      stage.runs.map((each) => ({ ...each, id, skip, phases: each.phases.map((phase) => ({ ...phase, mapping })) })),
    );
  const stages = [
    { id: 's1', name: 'one', runs: run('a', 'here', null) },
    { id: 's2', name: 'two', runs: run('b', 'app/env/inf/svc', 'true') },
  ];
  await succeeds(planOf('x5', '3', '2', { kind: 'PIPELINE', stages }), true);
  await succeeds(planOf('x6', '4', '2'), true);
  await expect(rollback('x5')).resolves.toMatchObject({ executionId: expect.any(String) });
});

it('takes back a resumed pipeline with what it took over, as long as nobody has deployed there since', async () => {
  const { store, succeeds, rollback } = await world();
  const stages = ['here', 'there'].map((mapping) => ({
    id: mapping,
    name: mapping,
    runs: planOf('x7', '3', '2').stages.flatMap((stage) =>
      stage.runs.map((run) => ({ ...run, id: mapping, phases: run.phases.map((phase) => ({ ...phase, mapping })) })),
    ),
  }));
  const pipeline = { kind: 'PIPELINE', stages } as const;
  const first = new Play(planOf('x7', '3', '2', pipeline));
  first.now = 3_500;
  first.finish((attempt) => (attempt.includes('/there/p1.0/verify') ? failed() : succeeded));
  await store.rows.putExecution(rowOf(first.execution, 1));
  const taken = { ...pipeline, stages: [...takenOverStages(first.execution, 1), ...stages.slice(1)] };
  const [one, two] = [planOf('x8', '3', '2', taken), planOf('x9', '3', '2', taken)];
  await succeeds(one, true);
  await expect(rollback('x8')).resolves.toMatchObject({ executionId: expect.any(String) });
  await succeeds(planOf('x10', '4', '2', { stages: stages.slice(0, 1) }), true);
  await succeeds(two, true);
  await expect(rollback('x9')).rejects.toThrow('x10 was deployed there after it');
});

it('takes back a pipeline that has built something: that leaves nothing on any host', async () => {
  const { succeeds, rollback } = await world();
  const phase = phasePlan('p1', [sectionPlan('make', [agentStep('make')])], {
    ...{ deploymentType: 'BUILD', mapping: null, hosts: [] },
  });
  const build = runPlan([phase], { id: 'make', type: 'BUILD', failureStrategies: [] });
  const stages = [{ id: 's0', name: 'build', runs: [build] }, ...planOf('x11', '3', '2').stages];
  await succeeds(planOf('x11', '3', '2', { kind: 'PIPELINE', stages }), true);
  await expect(rollback('x11')).resolves.toMatchObject({ executionId: expect.any(String) });
});
