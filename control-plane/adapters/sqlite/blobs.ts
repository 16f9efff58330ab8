import { createHash } from 'node:crypto';
import type { Blobs } from '../../ports/blobs.ts';
import { checkBlob } from '../../ports/limits.ts';
import { bytesOf } from './database.ts';
import type { Database } from './database.ts';
import type { GroupCommit } from './group-commit.ts';

export function createBlobs(database: Database, group: GroupCommit): Blobs {
  const insert = database.prepare('INSERT INTO blobs (hash, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING');
  const exists = database.prepare('SELECT 1 FROM blobs WHERE hash = ?');
  const standing = database.prepare('SELECT bytes FROM blobs WHERE hash = ?');

  return {
    async put(bytes) {
      checkBlob(bytes);
      const hash = createHash('sha256').update(bytes).digest('hex');
      // What can be read here was committed: no need to wait for another fsync.
      if ((await database.reading(() => exists.get([hash]))) !== null) return hash;
      const copy = Uint8Array.from(bytes);
      await group.write(() => insert.run([hash, copy]));
      return hash;
    },
    async get(hash) {
      const row = await database.reading(() => standing.get<{ bytes: Uint8Array | ArrayBuffer }>([hash]));
      return row === null ? null : bytesOf(row.bytes);
    },
  };
}
