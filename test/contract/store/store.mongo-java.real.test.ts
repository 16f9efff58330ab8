import { requireReal } from '../../support/real/index.ts';
import { freshMongo } from './mongo-under-test.ts';
import { storeContract } from './store.contract.ts';

const { url } = requireReal('mongo-java');

storeContract('MongoDB, on mongo-java-server', {
  fresh: () => freshMongo(url, 'at once'),
  ordersByUtf16: 'it compares text as Java does, by UTF-16 units, where MongoDB compares UTF-8',
});
