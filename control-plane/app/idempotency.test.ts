import { expect, it } from 'vitest';
import { createMemoryData } from '../../test/support/memory-store/index.ts';
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
`;

/** Two replicas over one store, and definitions that need no agent to be planned from. */
async function world() {
  const system = new VirtualSystem(3);
  const data = createMemoryData();
  const open = (name: string): UseCases => oneReplica({ data, world: system, name }).useCases;
  const [here, there] = [open('here'), open('there')];
  await here.apply(ada, { files: [{ name: 'shop.yaml', text: SHOP }], dryRun: false });
  const executions = async () => (await here.listExecutions(ada, { filter: {}, limit: 10 })).rows.length;
  return { system, here, there, executions };
}

const deploy = (useCases: UseCases, ticket: string) =>
  useCases.deploy(ada, { variables: { ticket }, artifacts: {}, idempotencyKey: 'k1' });

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
  const first = await here.rerun(ada, executionId, 'k2');
  expect(first.created).toBe(true);
  await system.advance(2_000);
  expect(await here.rerun(ada, executionId, 'k2')).toEqual({ ...first, created: false });
  expect(await there.rerun(ada, executionId, 'k2')).toEqual({ ...first, created: false });
  expect(await executions()).toBe(2);
  await expect(here.rerun(ada, executionId, 'k1')).rejects.toThrow("the idempotency key 'k1' was used for another");
});
