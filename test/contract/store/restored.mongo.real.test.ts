import { afterAll, expect, it } from 'vitest';
import { openMongoStore } from '../../../control-plane/adapters/mongo/store.ts';
import { realServer, requireReal } from '../../support/real/index.ts';
import { withClient } from './mongo-under-test.ts';

const mongod = realServer('mongod');
const { url } = mongod.present ? mongod : requireReal('mongo-java');
const database = `fairlead-test-restored-${process.pid}`;
afterAll(() => withClient(url, (client) => client.db(database).dropDatabase()));

async function incarnationOf(restored?: string): Promise<string> {
  const store = await openMongoStore({ url, database, ...(restored === undefined ? {} : { restored }) });
  await store.close();
  return store.incarnation;
}

it('takes a new incarnation for each restore that is named, one for all replicas, and keeps it', async () => {
  const first = await incarnationOf();
  const [one, other] = await Promise.all([incarnationOf('monday'), incarnationOf('monday')]);
  expect(one).toBe(other);
  expect(one).not.toBe(first);
  expect([await incarnationOf(), await incarnationOf('monday')]).toEqual([one, one]);
  expect(await incarnationOf('tuesday')).not.toBe(one);
});
