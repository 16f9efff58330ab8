/** Rollback on request, through the API, on real hosts (orchestration 10.3, 10.5, 10.6). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { holdSchema } from '@fairlead/control-plane/api/http/schemas.ts';
import { InstallsWorld } from './installs-world.ts';

let world: InstallsWorld;
beforeAll(async () => {
  world = await InstallsWorld.make(['one', 'two']);
});
afterAll(() => world.remove());

const workflow = { service: 'web', environment: 'prod' };
const rolled = z.object({ executionId: z.string() });
const holds = z.object({ holds: z.array(holdSchema) });

const rollBack = (id: string, reason = '', key?: string) =>
  world.ask('POST', `/executions/${id}/rollback`, { reason }, key);
const refusal = (body: unknown): string => z.object({ detail: z.string() }).parse(body).detail;

/** The execution that takes it back, when it is done. */
async function takenBack(id: string, reason: string) {
  const { executionId } = await world.demand(rolled, 'POST', `/executions/${id}/rollback`, { reason });
  return world.settled(executionId);
}

describe('rollback after success', () => {
  const ids: string[] = [];
  let back = '';

  beforeAll(async () => {
    await world.apply(world.definition({ workflows: { ship: { type: 'rolling', batch: '50%', ...workflow } } }));
    for (const build of [1, 2, 3]) {
      const { header } = await world.deploy(build);
      expect(header).toMatchObject({ status: 'SUCCESS', rolledBack: null });
      ids.push(header.executionId);
    }
  }, 60_000);

  it('is refused for what is not current any more, and says what is', async () => {
    const { status, body } = await rollBack(ids[1] ?? '');
    expect(status).toBe(409);
    expect(refusal(body)).toContain(`${ids[2] ?? ''} was deployed there after it`);
  });

  it('runs the rollback of that very definition, once however many ask, and keeps the reason', async () => {
    // Whatever is defined now plays no part in it.
    await world.apply(
      world.definition({ workflows: { ship: { type: 'rolling', batch: '50%', ...workflow } } }, 'changed'),
    );
    const asked = await Promise.all([1, 2, 3].map(() => rollBack(ids[2] ?? '', 'three is slow')));
    expect(asked.map(({ status }) => status)).toEqual([202, 202, 202]);
    const answers = new Set(asked.map(({ body }) => rolled.parse(body).executionId));
    expect(answers.size).toBe(1);
    [back = ''] = answers;
    const { header } = await world.settled(back);
    expect(header).toMatchObject({ status: 'SUCCESS', rolledBack: { of: ids[2], reason: 'three is slow' } });
    for (const host of [0, 1]) {
      expect(world.log(host)).toEqual([1, 2, 3, 2].map((build) => `installed web-${build}.tgz`));
    }
  });

  it('holds triggers back until somebody lifts it; people may deploy, and are told', async () => {
    const [hold, ...others] = (await world.demand(holds, 'GET', '/holds')).holds;
    expect(others).toEqual([]);
    expect(hold).toMatchObject({ workflow: 'ship', service: 'web', executionId: back, reason: 'three is slow' });
    const { executionId, holds: told } = await world.start(2);
    expect(told).toEqual([hold]);
    expect((await world.settled(executionId)).header.status).toBe('SUCCESS');
    expect((await world.ask('DELETE', '/holds/none')).status).toBe(404);
    expect((await world.demand(holds, 'DELETE', `/holds/${hold?.id ?? ''}`)).holds).toEqual([hold]);
    expect((await world.demand(holds, 'GET', '/holds')).holds).toEqual([]);
    expect((await world.start(2)).holds).toEqual([]);
  });
});

describe('what a rollback brought back', () => {
  it('is current, and goes back as long as there is an older success', async () => {
    await world.apply(world.definition({ workflows: { again: { type: 'basic', ...workflow } } }, 'again'));
    const ids: string[] = [];
    for (const build of [11, 12, 13]) ids.push((await world.deploy(build, 'again')).header.executionId);
    const first = await takenBack(ids[2] ?? '', 'once');
    expect(first.header).toMatchObject({ status: 'SUCCESS', rolledBack: { of: ids[2] } });
    // Either way to name it: the rollback, or the deployment it brought back.
    const second = await takenBack(first.header.executionId, 'twice');
    expect(second.header).toMatchObject({ status: 'SUCCESS', rolledBack: { of: ids[1] } });
    expect(world.log(0).filter((line) => line.startsWith('again'))).toEqual(
      [11, 12, 13, 12, 11].map((build) => `again web-${build}.tgz`),
    );
    const third = await rollBack(second.header.executionId);
    expect([third.status, refusal(third.body)]).toEqual([
      409,
      expect.stringContaining('no build of web was deployed there before it'),
    ]);
    const stale = await rollBack(ids[2] ?? '');
    expect(refusal(stale.body)).toContain(`${second.header.executionId} was deployed there after it`);
  }, 60_000);

  it('is not current when another workflow has deployed there since', async () => {
    await world.apply(
      world.definition({ workflows: { one: { type: 'basic', ...workflow }, other: { type: 'basic', ...workflow } } }),
    );
    await world.deploy(21, 'one');
    const { header } = await world.deploy(22, 'one');
    const other = await world.deploy(23, 'other');
    const { status, body } = await rollBack(header.executionId);
    expect(status).toBe(409);
    expect(refusal(body)).toContain(`${other.header.executionId} was deployed there after it, by another workflow`);
  }, 60_000);

  it('may be tried again when taking it back failed', async () => {
    await world.apply(world.definition({ workflows: { retry: { type: 'basic', ...workflow } } }, 'retry'));
    await world.deploy(31, 'retry');
    const { header } = await world.deploy(32, 'retry');
    const [, two] = world.hosts;
    if (two === undefined) throw new Error('no second host');
    two.faults.refusesLogin = true;
    two.cut();
    const failed = await takenBack(header.executionId, 'first try');
    expect(failed.header).toMatchObject({ status: 'FAILED', failure: { code: 'AUTHENTICATION_REFUSED' } });
    two.faults.refusesLogin = false;
    const again = await takenBack(header.executionId, 'second try');
    expect(again.header).toMatchObject({ status: 'SUCCESS', rolledBack: { reason: 'second try' } });
    expect(again.header.executionId).not.toBe(failed.header.executionId);
    expect(world.log(1).at(-1)).toBe('retry web-31.tgz');
  }, 60_000);
});

describe('rollback of what runs', () => {
  const waiting = { script: { script: 'while [ ! -e "$HOME/go" ]; do sleep 0.05; done', on: 'hosts', shell: 'sh' } };

  beforeAll(async () => {
    await world.apply(
      world.definition(
        {
          workflows: {
            slow: {
              type: 'rolling',
              batch: '1',
              ...workflow,
              verify: [{ ...waiting, skip: '${artifact.buildNo} == 41' }],
            },
          },
        },
        'slow',
      ),
    );
    expect((await world.deploy(41, 'slow')).header.status).toBe('SUCCESS');
  }, 60_000);

  it('stops where it is, goes back, and keeps who asked and why', async () => {
    world.publish(42);
    const { executionId } = await world.start(42, 'slow');
    await world.until(executionId, 'verifies', ({ nodes }) =>
      nodes.some((node) => node.status === 'RUNNING' && node.id.includes('/s5/') && node.target !== null),
    );
    // Another one queues behind it: there is nothing to go back from, so this one is just aborted.
    const queued = await world.start(42, 'slow');
    await world.until(queued.executionId, 'queues', ({ header }) => header.status === 'QUEUED');
    expect((await rollBack(queued.executionId, 'not this one')).status).toBe(202);
    expect((await world.settled(queued.executionId)).header).toMatchObject({
      status: 'ABORTED',
      rollback: null,
      failure: { message: 'not this one' },
    });
    expect((await rollBack(executionId, 'it smells')).status).toBe(202);
    const { header } = await world.settled(executionId);
    expect(header).toMatchObject({
      status: 'FAILED',
      rollback: 'SUCCESS',
      rolledBack: { of: null, reason: 'it smells' },
      failure: { code: 'CANCELED', message: 'it smells' },
    });
    expect(header.rolledBack?.actor).not.toBeNull();
    expect(world.log(0).filter((line) => line.startsWith('slow'))).toEqual([
      'slow web-41.tgz',
      'slow web-42.tgz',
      'slow web-41.tgz',
    ]);
    expect(world.log(1).filter((line) => line.startsWith('slow'))).toEqual(['slow web-41.tgz']);
    expect(refusal((await rollBack(executionId)).body)).toContain('it ended FAILED');
  }, 60_000);

  it('takes the right to roll back and the right to manage; abort comes with execute', async () => {
    const made = z.object({ key: z.string() });
    const keyWith = async (name: string, ...rights: readonly string[]): Promise<string> =>
      (await world.demand(made, 'POST', '/keys', { name, rights: ['read', ...rights] })).key;
    const { executionId } = await world.start(42, 'slow');
    await world.until(executionId, 'runs', ({ nodes }) => nodes.some((node) => node.id.includes('/s5/')));
    const onlyRollback = await rollBack(executionId, '', await keyWith('roller', 'rollback'));
    const onlyManage = await rollBack(executionId, '', await keyWith('manager', 'manage', 'execute'));
    expect([onlyRollback.status, onlyManage.status]).toEqual([403, 403]);
    expect(refusal(onlyRollback.body)).toContain('the right `manage` is missing');
    expect(refusal(onlyManage.body)).toContain('the right `rollback` is missing');
    const both = await keyWith('both', 'rollback', 'manage');
    expect((await world.ask('POST', `/executions/${executionId}/abort`, { reason: '' }, both)).status).toBe(403);
    expect((await rollBack(executionId, 'with both', both)).status).toBe(202);
    expect((await world.settled(executionId)).header.rolledBack).toMatchObject({ actor: 'both', reason: 'with both' });
    // Nobody gives away more than they have.
    const admin = await keyWith('admin', 'administer');
    expect((await world.ask('POST', '/keys', { name: 'more', rights: ['*'] }, admin)).status).toBe(403);
  }, 60_000);
});

describe('a failing deployment', () => {
  it('goes back by itself, and holds triggers from doing it again', async () => {
    await world.apply(
      world.definition({ workflows: { fails: { type: 'rolling', batch: '1', ...workflow } } }, 'fails'),
    );
    await world.deploy(51, 'fails');
    world.fail(1, 52);
    const { header } = await world.deploy(52, 'fails');
    expect(header).toMatchObject({ status: 'FAILED', rollback: 'SUCCESS', rolledBack: { of: null, actor: null } });
    const logs = [0, 1].map((host) => world.log(host).filter((line) => line.startsWith('fails')));
    expect(logs).toEqual(Array.from({ length: 2 }, () => [51, 52, 51].map((build) => `fails web-${build}.tgz`)));
    const own = (await world.demand(holds, 'GET', '/holds')).holds.filter((hold) => hold.workflow === 'fails');
    expect(own).toMatchObject([{ executionId: header.executionId, actor: null }]);
    expect((await world.demand(holds, 'DELETE', '/holds/fails')).holds).toHaveLength(1);
  }, 60_000);
});
