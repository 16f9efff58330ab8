import { describe, expect, it } from 'vitest';
import { COLLECTIONS } from '../../../control-plane/ports/documents.ts';
import { MAX_DOCUMENT_BYTES } from '../../../control-plane/ports/limits.ts';
import { compareText } from '../../../control-plane/ports/order.ts';
import { freshStores } from './fresh-stores.ts';
import { AWKWARD_IDS } from './store-under-test.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const AWKWARD_BODY = {
  'a.b': { $set: 1, '': null, __proto__x: [] },
  $where: 'x\0y',
  numbers: [0, -1, 1.5, 1e300, 9007199254740991, 0.1],
  nested: [[[{ deep: true }]], []],
  text: '🚢\ud800',
  '10': 'b',
  '9': 'a',
};

export function documentsContract(under: StoreUnderTest): void {
  describe('documents', () => {
    const { one, other } = freshStores(under);

    it('inserts once; the same body again is its own retry', async () => {
      expect(await one().documents.insert('locks', 'a', { n: 1, m: 2 })).toBe(true);
      expect(await other().documents.insert('locks', 'a', { m: 2, n: 1 })).toBe(true);
      expect(await other().documents.insert('locks', 'a', { n: 2 })).toBe(false);
      expect(await other().documents.get('locks', 'a')).toEqual({ id: 'a', version: 1, body: { n: 1, m: 2 } });
      expect(await other().documents.get('agents', 'a')).toBeNull();
    });

    it('replaces only the expected version; the same body again is its own retry', async () => {
      expect(await one().documents.replace('locks', 'a', 0, { n: 1 })).toBe(false);
      await one().documents.insert('locks', 'a', { n: 1 });
      expect(await one().documents.replace('locks', 'a', 1, { n: 2 })).toBe(true);
      expect(await other().documents.replace('locks', 'a', 1, { n: 2 })).toBe(true);
      expect(await other().documents.replace('locks', 'a', 1, { n: 3 })).toBe(false);
      expect(await other().documents.replace('locks', 'a', 3, { n: 3 })).toBe(false);
      expect(await other().documents.get('locks', 'a')).toEqual({ id: 'a', version: 2, body: { n: 2 } });
      expect(await other().documents.insert('locks', 'a', { n: 2 })).toBe(false);
    });

    it('removes only the expected version, and starts again at 1', async () => {
      await one().documents.insert('locks', 'a', { n: 1 });
      await one().documents.replace('locks', 'a', 1, { n: 2 });
      expect(await one().documents.remove('locks', 'a', 1)).toBe(false);
      const removed = await other().documents.remove('locks', 'a', 2);
      if (under.losesAnswers !== true) expect(removed).toBe(true);
      expect(await other().documents.remove('locks', 'a', 2)).toBe(false);
      expect(await one().documents.get('locks', 'a')).toBeNull();
      expect(await one().documents.replace('locks', 'a', 2, { n: 3 })).toBe(false);
      expect(await one().documents.insert('locks', 'a', { n: 4 })).toBe(true);
      expect((await other().documents.get('locks', 'a'))?.version).toBe(1);
    });

    it('gives back any body as it was, in any collection', async () => {
      for (const collection of COLLECTIONS) {
        await one().documents.insert(collection, collection, AWKWARD_BODY);
        expect((await other().documents.get(collection, collection))?.body).toEqual(AWKWARD_BODY);
        expect(await other().documents.list(collection)).toHaveLength(1);
      }
    });

    it('lists in binary order of UTF-8', async () => {
      const points = under.ordersByUtf16 === undefined ? ['\uffee', '\u{1f6a2}', '\u{10ffff}', '\ue000'] : [];
      const ids = [...AWKWARD_IDS, ...points, 'aa', 'a/1', 'a/10', 'a/2'].filter(
        (id) => under.ordersByUtf16 === undefined || !/[\u{10000}-\u{10ffff}]/u.test(id),
      );
      for (const id of ids) await one().documents.insert('pins', id, { id });
      const listed = (await other().documents.list('pins')).map((each) => each.id);
      expect(listed).toEqual([...new Set(ids)].toSorted(compareText));
      expect(listed).toEqual(listed.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))));
    });

    it('lists by prefix and in pages', async () => {
      const ids = ['a/1', 'a/2', 'a/3', 'a', 'a0', 'b/1', 'é/1', 'é/2', 'A/1', 'a.1', 'a+1', 'a/%', 'a/_'];
      for (const id of ids) await one().documents.insert('pins', id, { id });
      const list = async (query: Parameters<ReturnType<typeof one>['documents']['list']>[1]): Promise<string[]> =>
        (await other().documents.list('pins', query)).map((each) => each.id);
      expect(await list({ prefix: 'a/' })).toEqual(['a/%', 'a/1', 'a/2', 'a/3', 'a/_']);
      expect(await list({ prefix: 'a/', limit: 2 })).toEqual(['a/%', 'a/1']);
      expect(await list({ prefix: 'a/', after: 'a/1', limit: 2 })).toEqual(['a/2', 'a/3']);
      expect(await list({ prefix: 'a/', after: 'a/_' })).toEqual([]);
      expect(await list({ prefix: 'b', after: 'a' })).toEqual(['b/1']);
      expect(await list({ prefix: 'é' })).toEqual(['é/1', 'é/2']);
      expect(await list({ prefix: 'a.' })).toEqual(['a.1']);
      expect(await list({ after: 'b/1' })).toEqual(['é/1', 'é/2']);
      expect(await list({ prefix: 'nothing' })).toEqual([]);
      expect(await list({ limit: 3 })).toEqual(['A/1', 'a', 'a+1']);
    });

    it('goes on behind what was removed while it is listed in pages', async () => {
      for (let n = 0; n < 25; n += 1)
        await one().documents.insert('keys', `login:${String(n).padStart(2, '0')}`, { n });
      await one().documents.insert('keys', 'session:1', {});
      const seen: string[] = [];
      for (let after = ''; ;) {
        const page = await one().documents.list('keys', { prefix: 'login:', after, limit: 10 });
        for (const { id, version } of page) {
          seen.push(id);
          if (seen.length % 3 !== 0) await other().documents.remove('keys', id, version);
        }
        const last = page.at(-1);
        if (last === undefined) break;
        after = last.id;
      }
      expect(seen).toHaveLength(25);
      const left = seen.filter((_, index) => index % 3 === 2);
      expect((await other().documents.list('keys')).map(({ id }) => id)).toEqual([...left, 'session:1']);
    });

    it('refuses a body beyond the limit and ids that no database could hold', async () => {
      const body = { text: 'x'.repeat(MAX_DOCUMENT_BYTES - '{"text":""}'.length) };
      expect(await one().documents.insert('pins', 'a', body)).toBe(true);
      const more = { text: `${body.text}x` };
      await expect(one().documents.replace('pins', 'a', 1, more)).rejects.toMatchObject({
        failures: [{ code: 'TOO_LARGE' }],
      });
      for (const id of ['', 'a\0b', '\udc00']) {
        await expect(one().documents.insert('pins', id, {})).rejects.toMatchObject({
          failures: [{ code: 'INVALID_INPUT' }],
        });
      }
    });

    if (under.racesExcluded !== undefined) return;

    it('lets exactly one of many concurrent inserts win', async () => {
      for (let round = 0; round < 5; round++) {
        const answers = await Promise.all(
          Array.from({ length: 12 }, (_, by) =>
            (by % 2 === 0 ? one() : other()).documents.insert('locks', `a${round}`, { by }),
          ),
        );
        expect(answers.filter(Boolean)).toHaveLength(1);
        expect((await one().documents.get('locks', `a${round}`))?.body).toEqual({ by: answers.indexOf(true) });
      }
    });

    it('loses no increment of many concurrent writers', async () => {
      await one().documents.insert('locks', 'counter', { n: 0, by: '' });
      const increment = async (by: number): Promise<void> => {
        const { documents } = by % 2 === 0 ? one() : other();
        for (let done = 0; done < 8;) {
          const standing = await documents.get('locks', 'counter');
          if (standing === null) throw new Error('the counter is gone');
          const next = { n: Number(standing.body['n']) + 1, by: `${by}.${done}` };
          if (await documents.replace('locks', 'counter', standing.version, next)) done++;
        }
      };
      await Promise.all([0, 1, 2, 3, 4, 5].map(increment));
      const standing = await one().documents.get('locks', 'counter');
      // After a lost answer, false may follow on a replacement that was applied and overtaken: one increment more.
      const n = under.losesAnswers === true ? Math.max(48, Number(standing?.body['n'])) : 48;
      expect(standing).toMatchObject({ version: n + 1, body: { n } });
    });

    it('lets a removal or a replacement of one version win, not both', async () => {
      for (let round = 0; round < 10; round++) {
        const id = `a${round}`;
        await one().documents.insert('locks', id, {});
        const [removed, replaced] = await Promise.all([
          one().documents.remove('locks', id, 1),
          other().documents.replace('locks', id, 1, { round }),
        ]);
        const standing = await one().documents.get('locks', id);
        expect(standing?.body).toEqual(replaced ? { round } : undefined);
        if (under.losesAnswers !== true) expect(removed).toBe(!replaced);
      }
    });
  });
}
