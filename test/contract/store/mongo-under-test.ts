import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { openMongoStore } from '../../../control-plane/adapters/mongo/store.ts';
import type { FreshStore } from './store-under-test.ts';

/** Two clients on a database of their own, dropped afterwards. */
export async function freshMongo(url: string): Promise<FreshStore> {
  const database = `fairlead-test-${randomUUID()}`;
  const [one, other] = await Promise.all([openMongoStore({ url, database }), openMongoStore({ url, database })]);
  return {
    one,
    other,
    async dispose() {
      await Promise.all([one.close(), other.close()]);
      await withClient(url, (client) => client.db(database).dropDatabase());
    },
  };
}

export async function withClient<T>(url: string, work: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(url);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
