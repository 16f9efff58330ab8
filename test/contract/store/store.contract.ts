import { describe, expect, it } from 'vitest';
import { withFaults, withRetries } from '../../support/fault-proxy.ts';
import { blobsContract } from './blobs.contract.ts';
import { documentsContract } from './documents.contract.ts';
import { executionRowsContract } from './execution-rows.contract.ts';
import { freshStores } from './fresh-stores.ts';
import { headsContract } from './heads.contract.ts';
import { instanceRowsContract } from './instance-rows.contract.ts';
import { journalContract } from './journal.contract.ts';
import { logsContract } from './logs.contract.ts';
import { modelContract } from './model.contract.ts';
import type { StoreUnderTest } from './store-under-test.ts';

/** Everything that any store promises: directly, and again through a proxy that loses answers, with callers that retry. */
export function storeContract(name: string, under: StoreUnderTest): void {
  describe(name, () => {
    everyPort(under);
    lifeContract(under);
    const { racesExcluded } = under;
    if (racesExcluded === undefined) return;
    it(`is not judged by races, because ${racesExcluded.because}`, async () => {
      expect(await racesExcluded.holds()).toBe(true);
    });
  });

  describe(`${name}, through a network that delays, loses and refuses`, () => {
    const seeds = { next: 1 };
    everyPort({
      ...under,
      losesAnswers: true,
      async fresh() {
        const { one, other, dispose } = await under.fresh();
        const faulty = [one, other].map((store) => withFaults(store, { seed: seeds.next++ }));
        const [first = one, second = other] = faulty.map(({ store }) => withRetries(store));
        return { one: first, other: second, dispose };
      },
    });
  });
}

function everyPort(under: StoreUnderTest): void {
  journalContract(under);
  headsContract(under);
  documentsContract(under);
  blobsContract(under);
  logsContract(under);
  executionRowsContract(under);
  instanceRowsContract(under);
  modelContract(under);
}

function lifeContract(under: StoreUnderTest): void {
  describe('its life', () => {
    const { one, other } = freshStores(under);

    it('has one incarnation for every client', () => {
      expect(one().incarnation).toMatch(/^\S+$/);
      expect(other().incarnation).toBe(one().incarnation);
    });

    it('answers a ping until it is closed, and UNAVAILABLE to everything after', async () => {
      await one().ping();
      const writing = one().documents.insert('pins', 'written while closing', {});
      await one().close();
      expect(await writing).toBe(true);
      await one().close();
      const unavailable = { failures: [{ code: 'UNAVAILABLE' }] };
      await expect(one().ping()).rejects.toMatchObject(unavailable);
      await expect(one().documents.insert('pins', 'a', {})).rejects.toMatchObject(unavailable);
      await expect(one().journal.read('e1', 0)).rejects.toMatchObject(unavailable);
      await expect(one().logs.lengths(['a'])).rejects.toMatchObject(unavailable);
    });
  });
}
