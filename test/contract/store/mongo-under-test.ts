import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { openMongoStore } from '../../../control-plane/adapters/mongo/store.ts';
import type { Store } from '../../../control-plane/ports/store.ts';
import type { FreshStore } from './store-under-test.ts';

/** Two clients, starting at once or in turn, on a database of their own, dropped afterwards. */
export async function freshMongo(url: string, start: 'at once' | 'in turn'): Promise<FreshStore> {
  const database = `fairlead-test-${randomUUID()}`;
  const open = (): Promise<Store> => openMongoStore({ url, database });
  const [one, other] = start === 'at once' ? await Promise.all([open(), open()]) : [await open(), await open()];
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
