import type { Store } from '../../ports/store.ts';
import { createBlobs } from './blobs.ts';
import { Connection } from './connection.ts';
import type { MongoStoreOptions } from './connection.ts';
import { createDocuments } from './documents.ts';
import { createHeads } from './heads.ts';
import { createJournal } from './journal.ts';
import { createLogs } from './logs.ts';
import { createRows } from './rows.ts';
import { prepareDatabase } from './schema.ts';

export type { MongoStoreOptions } from './connection.ts';

/**
 * Everything in one MongoDB database, used in the plainest way: majority and journaled writes, deciding reads from the
 * primary, compare-and-set on a version or a unique `_id`, no transaction over several documents, no change stream.
 * Rejects with UNAVAILABLE when the database cannot be reached, STORE_TOO_NEW when a newer release wrote it.
 */
export async function openMongoStore(options: MongoStoreOptions): Promise<Store> {
  const connection = new Connection(options);
  try {
    const incarnation = await prepareDatabase(connection, options.restored ?? null);
    return {
      journal: createJournal(connection),
      heads: createHeads(connection),
      documents: createDocuments(connection),
      blobs: createBlobs(connection),
      logs: createLogs(connection),
      rows: createRows(connection),
      incarnation,
      ping: () => connection.ping(),
      close: () => connection.close(),
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}
