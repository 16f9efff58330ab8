import { describe, expect, it } from 'vitest';
import { createMemoryData, type StoreHook } from '../../test/support/memory-store/index.ts';
import { oneReplica } from '../../test/support/one-replica.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import type { Actor } from './authorize.ts';
import type { UseCases } from './use-cases.ts';

const ada: Actor = { id: 'key:ada', name: 'ada', kind: 'KEY', rights: ['*'] };

const SHOP = `
fairlead: v1
application: shop
services: { web: { type: ssh/other, commands: { Install: [{ exec: 'true' }] } } }
environments:
  prod: { infrastructure: { dc1: { hosts: [h1], login: { user: deploy, key: "secret:file:/key" } } } }
workflows: { ship: { type: basic, service: web, environment: prod, inputs: { ticket: 'none' } } }
pipelines: { train: { stages: [{ workflow: ship }] } }
`;

/** Two replicas over one store, and definitions that need no agent to be planned from. */
async function world() {
  const system = new VirtualSystem(3);
  const data = createMemoryData();
  let refused: string | null = null;
  const hook: StoreHook = async ({ name, moment }) => {
    if (name !== refused || moment === 'after') return;
    refused = null;
    throw new Error('the store is away');
  };
  const open = (name: string): UseCases => oneReplica({ data, world: system, name, hook }).useCases;
  const [here, there] = [open('here'), open('there')];
  await here.apply(ada, { files: [{ name: 'shop.yaml', text: SHOP }], dryRun: false });
  const executions = async () => {
    await system.advance(2_000);
    return (await here.listExecutions(ada, { filter: {}, limit: 10, resumed: true })).rows.length;
  };
  /** The next call of that name is not carried out. */
  const refuse = (name: string): void => void (refused = name);
  return { system, here, there, executions, refuse };
}

const deploy = (useCases: UseCases, ticket: string) =>
  useCases.deploy(ada, { name: 'ship', variables: { ticket }, artifacts: {}, idempotencyKey: 'k1' });

it('starts one of two different requests that come with the same key at the same time', async () => {
  const { system, here, there, executions } = await world();
  const answers = Promise.allSettled([deploy(here, '1'), deploy(there, '2')]);
  await system.advance(2_000);
  const [first, second] = await answers;
  expect(first).toMatchObject({ status: 'fulfilled', value: { created: true } });
  expect(second).toMatchObject({ status: 'rejected', reason: { failures: [{ code: 'IDEMPOTENCY_MISMATCH' }] } });
  expect(await executions()).toBe(1);
});

it('runs the same again once, however often it is asked with the same key, and of whom', async () => {
  const { system, here, there, executions } = await world();
  const { executionId } = await deploy(here, '1');
  await here.abort(ada, executionId, 'enough');
  await system.advance(2_000);
  const first = await here.rerun(ada, executionId, {}, 'k2');
  expect(first.created).toBe(true);
  await system.advance(2_000);
  expect(await here.rerun(ada, executionId, {}, 'k2')).toEqual({ ...first, created: false });
  expect(await there.rerun(ada, executionId, {}, 'k2')).toEqual({ ...first, created: false });
  expect(await executions()).toBe(2);
  const skipping = here.rerun(ada, executionId, { skipSameVersion: true }, 'k2');
  await expect(skipping).rejects.toThrow("the idempotency key 'k2' was used for another");
  await expect(here.rerun(ada, executionId, {}, 'k1')).rejects.toThrow("the idempotency key 'k1' was used for another");
});

describe('going on with a pipeline', () => {
  async function aborted() {
    const it = await world();
    const { executionId } = await it.here.deploy(ada, { name: 'train', variables: {}, artifacts: {} });
    await it.here.abort(ada, executionId, 'enough');
    await it.system.advance(2_000);
    return { ...it, executionId };
  }

  it('begins once, however often it is asked with the same key, and of whom', async () => {
    const { here, there, executions, executionId } = await aborted();
    const first = await here.resumePipeline(ada, executionId, undefined, 'k2');
    expect(first.created).toBe(true);
    expect(await here.resumePipeline(ada, executionId, undefined, 'k2')).toEqual({ ...first, created: false });
    expect(await there.resumePipeline(ada, executionId, undefined, 'k2')).toEqual({ ...first, created: false });
    expect(await executions()).toBe(2);
    for (const key of ['k3', undefined]) {
      const again = there.resumePipeline(ada, executionId, undefined, key);
      await expect(again).rejects.toThrow(`${first.executionId} goes on with it already`);
    }
    const elsewhere = here.resumePipeline(ada, first.executionId, undefined, 'k2');
    await expect(elsewhere).rejects.toThrow("the idempotency key 'k2' was used for another request");
  });

  it('begins once when two replicas are asked at the same time', async () => {
    const { system, here, there, executions, executionId } = await aborted();
    const ask = (useCases: UseCases) => useCases.resumePipeline(ada, executionId, undefined, 'k2');
    const answers = Promise.all([ask(here), ask(there)]);
    await system.advance(2_000);
    const [one, other] = await answers;
    expect([one.created, other.created].toSorted()).toEqual([false, true]);
    expect(other.executionId).toBe(one.executionId);
    expect(await executions()).toBe(2);
  });

  it('is refused to the second of two different requests that come at the same time, and it says who was first', async () => {
    for (const [one, other] of [
      ['k2', 'k3'],
      [undefined, undefined],
    ]) {
      const { system, here, there, executions, executionId } = await aborted();
      const answers = Promise.allSettled([
        here.resumePipeline(ada, executionId, undefined, one),
        there.resumePipeline(ada, executionId, 'ship', other),
      ]);
      await system.advance(2_000);
      const [first, second] = await answers;
      if (first.status !== 'fulfilled' || second.status !== 'rejected')
        throw new Error(JSON.stringify([first, second]));
      expect(first.value.created).toBe(true);
      expect(second.reason).toMatchObject({ failures: [{ code: 'ILLEGAL_STATE' }] });
      expect(String(second.reason)).toContain(first.value.executionId);
      expect(await executions()).toBe(2);
      expect(
        await here.resumePipeline(ada, first.value.executionId, undefined).catch((error: unknown) => String(error)),
      ).toContain('it has not ended');
    }
  });

  it('may be asked for by another when the first was refused, or never came to begin', async () => {
    const { system, here, there, executions, executionId, refuse } = await aborted();
    refuse('rows.lastSuccess');
    await expect(here.resumePipeline(ada, executionId, undefined, 'k2')).rejects.toThrow('away');
    refuse('heads.insert');
    await expect(here.resumePipeline(ada, executionId, undefined, 'k3')).rejects.toThrow('away');
    await expect(there.resumePipeline(ada, executionId, undefined, 'k4')).rejects.toThrow('is about to go on with it');
    await system.advance(61_000);
    const { created } = await there.resumePipeline(ada, executionId, undefined, 'k4');
    expect(created).toBe(true);
    await expect(here.resumePipeline(ada, executionId, undefined, 'k3')).rejects.toThrow('goes on with it already');
    expect(await executions()).toBe(2);
  });

  it('is tried again by the same request when it did not come to begin', async () => {
    const { here, there, executions, executionId, refuse } = await aborted();
    refuse('heads.insert');
    await expect(here.resumePipeline(ada, executionId, undefined, 'k2')).rejects.toThrow('away');
    const first = await there.resumePipeline(ada, executionId, undefined, 'k2');
    expect(first.created).toBe(true);
    expect(await executions()).toBe(2);
  });
});
