import { describe, expect, it } from 'vitest';
import type { Head } from '../../../control-plane/ports/heads.ts';
import { freshStores } from './fresh-stores.ts';
import { AWKWARD_IDS } from './store-under-test.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const head = (executionId: string, more: Partial<Head> = {}): Head => ({
  executionId,
  settled: false,
  dueAt: null,
  driver: null,
  epoch: 0,
  strikes: 0,
  parked: null,
  createdAt: 1_700_000_000_000,
  ...more,
});

export function headsContract(under: StoreUnderTest): void {
  describe('heads', () => {
    const { one, other } = freshStores(under);

    it('inserts once, and shows who was first', async () => {
      const first = head('e1', { driver: 'r1', epoch: 1, dueAt: 5.5 });
      expect(await one().heads.insert(first)).toEqual({ inserted: true, head: first });
      expect(await other().heads.insert(first)).toEqual({ inserted: true, head: first });
      expect(await other().heads.insert(head('e1', { driver: 'r2' }))).toEqual({ inserted: false, head: first });
      expect(await other().heads.get('e1')).toEqual(first);
      expect(await other().heads.get('e2')).toBeNull();
    });

    it('keeps every id as it is', async () => {
      for (const id of AWKWARD_IDS) await one().heads.insert(head(id));
      for (const id of AWKWARD_IDS) expect(await other().heads.get(id)).toEqual(head(id));
    });

    it('claims only from the expected driver and epoch, with one strike', async () => {
      await one().heads.insert(head('e1'));
      const expected = { driver: null, epoch: 0 };
      expect(await one().heads.claim('e1', { driver: 'r9', epoch: 0 }, { driver: 'r1', epoch: 1 })).toBe(false);
      expect(await one().heads.claim('e1', { driver: null, epoch: 4 }, { driver: 'r1', epoch: 1 })).toBe(false);
      expect(await one().heads.claim('none', expected, { driver: 'r1', epoch: 1 })).toBe(false);
      expect(await one().heads.claim('e1', expected, { driver: 'r1', epoch: 1 })).toBe(true);
      expect(await other().heads.claim('e1', expected, { driver: 'r2', epoch: 1 })).toBe(false);
      expect(await other().heads.get('e1')).toEqual(head('e1', { driver: 'r1', epoch: 1, strikes: 1 }));
      expect(await other().heads.claim('e1', { driver: 'r1', epoch: 1 }, { driver: 'r2', epoch: 2 })).toBe(true);
      expect(await one().heads.get('e1')).toEqual(head('e1', { driver: 'r2', epoch: 2, strikes: 2 }));
    });

    it('takes the same claim again as its own retry, without another strike', async () => {
      await one().heads.insert(head('e1'));
      for (let attempt = 0; attempt < 3; attempt++) {
        expect(await one().heads.claim('e1', { driver: null, epoch: 0 }, { driver: 'r1', epoch: 1 })).toBe(true);
      }
      expect((await one().heads.get('e1'))?.strikes).toBe(1);
    });

    it('merges patches and never unsettles', async () => {
      await one().heads.insert(head('e1', { driver: 'r1', epoch: 3 }));
      await one().heads.patch('e1', { dueAt: 7, strikes: 2 });
      await one().heads.patch('e1', { parked: 'decide threw' });
      await one().heads.patch('e1', {});
      const patched = head('e1', { driver: 'r1', epoch: 3, dueAt: 7, strikes: 2, parked: 'decide threw' });
      expect(await other().heads.get('e1')).toEqual(patched);
      await other().heads.patch('e1', { settled: true, dueAt: null, parked: null, strikes: 0 });
      await other().heads.patch('e1', { dueAt: 9 });
      await other().heads.patch('e1', { settled: true });
      await expect(one().heads.patch('e1', { settled: false })).rejects.toThrow(/bug/);
      expect(await one().heads.get('e1')).toEqual(head('e1', { driver: 'r1', epoch: 3, settled: true, dueAt: 9 }));
      await expect(one().heads.patch('none', { dueAt: 1 })).rejects.toThrow(/bug/);
      expect(await one().heads.get('none')).toBeNull();
    });

    it('sweeps the unsettled, unparked whose driver is missing or dead, then those that are due', async () => {
      const heads = [
        head('driverless', { createdAt: 30 }),
        head('dead-b', { driver: 'gone', createdAt: 20, dueAt: 1 }),
        head('dead-a', { driver: 'gone', createdAt: 20 }),
        head('due-late', { driver: 'r1', dueAt: 99, createdAt: 1 }),
        head('due-long', { driver: 'r2', dueAt: 50, createdAt: 99 }),
        head('due-now', { driver: 'r2', dueAt: 100, createdAt: 2 }),
        head('not-due', { driver: 'r1', dueAt: 101 }),
        head('driven', { driver: 'r1' }),
        head('settled', { settled: true }),
        head('settled-due', { settled: true, driver: 'r1', dueAt: 1 }),
        head('parked', { parked: 'threw' }),
        head('parked-due', { parked: 'threw', driver: 'r1', dueAt: 1 }),
      ];
      for (const each of heads) await one().heads.insert(each);
      const sweep = async (limit: number, live = ['r1', 'r2']): Promise<string[]> =>
        (await other().heads.sweepable({ now: 100, live, limit })).map((each) => each.executionId);
      const all = ['dead-a', 'dead-b', 'driverless', 'due-long', 'due-late', 'due-now'];
      expect(await sweep(100)).toEqual(all);
      for (const limit of [1, 3, 4, 5]) expect(await sweep(limit)).toEqual(all.slice(0, limit));
      expect(await sweep(100, [])).toHaveLength(8);
      expect(await other().heads.sweepable({ now: 100, live: ['r1', 'r2'], limit: 1 })).toEqual([
        head('dead-a', { driver: 'gone', createdAt: 20 }),
      ]);
    });

    it('lists the unsettled that are parked, a page at a time', async () => {
      const marked = ['p1', 'p2', 'p3'].map((id) => head(id, { parked: 'threw' }));
      const others = [head('open'), head('p0', { parked: 'threw', settled: true })];
      for (const each of [...marked.toReversed(), ...others]) await one().heads.insert(each);
      const { heads } = other();
      expect(await heads.parked({ after: null, limit: 10 })).toEqual(marked);
      expect(await heads.parked({ after: null, limit: 2 })).toEqual(marked.slice(0, 2));
      expect(await heads.parked({ after: 'p2', limit: 2 })).toEqual(marked.slice(2));
      expect(await heads.parked({ after: 'p3', limit: 2 })).toEqual([]);
      expect(await heads.parked({ after: null, limit: 0 })).toEqual([]);
    });

    if (under.racesExcluded !== undefined) return;

    it('lets exactly one of many claimants win', async () => {
      await one().heads.insert(head('e1'));
      let holder: { driver: string | null; epoch: number } = { driver: null, epoch: 0 };
      for (let round = 1; round <= 10; round++) {
        const expected = holder;
        const claims = Array.from({ length: 12 }, (_, claimant) => ({ driver: `r${round}.${claimant}`, epoch: round }));
        const answers = await Promise.all(
          claims.map((next, index) => (index % 2 === 0 ? one() : other()).heads.claim('e1', expected, next)),
        );
        expect(answers.filter(Boolean)).toHaveLength(1);
        holder = claims[answers.indexOf(true)] ?? expected;
        expect(await one().heads.get('e1')).toEqual(head('e1', { ...holder, strikes: round }));
      }
    });

    it('loses none of many concurrent patches of different fields', async () => {
      for (let round = 0; round < 5; round++) {
        const id = `e${round}`;
        await one().heads.insert(head(id));
        await Promise.all([
          one().heads.patch(id, { dueAt: 4 }),
          other().heads.patch(id, { strikes: 7 }),
          other().heads.claim(id, { driver: null, epoch: 0 }, { driver: 'r1', epoch: 1 }),
          one().heads.patch(id, { parked: 'why' }),
          other().heads.patch(id, { settled: true }),
        ]);
        const patched = await one().heads.get(id);
        expect(patched).toMatchObject({ dueAt: 4, parked: 'why', settled: true, driver: 'r1', epoch: 1 });
        expect([7, 8]).toContain(patched?.strikes);
      }
    });

    it('gives one head to many who insert at once', async () => {
      const offers = Array.from({ length: 10 }, (_, index) => head('e1', { createdAt: index }));
      const answers = await Promise.all(
        offers.map((offer, index) => (index % 2 === 0 ? one() : other()).heads.insert(offer)),
      );
      expect(answers.filter((answer) => answer.inserted)).toHaveLength(1);
      expect(new Set(answers.map((answer) => answer.head.createdAt)).size).toBe(1);
    });
  });
}
