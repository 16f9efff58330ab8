import { describe, expect, it } from 'vitest';
import type { ExecutionFilter, ExecutionRow } from '../../../control-plane/ports/rows.ts';
import { freshStores } from './fresh-stores.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const row = (executionId: string, more: Partial<ExecutionRow> = {}): ExecutionRow => ({
  executionId,
  seq: 1,
  application: 'shop',
  name: 'ship-web',
  kind: 'WORKFLOW',
  status: 'RUNNING',
  environment: 'prod',
  startedAt: 1000,
  endedAt: null,
  actor: 'ada@example',
  summary: { 'a.b': [1, { $c: null }], text: 'é🚢' },
  ...more,
});

export function executionRowsContract(under: StoreUnderTest): void {
  describe('execution rows', () => {
    const { one, other } = freshStores(under);
    const ids = (rows: readonly ExecutionRow[]): string[] => rows.map((each) => each.executionId);
    const list = async (filter: ExecutionFilter, limit = 100): Promise<string[]> =>
      ids(await other().rows.list(filter, { limit }));

    it('keeps the newest, whoever writes last', async () => {
      const rows = [row('e1', { seq: 3, status: 'WAITING' }), row('e1', { seq: 2 }), row('e1', { seq: 1 })];
      for (const each of rows) await one().rows.putExecution(each);
      expect(await other().rows.getExecution('e1')).toEqual(rows[0]);
      const ended = row('e1', { seq: 9, status: 'FAILED', endedAt: 2000.5, environment: null, kind: 'PIPELINE' });
      for (const each of [ended, row('e1', { seq: 8 })]) await other().rows.putExecution(each);
      expect(await one().rows.getExecution('e1')).toEqual(ended);
      const again = { ...ended, summary: { corrected: true }, actor: 'bob' };
      await other().rows.putExecution(again);
      expect(await one().rows.getExecution('e1')).toEqual(again);
      expect(await list({})).toEqual(['e1']);
      expect(await one().rows.getExecution('none')).toBeNull();
    });

    it('lists newest first and pages without losing or doubling a row', async () => {
      const all: string[] = [];
      for (let index = 0; index < 25; index++) {
        const id = `e${String.fromCharCode(97 + ((index * 7) % 25))}`;
        all.push(`${String(Math.floor(index / 4)).padStart(2, '0')} ${id}`);
        await one().rows.putExecution(row(id, { startedAt: 1000 + Math.floor(index / 4) }));
      }
      const expected = all
        .toSorted()
        .toReversed()
        .map((each) => each.slice(3));
      expect(await list({})).toEqual(expected);
      const paged: string[] = [];
      for (let cursor: ExecutionRow | undefined; ;) {
        const page = await other().rows.list({}, { limit: 4, ...(cursor === undefined ? {} : { cursor }) });
        cursor = page.at(-1);
        if (cursor === undefined) break;
        expect(page.length).toBeLessThanOrEqual(4);
        paged.push(...ids(page));
      }
      expect(paged).toEqual(expected);
    });

    it('filters by every field and their combinations', async () => {
      const rows = [
        row('e1', { startedAt: 1, application: 'shop', name: 'a', environment: 'prod', status: 'SUCCESS' }),
        row('e2', { startedAt: 2, application: 'shop', name: 'b', environment: 'qa', status: 'FAILED' }),
        row('e3', { startedAt: 3, application: 'bank', name: 'a', environment: 'prod', status: 'RUNNING' }),
        row('e4', { startedAt: 4, application: 'shop', name: 'a', environment: null, status: 'ABORTED' }),
        row('e5', { startedAt: 5, application: 'shop', name: 'a', environment: 'prod', status: 'RUNNING' }),
      ];
      for (const each of rows) await one().rows.putExecution(each);
      const cases: readonly [ExecutionFilter, string[]][] = [
        [{}, ['e5', 'e4', 'e3', 'e2', 'e1']],
        [{ application: 'shop' }, ['e5', 'e4', 'e2', 'e1']],
        [{ name: 'a' }, ['e5', 'e4', 'e3', 'e1']],
        [{ environment: 'prod' }, ['e5', 'e3', 'e1']],
        [{ statuses: ['RUNNING'] }, ['e5', 'e3']],
        [{ statuses: ['FAILED', 'ABORTED'] }, ['e4', 'e2']],
        [{ statuses: [] }, []],
        [{ from: 2, to: 4 }, ['e3', 'e2']],
        [{ from: 5 }, ['e5']],
        [{ to: 1 }, []],
        [{ application: 'shop', name: 'a', environment: 'prod', statuses: ['RUNNING', 'SUCCESS'] }, ['e5', 'e1']],
        [{ application: 'shop', name: 'a', environment: 'prod', statuses: ['SUCCESS'], from: 2 }, []],
        [{ application: 'none' }, []],
      ];
      for (const [filter, expected] of cases) expect([filter, await list(filter)]).toEqual([filter, expected]);
      const cursor = { startedAt: 4, executionId: 'e4' };
      expect(ids(await other().rows.list({ name: 'a' }, { cursor, limit: 1 }))).toEqual(['e3']);
      expect(ids(await other().rows.list({ statuses: ['RUNNING'], from: 2 }, { cursor, limit: 9 }))).toEqual(['e3']);
      const several = { statuses: ['RUNNING', 'SUCCESS', 'FAILED', 'RUNNING'] } as const;
      expect(ids(await other().rows.list(several, { limit: 3 }))).toEqual(['e5', 'e3', 'e2']);
      expect(ids(await other().rows.list(several, { cursor, limit: 2 }))).toEqual(['e3', 'e2']);
      expect(await list({ ...several, text: 'bank' })).toEqual(['e3']);
    });

    it('finds words in ids, names, actors and builds, whatever their case', async () => {
      const artifacts = [{ service: 'web', build: '4.2-RC(1)', previous: null }];
      const rows = [
        row('e1', { startedAt: 1, name: 'Ship-Web', summary: { artifacts } }),
        row('e2', { startedAt: 2, name: 'ship-api', actor: 'Ada Lovelace', status: 'FAILED' }),
        row('e3', { startedAt: 3, application: 'bank', environment: null, summary: { artifacts: 'none' } }),
      ];
      for (const each of rows) await one().rows.putExecution(each);
      const cases: readonly [ExecutionFilter, string[]][] = [
        [{ text: 'ship' }, ['e3', 'e2', 'e1']],
        [{ text: 'SHIP-WEB' }, ['e3', 'e1']],
        [{ text: '  lace   api ' }, ['e2']],
        [{ text: 'ship', statuses: ['FAILED'] }, ['e2']],
        [{ text: '4.2-rc(1)' }, ['e1']],
        [{ text: '4x2' }, []],
        [{ text: 'bank', application: 'shop' }, []],
        [{ text: '.*' }, []],
        [{ text: ' ' }, ['e3', 'e2', 'e1']],
      ];
      for (const [filter, expected] of cases) expect([filter, await list(filter)]).toEqual([filter, expected]);
      await one().rows.putExecution(
        row('e2', { seq: 2, startedAt: 2, name: 'ship-api', status: 'FAILED', actor: 'bob' }),
      );
      expect([await list({ text: 'ada' }), await list({ text: 'bob' })]).toEqual([['e3', 'e1'], ['e2']]);
    });

    it('follows a row whose listed fields change', async () => {
      await one().rows.putExecution(row('e1', { status: 'RUNNING', environment: null }));
      await one().rows.putExecution(row('e1', { seq: 2, status: 'WAITING', environment: 'qa', application: 'bank' }));
      expect(await list({ statuses: ['RUNNING'] })).toEqual([]);
      expect(await list({ statuses: ['WAITING'], environment: 'qa', application: 'bank' })).toEqual(['e1']);
    });

    it('finds by the beginning of an id, newest first', async () => {
      for (const [index, id] of ['e1a', 'e1b', 'e2', 'e1', 'E1', 'e%', 'é1'].entries()) {
        await one().rows.putExecution(row(id, { startedAt: index }));
      }
      expect(ids(await other().rows.find('e1', 10))).toEqual(['e1', 'e1b', 'e1a']);
      expect(ids(await other().rows.find('e1', 2))).toEqual(['e1', 'e1b']);
      expect(ids(await other().rows.find('e%', 10))).toEqual(['e%']);
      expect(ids(await other().rows.find('é', 10))).toEqual(['é1']);
      expect(ids(await other().rows.find('', 3))).toEqual(['é1', 'e%', 'E1']);
      expect(ids(await other().rows.find('.', 10))).toEqual([]);
    });

    it('knows the last success of a name on a mapping', async () => {
      const success = (id: string, startedAt: number, mappings: string[], more: Partial<ExecutionRow> = {}) =>
        row(id, { startedAt, status: 'SUCCESS', summary: { mappings }, ...more });
      const rows = [
        success('e1', 1, ['m1', 'm2']),
        success('e2', 2, ['m2']),
        success('e3', 3, ['m1'], { status: 'FAILED' }),
        success('e4', 4, ['m1'], { name: 'other' }),
        row('e5', { startedAt: 5, status: 'SUCCESS', summary: { mappings: 'm1' } }),
        row('e6', { startedAt: 6, status: 'SUCCESS', summary: {} }),
      ];
      for (const each of rows) await one().rows.putExecution(each);
      const last = async (mapping: string, name = 'ship-web'): Promise<string | undefined> =>
        (await other().rows.lastSuccess({ name, mapping }))?.executionId;
      expect([await last('m1'), await last('m2'), await last('m3')]).toEqual(['e1', 'e2', undefined]);
      expect(await last('m1', 'other')).toBe('e4');
      await one().rows.putExecution(success('e3', 3, ['m1', 'm1'], { seq: 2 }));
      expect(await last('m1')).toBe('e3');
      await one().rows.putExecution(success('e3', 3, ['m3'], { seq: 3 }));
      expect([await last('m1'), await last('m3')]).toEqual(['e1', 'e3']);
      await one().rows.putExecution(success('e3', 3, ['m3'], { seq: 4, status: 'FAILED' }));
      expect(await last('m3')).toBeUndefined();
      expect(await other().rows.lastSuccess({ name: 'ship-web', mapping: 'm2' })).toEqual(rows[1]);
    });

    it('knows the workflows that succeeded in a pipeline, also in one that failed or still runs', async () => {
      const successes = (...mappings: string[]) => mappings.map((mapping) => ({ name: 'ship-web', mapping }));
      const pipeline = (seq: number, more: Partial<ExecutionRow>) =>
        row('p1', { seq, startedAt: 2, name: 'release', kind: 'PIPELINE', status: 'RUNNING', ...more });
      await one().rows.putExecution(row('e1', { startedAt: 1, status: 'SUCCESS', summary: { mappings: ['m1'] } }));
      const last = async (mapping: string, name = 'ship-web'): Promise<string | undefined> =>
        (await other().rows.lastSuccess({ name, mapping }))?.executionId;
      await one().rows.putExecution(pipeline(1, { summary: { successes: [] } }));
      expect(await last('m1')).toBe('e1');
      await one().rows.putExecution(pipeline(2, { summary: { successes: successes('m1') } }));
      await one().rows.putExecution(pipeline(3, { summary: { successes: successes('m1', 'm2') } }));
      expect([await last('m1'), await last('m2')]).toEqual(['p1', 'p1']);
      await one().rows.putExecution(pipeline(4, { status: 'FAILED', summary: { successes: successes('m1', 'm2') } }));
      expect([await last('m1'), await last('m2'), await last('m1', 'release')]).toEqual(['p1', 'p1', undefined]);
    });

    it('knows the last success by when it succeeded, not by when its execution began', async () => {
      const pipeline = (id: string, startedAt: number, successes: readonly (readonly [string, number])[]) =>
        row(id, {
          startedAt,
          name: 'release',
          kind: 'PIPELINE',
          status: 'RUNNING',
          summary: { successes: successes.map(([mapping, at]) => ({ name: 'ship-web', mapping, at })) },
        });
      const last = async (mapping: string): Promise<string | undefined> =>
        (await other().rows.lastSuccess({ name: 'ship-web', mapping }))?.executionId;
      const alone = { status: 'SUCCESS', summary: { mappings: ['prod'] } } as const;
      await one().rows.putExecution(row('e1', { startedAt: 10, endedAt: 20, ...alone }));
      await one().rows.putExecution(pipeline('p1', 1, [['qa', 5]]));
      expect([await last('prod'), await last('qa')]).toEqual(['e1', 'p1']);
      // What waited for an approval all the time has deployed there since.
      await one().rows.putExecution({ ...pipeline('p1', 1, [['qa', 5], ['prod', 30]]), seq: 2 }); // prettier-ignore
      expect([await last('prod'), await last('qa')]).toEqual(['p1', 'p1']);
      // Later elsewhere is not later here.
      await one().rows.putExecution(pipeline('p2', 2, [['prod', 25], ['qa', 90]])); // prettier-ignore
      expect([await last('prod'), await last('qa')]).toEqual(['p1', 'p2']);
      await one().rows.putExecution(row('e2', { startedAt: 40, endedAt: 50, ...alone }));
      expect(await last('prod')).toBe('e2');
    });

    if (under.racesExcluded === undefined) {
      it('ends with the newest row when many write at once', async () => {
        const rows = Array.from({ length: 20 }, (_, index) => row('e1', { seq: (index * 7) % 20, actor: `${index}` }));
        await Promise.all(rows.map((each, index) => (index % 2 === 0 ? one() : other()).rows.putExecution(each)));
        expect(await one().rows.getExecution('e1')).toEqual(rows.find((each) => each.seq === 19));
      });
    }
  });
}
