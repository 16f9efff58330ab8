import { describe, expect, it } from 'vitest';
import type { InstanceRow } from '../../../control-plane/ports/rows.ts';
import { freshStores } from './fresh-stores.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const instance = (id: string, more: Partial<InstanceRow> = {}): InstanceRow => ({
  id,
  at: 10,
  seq: 1,
  application: 'shop',
  service: 'web',
  environment: 'prod',
  infrastructure: 'dc1',
  host: 'web-1',
  build: '7',
  executionId: 'e1',
  details: { artifact: 'web-7.tgz' },
  ...more,
});

export function instanceRowsContract(under: StoreUnderTest): void {
  describe('instance rows', () => {
    const { one, other } = freshStores(under);

    it('keeps the newest per id and lists in order of id', async () => {
      await one().rows.putInstances([instance('shop/web/prod/dc1/é'), instance('shop/web/prod/dc1/a', { at: 20 })]);
      await other().rows.putInstances([
        instance('shop/web/prod/dc1/a', { at: 19, build: '6' }),
        instance('shop/web/prod/dc1/é', { at: 11, build: '8', details: {} }),
        instance('shop/web/prod/dc1/b'),
      ]);
      await one().rows.putInstances([]);
      expect(await other().rows.listInstances({}, { limit: 100 })).toEqual([
        instance('shop/web/prod/dc1/a', { at: 20 }),
        instance('shop/web/prod/dc1/b'),
        instance('shop/web/prod/dc1/é', { at: 11, build: '8', details: {} }),
      ]);
    });

    it('counts what was done later at a place, by time, then journal, then execution', async () => {
      const id = 'shop/web/prod/dc1/a';
      const rows = [
        instance(id, { at: 10, seq: 9, executionId: 'e9', build: '1' }),
        instance(id, { at: 11, seq: 2, executionId: 'e9', build: '2' }),
        instance(id, { at: 11, seq: 3, executionId: 'e1', build: '3' }),
        instance(id, { at: 11, seq: 3, executionId: 'e2', build: '4' }),
      ];
      for (const order of [rows, rows.toReversed(), [rows[2], rows[0], rows[3], rows[1]]]) {
        for (const row of order) if (row !== undefined) await one().rows.putInstances([row]);
        expect(await other().rows.listInstances({}, { limit: 9 })).toEqual(rows.slice(3));
      }
      expect(await other().rows.listDeployments({}, { limit: 9 })).toEqual([rows[1], rows[3], rows[2], rows[0]]);
    });

    it('remembers everything that was done at a place, and pages through it', async () => {
      const all = Array.from({ length: 24 }, (_, index) =>
        instance(`shop/web/prod/dc1/h${index % 3}`, {
          host: `h${index % 3}`,
          at: 100 + Math.floor(index / 6),
          executionId: `e${Math.floor(index / 3) % 2}`,
          build: `${index}`,
        }),
      );
      // Twice, as after an answer that was lost.
      for (const rows of [all, all.slice(3)]) await one().rows.putInstances(rows);
      const newestFirst = all.toReversed();
      const paged: InstanceRow[] = [];
      for (let cursor: InstanceRow | undefined; ;) {
        const page = await other().rows.listDeployments({}, { limit: 5, ...(cursor === undefined ? {} : { cursor }) });
        cursor = page.at(-1);
        if (cursor === undefined) break;
        paged.push(...page);
      }
      expect(paged).toEqual(newestFirst);
      const ofHost = newestFirst.filter((row) => row.host === 'h1');
      expect(await other().rows.listDeployments({ host: 'h1', service: 'web' }, { limit: 99 })).toEqual(ofHost);
      expect(await other().rows.listDeployments({ executionId: 'e1', build: '5' }, { limit: 99 })).toEqual([all[5]]);
      expect(await other().rows.listDeployments({ host: 'h9' }, { limit: 99 })).toEqual([]);
      expect(await other().rows.listDeployments({}, { limit: 0 })).toEqual([]);
    });

    it('pages through what runs', async () => {
      const all = ['a', 'b', 'c', 'd', 'e'].map((host) => instance(`shop/web/prod/dc1/${host}`, { host }));
      await one().rows.putInstances(all);
      const page = (after: string, limit: number) => other().rows.listInstances({ service: 'web' }, { after, limit });
      expect(await page('', 2)).toEqual(all.slice(0, 2));
      expect(await page('shop/web/prod/dc1/b', 2)).toEqual(all.slice(2, 4));
      expect(await page('shop/web/prod/dc1/d', 2)).toEqual(all.slice(4));
      expect(await page('', 0)).toEqual([]);
      expect(await other().rows.listInstances({ host: 'c', build: '7' }, { limit: 9 })).toEqual([all[2]]);
      expect(await other().rows.listInstances({ host: 'c', build: '8' }, { limit: 9 })).toEqual([]);
    });

    it('filters by application, service and environment', async () => {
      const all = ['bank', 'shop'].flatMap((application) =>
        ['api', 'web'].flatMap((service) =>
          ['prod', 'qa'].map((environment) =>
            instance(`${application}/${service}/${environment}`, { application, service, environment }),
          ),
        ),
      );
      await one().rows.putInstances(all);
      for (const application of [undefined, 'bank', 'none']) {
        for (const service of [undefined, 'web']) {
          for (const environment of [undefined, 'qa']) {
            const filter = {
              ...(application === undefined ? {} : { application }),
              ...(service === undefined ? {} : { service }),
              ...(environment === undefined ? {} : { environment }),
            };
            const expected = all.filter((each) =>
              Object.entries(filter).every(([key, value]) => fieldOf(each, key) === value),
            );
            expect(await other().rows.listInstances(filter, { limit: 100 })).toEqual(expected);
          }
        }
      }
    });
  });
}

const fieldOf = (each: InstanceRow, key: string): unknown => Object.entries(each).find(([name]) => name === key)?.[1];
