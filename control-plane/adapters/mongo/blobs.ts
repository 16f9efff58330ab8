import { createHash } from 'node:crypto';
import { Binary } from 'mongodb';
import type { Blobs } from '../../ports/blobs.ts';
import { checkBlob } from '../../ports/limits.ts';
import type { Connection } from './connection.ts';
import { isDuplicateKey, unavailable } from './failures.ts';

interface Stored {
  readonly _id: string;
  readonly bytes: Binary;
}

export function createBlobs(connection: Connection): Blobs {
  const blobs = connection.collection<Stored>('blobs');
  const exists = async (hash: string): Promise<boolean> =>
    (await blobs.findOne({ _id: hash }, { projection: { _id: 1 } })) !== null;

  return {
    async put(bytes) {
      checkBlob(bytes);
      const hash = createHash('sha256').update(bytes).digest('hex');
      const copy = Uint8Array.from(bytes);
      return connection.run(async () => {
        if (await exists(hash)) return hash;
        try {
          await blobs.insertOne({ _id: hash, bytes: new Binary(copy) });
        } catch (error) {
          if (!isDuplicateKey(error)) throw error;
          if (!(await exists(hash))) throw unavailable(`The blob ${hash} is not settled.`, error);
        }
        return hash;
      });
    },
    async get(hash) {
      const stored = await connection.run(() => blobs.findOne({ _id: hash }));
      return stored === null ? null : Uint8Array.from(stored.bytes.value());
    },
  };
}
