import { expect, it } from 'vitest';
import { createMemoryData, createMemoryStore } from '../../test/support/memory-store/index.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import { LocalBus } from '../adapters/local/bus.ts';
import { SHOP } from '../definitions/catalog-fixture.ts';
import type { Actor } from './authorize.ts';
import { DefinitionStore } from './definition-store.ts';

const ada: Actor = { id: 'key:ada', name: 'ada', kind: 'KEY', rights: ['*'] };
const options = { dryRun: false, prune: false };
const stopping = (how: string) => [{ name: 'shop.yaml', text: SHOP.replace('bin/stop', how) }];

/** Two replicas over one store. */
function world() {
  const system = new VirtualSystem(1);
  const data = createMemoryData();
  const replica = (name: string) => {
    const own = system.spawn(name);
    return new DefinitionStore(createMemoryStore({ data }).documents, new LocalBus(own.scheduler), own);
  };
  return { here: replica('here'), there: replica('there') };
}

const revisionOf = async (store: DefinitionStore): Promise<number> => (await store.current()).revision;

it('counts what somebody else applied once, however many ask at the same time', async () => {
  const { here, there } = world();
  await there.apply(ada, stopping('bin/stop'), options);
  await there.apply(ada, stopping('bin/halt'), options);
  const asked = await Promise.all([here.current(), here.current(), here.current()]);
  expect(asked.map(({ revision }) => revision)).toEqual([2, 2, 2]);
  await there.apply(ada, stopping('bin/end'), options);
  expect(await revisionOf(here)).toBe(3);
  expect((await here.current()).catalog).toEqual((await there.current()).catalog);
});

it('leaves no gap where people apply at the same time, at both replicas', async () => {
  const { here, there } = world();
  const results = await Promise.all(
    ['a', 'b', 'c', 'd'].map((how, index) => (index % 2 === 0 ? here : there).apply(ada, stopping(how), options)),
  );
  const revisions = results.map((result) => ('revision' in result ? result.revision : null));
  expect(revisions.toSorted()).toEqual([1, 2, 3, 4]);
  expect([await revisionOf(here), await revisionOf(there)]).toEqual([4, 4]);
  expect(await here.at(4)).toEqual((await there.current()).catalog);
});
