import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../../control-plane/adapters/sqlite/store.ts';
import { storeContract } from './store.contract.ts';

storeContract('SQLite', {
  async fresh() {
    const directory = mkdtempSync(join(tmpdir(), 'fairlead-store-'));
    const store = await openSqliteStore({ directory });
    return {
      one: store,
      other: store,
      async dispose() {
        await store.close();
        rmSync(directory, { recursive: true });
      },
    };
  },
});
