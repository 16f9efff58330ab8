import { expect, it } from 'vitest';
import { createMemoryData, createMemoryStore } from '../../test/support/memory-store/index.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import { LocalBus } from '../adapters/local/bus.ts';
import { SHOP } from '../definitions/catalog-fixture.ts';
import type { Documents } from '../ports/documents.ts';
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

it('tells every revision as it was, in whatever order they are asked for', async () => {
  const { here, there } = world();
  const stops = Array.from({ length: 12 }, (_, index) => `stop-${index + 1}`);
  for (const stop of stops) await there.apply(ada, stopping(stop), options);
  const stopAt = async (revision: number): Promise<string> => {
    const text = JSON.stringify(await here.at(revision));
    return stops.filter((stop) => text.includes(`${stop}"`)).join(' ');
  };
  for (const revision of [5, 12, 3, 9, 1, 5, 11, 2, 4, 6, 7, 8, 10, 3]) {
    expect([revision, await stopAt(revision)]).toEqual([revision, `stop-${revision}`]);
  }
  expect(await here.at(0)).toMatchObject({ entities: [] });
  expect(await revisionOf(here)).toBe(12);
  // Not applied yet, it is as the last one.
  expect(await stopAt(13)).toBe('stop-12');
});

it('reads a long history page by page, at every replica', async () => {
  const system = new VirtualSystem(1);
  const data = createMemoryData();
  const { documents } = createMemoryStore({ data });
  const limits: (number | undefined)[] = [];
  const counted: Documents = {
    ...documents,
    list: (collection, query) => {
      limits.push(query?.limit);
      return documents.list(collection, query);
    },
  };
  const own = system.spawn('one');
  const store = new DefinitionStore(counted, new LocalBus(own.scheduler), own);
  await store.apply(ada, stopping('first'), options);
  const [first] = await documents.list('changeSets', { limit: 1 });
  for (let revision = 2; revision <= 1_200; revision += 1) {
    const id = `definitions:${String(revision).padStart(10, '0')}`;
    await documents.insert('changeSets', id, first?.body ?? {});
  }
  limits.length = 0;
  expect((await new DefinitionStore(counted, new LocalBus(own.scheduler), own).current()).revision).toBe(1_200);
  expect(limits).toEqual([500, 500, 500]);
});
