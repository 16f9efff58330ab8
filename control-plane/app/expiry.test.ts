import { expect, it } from 'vitest';
import { oneReplica } from '../../test/support/one-replica.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import type { Actor } from './authorize.ts';
import { Expiry } from './expiry.ts';

const ada: Actor = { id: 'key:ada', name: 'ada', kind: 'KEY', rights: ['*'] };
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const SHOP = `
fairlead: v1
application: shop
services: { web: { type: ssh/other, commands: { Install: [{ exec: 'true' }] } } }
environments:
  prod: { infrastructure: { dc1: { hosts: [h1], login: { user: deploy, key: "secret:file:/key" } } } }
workflows: { ship: { type: basic, service: web, environment: prod } }
`;

async function world() {
  const system = new VirtualSystem(3);
  const { replica, store, useCases } = oneReplica({ world: system });
  await replica.start();
  const keys = async (): Promise<readonly string[]> =>
    (await store.documents.list('keys')).map(({ id }) => id.split(':')[0] ?? '');
  return { system, replica, useCases, keys };
}

it('takes away logins and sessions that are over, and no key', async () => {
  const { system, replica, useCases, keys } = await world();
  const { key } = await useCases.createApiKey(ada, 'for ever');
  const { token } = await useCases.createLoginToken(ada);
  const { session } = await useCases.exchangeLoginToken(token);
  for (let n = 0; n < 450; n += 1) await useCases.createLoginToken(ada);
  expect(await keys()).toHaveLength(452);
  await system.advance(3 * HOUR);
  expect(await keys()).toEqual(['key', 'session']);
  expect(await useCases.authenticate(session)).toMatchObject({ name: 'ada' });
  await system.advance(12 * HOUR);
  expect(await keys()).toEqual(['key']);
  expect(await useCases.authenticate(key)).toMatchObject({ name: 'for ever' });
  await replica.stop();
});

it('forgets an idempotency key a month after it was used, and starts nothing twice all the same', async () => {
  const system = new VirtualSystem(3);
  const { store, useCases } = oneReplica({ world: system });
  await useCases.apply(ada, { files: [{ name: 'shop.yaml', text: SHOP }], dryRun: false });
  const ask = () => useCases.deploy(ada, { name: 'ship', variables: {}, artifacts: {}, idempotencyKey: 'k1' });
  const first = await ask();
  expect(first.created).toBe(true);
  // As an earlier release wrote it.
  await store.documents.insert('requests', 'x-earlier', { request: 'some' });
  const left = async (laterMs: number): Promise<readonly string[]> => {
    const now = (): number => system.clock.now() + laterMs;
    const { scheduler, random } = system;
    await new Expiry(store.documents, { clock: { now, monotonic: now }, scheduler, random }).sweep();
    return (await store.documents.list('requests')).map(({ id }) => id);
  };
  expect(await left(29 * DAY)).toEqual([first.executionId, 'x-earlier'].toSorted());
  expect(await left(31 * DAY)).toEqual(['x-earlier']);
  expect(await left(60 * DAY)).toEqual([]);
  expect(await ask()).toMatchObject({ executionId: first.executionId, created: false });
});
