import { afterEach, beforeEach } from 'vitest';
import type { Store } from '../../../control-plane/ports/store.ts';
import type { FreshStore, StoreUnderTest } from './store-under-test.ts';

/** One empty store per test; the getters give the current one. */
export function freshStores(under: StoreUnderTest): { one(): Store; other(): Store } {
  let current: FreshStore | null = null;
  beforeEach(async () => {
    current = await under.fresh();
  });
  afterEach(async () => {
    await current?.dispose();
    current = null;
  });
  const now = (): FreshStore => {
    if (current === null) throw new Error('bug: outside a test');
    return current;
  };
  return { one: () => now().one, other: () => now().other };
}
