import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MAX_BLOB_BYTES } from '../../../control-plane/ports/limits.ts';
import { freshStores } from './fresh-stores.ts';
import type { StoreUnderTest } from './store-under-test.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export function blobsContract(under: StoreUnderTest): void {
  describe('blobs', () => {
    const { one, other } = freshStores(under);

    it('gives back exactly the bytes that were put, by their hash', async () => {
      const every = Uint8Array.from({ length: 1024 }, (_, index) => index % 256);
      const samples = [new Uint8Array(), Uint8Array.of(0), every, every.subarray(3, 77), Buffer.from('plan 🚢')];
      for (const bytes of samples) {
        const hash = await one().blobs.put(bytes);
        expect(hash).toBe(sha256(bytes));
        const found = await other().blobs.get(hash);
        expect(found).toBeInstanceOf(Uint8Array);
        expect(Buffer.compare(found ?? Buffer.from('missing'), bytes)).toBe(0);
      }
      expect(await other().blobs.get(sha256(Buffer.from('never put')))).toBeNull();
    });

    it('takes the same bytes any number of times, at once and again', async () => {
      const bytes = Buffer.from('the same');
      const stores = [one(), other(), one(), other(), one(), other()];
      const hashes = await Promise.all(stores.map((store) => store.blobs.put(bytes)));
      hashes.push(await one().blobs.put(bytes));
      expect(new Set(hashes)).toEqual(new Set([sha256(bytes)]));
      expect(Buffer.from((await one().blobs.get(sha256(bytes))) ?? []).toString()).toBe('the same');
    });

    it('does not share memory with its caller', async () => {
      const bytes = Uint8Array.of(1, 2, 3);
      const writing = one().blobs.put(bytes);
      const hash = await writing;
      bytes.fill(9);
      const found = await one().blobs.get(hash);
      found?.fill(7);
      expect([...((await one().blobs.get(hash)) ?? [])]).toEqual([1, 2, 3]);
    });

    it('holds 16 MB exactly and refuses more', async () => {
      const bytes = new Uint8Array(MAX_BLOB_BYTES + 1);
      bytes[0] = 1;
      await expect(one().blobs.put(bytes)).rejects.toMatchObject({ failures: [{ code: 'TOO_LARGE' }] });
      const largest = bytes.subarray(0, MAX_BLOB_BYTES);
      const hash = await one().blobs.put(largest);
      expect(Buffer.compare((await other().blobs.get(hash)) ?? Buffer.alloc(0), largest)).toBe(0);
    });
  });
}
