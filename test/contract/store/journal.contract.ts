import { describe, expect, it } from 'vitest';
import type { JournalRecord } from '../../../control-plane/ports/journal.ts';
import { MAX_RECORD_BYTES } from '../../../control-plane/ports/limits.ts';
import { freshStores } from './fresh-stores.ts';
import { AWKWARD_IDS } from './store-under-test.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const record = (executionId: string, seq: number, more: Partial<JournalRecord> = {}): JournalRecord => ({
  executionId,
  seq,
  epoch: 1,
  now: 1_700_000_000_000 + seq,
  body: `{"seq":${seq}}`,
  ...more,
});

export function journalContract(under: StoreUnderTest): void {
  describe('journal', () => {
    const { one, other } = freshStores(under);

    it('gives back in order what was appended, to every client', async () => {
      const records = Array.from({ length: 12 }, (_, index) => record('e1', index + 1));
      for (const each of records) expect(await one().journal.append(each)).toBe('appended');
      expect(await other().journal.read('e1', 0)).toEqual(records);
      expect(await other().journal.read('e1', 10)).toEqual(records.slice(10));
      expect(await other().journal.read('e1', 3, 2)).toEqual(records.slice(3, 5));
      expect(await other().journal.read('e1', 12)).toEqual([]);
      expect(await other().journal.read('e', 0)).toEqual([]);
    });

    it('takes the same record again as its own retry, before and after later ones', async () => {
      expect(await one().journal.append(record('e1', 1))).toBe('appended');
      expect(await one().journal.append(record('e1', 1))).toBe('appended');
      await one().journal.append(record('e1', 2));
      expect(await other().journal.append(record('e1', 1))).toBe('appended');
      expect(await one().journal.read('e1', 0)).toEqual([record('e1', 1), record('e1', 2)]);
    });

    it('answers conflict, and keeps the first, when another record stands there', async () => {
      await one().journal.append(record('e1', 1));
      const others = [{ body: '{"seq":1 }' }, { epoch: 2 }, { now: 1 }];
      for (const more of others) expect(await other().journal.append(record('e1', 1, more))).toBe('conflict');
      expect(await one().journal.read('e1', 0)).toEqual([record('e1', 1)]);
    });

    it('keeps executions apart, whatever their ids are made of', async () => {
      const ids = [...AWKWARD_IDS, 'e1', 'e1:', 'e1:1', 'e10'];
      for (const id of ids) await one().journal.append(record(id, 1, { body: JSON.stringify(id) }));
      for (const id of ids) {
        expect(await one().journal.read(id, 0)).toEqual([record(id, 1, { body: JSON.stringify(id) })]);
      }
    });

    it('knows the last seq of each, 0 where there is none', async () => {
      for (const seq of [1, 2, 3]) await one().journal.append(record('e1', seq));
      await one().journal.append(record('e10', 1));
      const last = await other().journal.lastSeqs(['e1', 'e10', 'none']);
      expect([...last].toSorted()).toEqual([
        ['e1', 3],
        ['e10', 1],
        ['none', 0],
      ]);
      expect((await one().journal.lastSeqs([])).size).toBe(0);
    });

    it('holds bodies up to 1 MB exactly and refuses more', async () => {
      const wide = 'é'.repeat(MAX_RECORD_BYTES / 2);
      await one().journal.append(record('e1', 1, { body: wide }));
      expect((await one().journal.read('e1', 0))[0]?.body === wide).toBe(true);
      await expect(one().journal.append(record('e1', 2, { body: `${wide}.` }))).rejects.toMatchObject({
        failures: [{ code: 'TOO_LARGE' }],
      });
      expect((await one().journal.lastSeqs(['e1'])).get('e1')).toBe(1);
    });

    it('refuses ids that no database could hold', async () => {
      for (const id of ['', 'a\0b', '\ud800']) {
        await expect(one().journal.append(record(id, 1))).rejects.toMatchObject({
          failures: [{ code: 'INVALID_INPUT' }],
        });
      }
    });

    it('sees an append that resolved before the read was called', async () => {
      for (let seq = 1; seq <= 40; seq++) {
        const [writer, reader] = seq % 2 === 0 ? [one(), other()] : [other(), one()];
        await writer.journal.append(record('e1', seq));
        expect((await reader.journal.lastSeqs(['e1'])).get('e1')).toBe(seq);
      }
    });

    if (under.racesExcluded !== undefined) return;

    it('lets exactly one of many concurrent appends of a seq win', async () => {
      for (let seq = 1; seq <= 10; seq++) {
        const offers = Array.from({ length: 16 }, (_, writer) => record('e1', seq, { body: `writer ${writer}` }));
        const answers = await Promise.all(
          offers.map((offer, writer) => (writer % 2 === 0 ? one() : other()).journal.append(offer)),
        );
        expect(answers.filter((answer) => answer === 'appended')).toHaveLength(1);
        const [stored] = await other().journal.read('e1', seq - 1);
        expect(stored?.body).toBe(`writer ${answers.indexOf('appended')}`);
      }
    });

    it('leaves no gap when many append what follows what they saw', async () => {
      const append = async (writer: number): Promise<void> => {
        const store = writer % 2 === 0 ? one() : other();
        for (let done = 0; done < 5;) {
          const last = (await store.journal.lastSeqs(['e1'])).get('e1') ?? 0;
          const answer = await store.journal.append(record('e1', last + 1, { body: `${writer}.${done}` }));
          if (answer === 'appended') done++;
        }
      };
      await Promise.all([0, 1, 2, 3, 4, 5].map(append));
      const stored = await one().journal.read('e1', 0);
      expect(stored.map((each) => each.seq)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
      expect(new Set(stored.map((each) => each.body)).size).toBe(30);
    });
  });
}
