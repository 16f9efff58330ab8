import { describe, expect, it } from 'vitest';
import { MAX_CHUNK_BYTES } from '../../../control-plane/ports/limits.ts';
import type { LogChunk } from '../../../control-plane/ports/logs.ts';
import { freshStores } from './fresh-stores.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const ATTEMPT = 'e1/run/0/1/2@web-1#1';

const chunk = (offset: number, text: string, more: Partial<LogChunk> = {}): LogChunk => ({
  attemptId: ATTEMPT,
  offset,
  bytes: Buffer.from(text),
  gap: 0,
  at: 1000 + offset,
  ...more,
});

/** What a reader sees: place, text, gap and time of each. */
const seen = (chunks: readonly LogChunk[]): unknown[] =>
  chunks.map((each) => [each.offset, Buffer.from(each.bytes).toString(), each.gap, each.at]);

export function logsContract(under: StoreUnderTest): void {
  describe('logs', () => {
    const { one, other } = freshStores(under);
    const read = async (from: number, limit?: number): Promise<unknown[]> =>
      seen(await other().logs.read(ATTEMPT, from, limit));

    it('gives back chunks in order, the first cut where the reader starts', async () => {
      await one().logs.append([chunk(0, 'hello '), chunk(6, 'wörld\n')]);
      await one().logs.append([chunk(13, 'again')]);
      await one().logs.append([]);
      expect(await read(0)).toEqual([
        [0, 'hello ', 0, 1000],
        [6, 'wörld\n', 0, 1006],
        [13, 'again', 0, 1013],
      ]);
      expect(await read(2)).toEqual([[2, 'llo ', 0, 1000], ...(await read(6))]);
      expect(await read(6)).toHaveLength(2);
      expect(await read(17)).toEqual([[17, 'n', 0, 1013]]);
      expect(await read(18)).toEqual([]);
      expect(await read(99)).toEqual([]);
    });

    it('stores once what is repeated after a reconnect, wherever it is cut', async () => {
      await one().logs.append([chunk(0, 'abc'), chunk(3, 'def')]);
      await one().logs.append([chunk(0, 'abc'), chunk(3, 'def'), chunk(6, 'ghi')]);
      await other().logs.append([chunk(0, 'abcdefghi')]);
      await one().logs.append([chunk(4, 'ef'), chunk(6, 'ghijkl')]);
      await one().logs.append([chunk(2, 'cdefghijklmn', { gap: 2 })]);
      const text = (await read(0)).map((each) => (Array.isArray(each) ? String(each[1]) : '')).join('');
      expect(text).toBe('abcdefghijklmn');
      expect((await other().logs.lengths([ATTEMPT])).get(ATTEMPT)).toBe(14);
    });

    it('keeps gaps, and their place', async () => {
      await one().logs.append([chunk(0, 'head'), chunk(104, 'tail', { gap: 100 })]);
      await one().logs.append([chunk(104, 'tail', { gap: 100 }), chunk(108, '!')]);
      const expected = [
        [104, 'tail', 100, 1104],
        [108, '!', 0, 1108],
      ];
      expect(await read(0)).toEqual([[0, 'head', 0, 1000], ...expected]);
      expect(await read(4)).toEqual(expected);
      expect(await read(50)).toEqual(expected);
      expect(await read(106)).toEqual([[106, 'il', 0, 1104], expected[1]]);
      expect((await other().logs.lengths([ATTEMPT])).get(ATTEMPT)).toBe(109);
    });

    it('may begin with a gap', async () => {
      await one().logs.append([chunk(10, 'x', { gap: 10 })]);
      expect(await read(0)).toEqual([[10, 'x', 10, 1010]]);
    });

    it('gives about as much as was asked, at least one chunk', async () => {
      const chunks = Array.from({ length: 10 }, (_, index) => chunk(index * 100, String(index).repeat(100)));
      await one().logs.append(chunks);
      expect(await read(0, 1)).toHaveLength(1);
      expect(await read(0, 250)).toHaveLength(3);
      expect(await read(150, 250)).toHaveLength(3);
      expect(await read(950, 1)).toEqual([[950, '9'.repeat(50), 0, 1900]]);
      expect(await read(0)).toHaveLength(10);
    });

    it('stores bytes as they are: empty, binary, repetitive, large', async () => {
      const random = Uint8Array.from({ length: 5000 }, (_, index) => (index * 7919 + (index >> 3) * 104729) % 256);
      const parts = [random, new Uint8Array(), new Uint8Array(100_000).fill(97), new Uint8Array(MAX_CHUNK_BYTES)];
      let offset = 0;
      for (const bytes of parts) {
        await one().logs.append([{ attemptId: ATTEMPT, offset, bytes, gap: 0, at: 1 }]);
        offset += bytes.byteLength;
      }
      const found = await other().logs.read(ATTEMPT, 0, 10_000_000);
      expect(Buffer.compare(Buffer.concat(found.map((each) => each.bytes)), Buffer.concat(parts))).toBe(0);
      const tooLarge = { attemptId: ATTEMPT, offset, bytes: new Uint8Array(MAX_CHUNK_BYTES + 1), gap: 0, at: 1 };
      await expect(one().logs.append([tooLarge])).rejects.toMatchObject({ failures: [{ code: 'TOO_LARGE' }] });
      expect((await one().logs.lengths([ATTEMPT])).get(ATTEMPT)).toBe(offset);
    });

    it('keeps attempts apart and lists those of an execution', async () => {
      const ids = ['e1/a@web-1#2', 'e1/a@web-1#1', 'e1/é@日本#1', 'e10/a@web-1#1', 'e2'];
      await one().logs.append(ids.map((attemptId) => chunk(0, attemptId, { attemptId })));
      expect(await other().logs.attempts('e1')).toEqual(['e1/a@web-1#1', 'e1/a@web-1#2', 'e1/é@日本#1']);
      expect(await other().logs.attempts('e2')).toEqual(['e2']);
      expect(await other().logs.attempts('e')).toEqual([]);
      for (const attemptId of ids) expect(seen(await one().logs.read(attemptId, 0))).toEqual([[0, attemptId, 0, 1000]]);
      const lengths = await one().logs.lengths(['e2', 'none']);
      expect([lengths.get('e2'), lengths.get('none')]).toEqual([2, 0]);
    });

    it('takes one stream from two connections of its sender without doubling a byte', async () => {
      const text = Array.from({ length: 400 }, (_, index) => `line ${index}\n`).join('');
      const send = async (store: ReturnType<typeof one>, size: number): Promise<void> => {
        for (let offset = 0; offset < text.length; offset += size) {
          await store.logs.append([chunk(offset, text.slice(offset, offset + size))]);
        }
      };
      if (under.racesExcluded === undefined) await Promise.all([send(one(), 97), send(other(), 61)]);
      else for (const size of [97, 61]) await send(one(), size);
      const found = await one().logs.read(ATTEMPT, 0);
      expect(Buffer.concat(found.map((each) => each.bytes)).toString()).toBe(text);
    });
  });
}
