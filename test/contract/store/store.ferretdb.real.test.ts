import { requireReal } from '../../support/real/index.ts';
import { freshMongo, withClient } from './mongo-under-test.ts';
import { storeContract } from './store.contract.ts';

const { url } = requireReal('ferretdb');

storeContract('MongoDB, on FerretDB', {
  // It panics when indexes are made that exist already, as two that start at once do.
  fresh: () => freshMongo(url, 'in turn'),
  racesExcluded: {
    because: 'FerretDB 1 reads, filters and then updates by _id: its updates are not atomic',
    async holds() {
      const info = await withClient(url, (client) => client.db('admin').command({ buildInfo: 1 }));
      const version: unknown = info['ferretdbVersion'];
      return typeof version === 'string' && /^v?1\./.test(version);
    },
  },
});
