import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../test/support/memory-store/index.ts';
import { hostNamed, hostNames, simplePlan } from '../../test/support/plans.ts';
import { failed, Play, succeeded } from '../../test/support/play.ts';
import { artifact } from '../definitions/plan-fixture.ts';
import { catalogOf } from '../definitions/catalog-fixture.ts';
import type { Plan } from '../engine/plan.ts';
import { deployments, whatRunsWhere } from './instances.ts';
import { instancesOf } from './installs.ts';
import { installedIn } from './plan-lookups.ts';

const definition = (hosts: string): string => `
fairlead: v1
application: shop
services: { web: { type: ssh/other, commands: { Install: [{ exec: 'true' }] } } }
environments:
  prod:
    type: production
    infrastructure: { dc1: { hosts: [${hosts}], login: { user: deploy, key: "secret:file:/key" } } }
workflows: { ship: { type: basic, service: web, environment: prod } }
`;

function planOf(id: string, build: string, previous: string | null, hosts = 3): Plan {
  const plan = simplePlan({
    phase: {
      hosts: hostNames(hosts).map(hostNamed),
      artifact: artifact('web', build),
      rollbackArtifact: previous === null ? null : artifact('web', previous),
    },
    steps: { install: { artifact: 'current' }, undo: { artifact: previous === null ? null : 'rollback' } },
  });
  return { ...plan, executionId: id };
}

describe('what runs where', () => {
  const store = createMemoryStore();
  const ship = async (plan: Plan, at: number, fails = false): Promise<void> => {
    const play = new Play(plan);
    play.now = at;
    play.finish((id) => {
      play.now += 10;
      return fails && id.includes('check') ? failed() : succeeded;
    });
    await store.rows.putInstances(instancesOf(play.execution, play.decisions.length));
  };
  const look = async (hosts: string, query: Partial<Parameters<typeof whatRunsWhere>[2]> = {}) => {
    const { instances, next } = await whatRunsWhere(store.rows, catalogOf(definition(hosts)), {
      filter: {},
      limit: 100,
      ...query,
    });
    return [instances.map((row) => `${row.host} ${row.build} ${row.executionId} ${row.state}`), next];
  };

  it('is what the last deployment left, whoever told it last', async () => {
    await ship(planOf('x2', '2', '1'), 20_000);
    await ship(planOf('x1', '1', null), 10_000);
    expect(await look('h1, h2, h3')).toEqual([['h1 2 x2 RUNNING', 'h2 2 x2 RUNNING', 'h3 2 x2 RUNNING'], null]);
  });

  it('is what a rollback put back, with both in the history', async () => {
    await ship(planOf('x3', '3', '2', 2), 30_000, true);
    expect((await look('h1, h2, h3'))[0]).toEqual(['h1 2 x3 RUNNING', 'h2 2 x3 RUNNING', 'h3 2 x2 RUNNING']);
    const page = await deployments(store.rows, { host: 'h1' }, undefined, 2);
    const second = await deployments(store.rows, { host: 'h1' }, page.next ?? undefined, 2);
    const told = [page, second].map((each) => each.deployments.map((row) => `${row.action} ${row.build}`));
    expect(told).toEqual([
      ['ROLLED_BACK 2', 'DEPLOYED 3'],
      ['DEPLOYED 2', 'DEPLOYED 1'],
    ]);
    expect(second.next).toBeNull();
  });

  it('says so where the host has left, or the whole place', async () => {
    expect((await look('h1, h3'))[0]).toEqual(['h1 2 x3 RUNNING', 'h2 2 x3 REMOVED', 'h3 2 x2 RUNNING']);
    expect((await look('h1, h3', { state: 'REMOVED' }))[0]).toEqual(['h2 2 x3 REMOVED']);
    const other = definition('h1').replaceAll('dc1', 'dc2');
    const { instances } = await whatRunsWhere(store.rows, catalogOf(other), { filter: {}, limit: 9 });
    expect(new Set(instances.map((row) => row.note))).toEqual(new Set(['the infrastructure prod/dc1 is gone']));
  });

  it('comes in pages, also of one state', async () => {
    const [first, next] = await look('h1, h2, h3', { limit: 2 });
    expect(first).toEqual(['h1 2 x3 RUNNING', 'h2 2 x3 RUNNING']);
    expect(await look('h1, h2, h3', { limit: 2, cursor: String(next) })).toEqual([['h3 2 x2 RUNNING'], null]);
    const [running, after] = await look('h1, h3', { limit: 1, state: 'RUNNING' });
    expect(running).toEqual(['h1 2 x3 RUNNING']);
    expect(await look('h1, h3', { limit: 1, state: 'RUNNING', cursor: String(after) })).toEqual([
      ['h3 2 x2 RUNNING'],
      null,
    ]);
  });

  it('is nothing where a first deployment was taken back', async () => {
    await ship({ ...planOf('y1', '1', null, 1), application: { id: 'b', name: 'bank' } }, 40_000, true);
    const { instances } = await whatRunsWhere(store.rows, catalogOf(definition('h1')), {
      filter: { application: 'bank' },
      limit: 9,
    });
    expect(instances.map((row) => [row.state, row.note])).toEqual([
      ['UNDONE', 'rolled back; nothing was there before'],
    ]);
    const { deployments: all } = await deployments(store.rows, { application: 'bank' }, undefined, 9);
    expect(all.map((each) => each.action)).toEqual(['REMOVED', 'DEPLOYED']);
  });

  it('does not count what a rollback stops as brought back', async () => {
    const made = { ...planOf('z1', '1', null, 1), application: { id: 's', name: 'stopped' } };
    const [stage] = made.stages;
    const [run] = stage?.runs ?? [];
    const [phase] = run?.phases ?? [];
    if (stage === undefined || run === undefined || phase === undefined) throw new Error('no phase');
    const stops = phase.rollback.map((section) => ({
      ...section,
      steps: section.steps.map((step) => ({ ...step, artifact: 'current' as const })),
    }));
    const plan = { ...made, stages: [{ ...stage, runs: [{ ...run, phases: [{ ...phase, rollback: stops }] }] }] };
    const play = new Play(plan);
    play.finish((id) => (id.includes('install') ? failed() : succeeded));
    expect(play.execution.status).toBe('FAILED');
    const told = instancesOf(play.execution, play.decisions.length);
    expect(told.map(({ details }) => [details['brokeOff'] === true, details['removed']])).toEqual([
      [true, false],
      [false, true],
    ]);
    await ship(plan, 50_000, true);
    const { deployments: all } = await deployments(store.rows, { application: 'stopped' }, undefined, 9);
    expect(all.map((each) => `${each.action} ${each.build}`)).toEqual(['REMOVED 1', 'DEPLOYED 1']);
  });

  it('is not known where a deployment broke off, and is again after the next', async () => {
    const application = { id: 'h', name: 'halves' };
    const failing = { ...planOf('w2', '2', '1', 1), application };
    const [stage] = failing.stages;
    const [run] = stage?.runs ?? [];
    if (stage === undefined || run === undefined) throw new Error('no run');
    const abort = [{ types: [], steps: [], scope: 'WORKFLOW', action: 'ABORT', retry: null, tolerate: null }] as const;
    const play = new Play({ ...failing, stages: [{ ...stage, runs: [{ ...run, failureStrategies: abort }] }] });
    play.now = 60_000;
    play.finish(() => failed());
    await ship({ ...planOf('w1', '1', null, 1), application }, 50_000);
    await store.rows.putInstances(instancesOf(play.execution, play.decisions.length));
    const catalog = catalogOf(definition('h1').replace('application: shop', 'application: halves'));
    const rowsOf = () => whatRunsWhere(store.rows, catalog, { filter: { application: 'halves' }, limit: 9 });
    const { instances } = await rowsOf();
    expect(instances.map((row) => [row.build, row.state, row.note])).toEqual([
      ['2', 'UNSURE', 'deploying build 2 broke off: what runs there is not known'],
    ]);
    // Nobody takes it for a host that has the build already.
    expect(await installedIn(store.rows, 'halves')).toEqual([]);
    const { deployments: all } = await deployments(store.rows, { application: 'halves' }, undefined, 9);
    expect(all.map((each) => `${each.action} ${each.build}`)).toEqual(['BROKE_OFF 2', 'DEPLOYED 1']);
    await ship({ ...planOf('w3', '1', null, 1), application }, 70_000);
    expect((await rowsOf()).instances.map((row) => row.state)).toEqual(['RUNNING']);
    expect((await installedIn(store.rows, 'halves')).length).toBe(1);
  });

  it('refuses a cursor it did not give', async () => {
    const refused = {
      failures: [
        {
          ...{ code: 'INVALID_INPUT', message: expect.stringContaining('is no cursor of this list') },
          ...{ field: 'cursor', details: { mend: expect.stringContaining('Pass on what the page before gave') } },
        },
      ],
    };
    for (const cursor of ['nonsense', 'shop/prod', '["a","b"]', '[1]', '[]', '{}', 'null', '']) {
      await expect(deployments(store.rows, {}, cursor, 9)).rejects.toMatchObject(refused);
      await expect(look('h1', { cursor })).rejects.toMatchObject(refused);
    }
    await expect(deployments(store.rows, {}, '["a"]', 9)).rejects.toMatchObject(refused);
    await expect(look('h1', { cursor: '[1,"a","b"]' })).rejects.toMatchObject(refused);
  });
});
