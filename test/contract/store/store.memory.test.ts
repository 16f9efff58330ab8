import { createMemoryData, createMemoryStore } from '../../support/memory-store/index.ts';
import { storeContract } from './store.contract.ts';

storeContract('the store in memory', {
  async fresh() {
    const data = createMemoryData();
    return { one: createMemoryStore({ data }), other: createMemoryStore({ data }), dispose: async () => {} };
  },
});
