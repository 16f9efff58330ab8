import { canonicalJson } from '@fairlead/proto/model/json.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { Document, Documents } from '../../ports/documents.ts';
import { checkDocument } from '../../ports/limits.ts';
import { successorOf } from '../../ports/order.ts';
import type { Database } from './database.ts';
import type { GroupCommit } from './group-commit.ts';

interface Row {
  readonly id: string;
  readonly version: number;
  readonly body: string;
}

/** Bodies are kept as canonical text: the same body is the same text, which is how our own earlier try is known. */
export function createDocuments(database: Database, group: GroupCommit): Documents {
  const insert = database.prepare(
    'INSERT INTO documents (collection, id, version, body) VALUES (?, ?, 1, ?) ON CONFLICT DO NOTHING',
  );
  const standing = database.prepare('SELECT id, version, body FROM documents WHERE collection = ? AND id = ?');
  const replace = database.prepare(
    'UPDATE documents SET version = version + 1, body = ? WHERE collection = ? AND id = ? AND version = ?',
  );
  const remove = database.prepare('DELETE FROM documents WHERE collection = ? AND id = ? AND version = ?');
  const list = database.prepare(
    'SELECT id, version, body FROM documents WHERE collection = ? AND id >= ? AND id > ? ORDER BY id LIMIT ?',
  );
  const listBelow = database.prepare(
    'SELECT id, version, body FROM documents WHERE collection = ? AND id >= ? AND id > ? AND id < ? ORDER BY id LIMIT ?',
  );
  const stands = (collection: string, id: string, version: number, text: string): boolean => {
    const row = standing.get<Row>([collection, id]);
    return row !== null && row.version === version && row.body === text;
  };

  return {
    async insert(collection, id, body) {
      const text = canonicalJson(body);
      checkDocument(id, text);
      return group.write(() => insert.run([collection, id, text]) === 1 || stands(collection, id, 1, text));
    },
    async get(collection, id) {
      const row = await database.reading(() => standing.get<Row>([collection, id]));
      return row === null ? null : toDocument(row);
    },
    async replace(collection, id, expected, body) {
      const text = canonicalJson(body);
      checkDocument(id, text);
      return group.write(
        () => replace.run([text, collection, id, expected]) === 1 || stands(collection, id, expected + 1, text),
      );
    },
    async remove(collection, id, expected) {
      return group.write(() => remove.run([collection, id, expected]) === 1);
    },
    async list(collection, { prefix = '', after = '', limit = -1 } = {}) {
      const end = successorOf(prefix);
      return database.reading(() =>
        (end === null
          ? list.all<Row>([collection, prefix, after, limit])
          : listBelow.all<Row>([collection, prefix, after, end, limit])
        ).map(toDocument),
      );
    },
  };
}

const toDocument = (row: Row): Document => ({
  id: row.id,
  version: row.version,
  // Written by canonicalJson from a JsonObject.
  body: JSON.parse(row.body) as JsonObject,
});
