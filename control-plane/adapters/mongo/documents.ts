import type { FailureError } from '@fairlead/proto/model/failure.ts';
import { canonicalJson } from '@fairlead/proto/model/json.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import { COLLECTIONS } from '../../ports/documents.ts';
import type { Collection, Document, Documents } from '../../ports/documents.ts';
import { checkDocument } from '../../ports/limits.ts';
import type { Connection } from './connection.ts';
import { isDuplicateKey, unavailable } from './failures.ts';
import { idsFrom } from './range.ts';

/** Bodies are canonical text: BSON would reorder keys, lose the kind of numbers and read meaning into `$` and `.`. */
interface Stored {
  readonly _id: string;
  readonly version: number;
  readonly body: string;
}

export function createDocuments(connection: Connection): Documents {
  const collections = new Map(COLLECTIONS.map((name) => [name, connection.collection<Stored>(name)]));
  const of = (name: Collection): NonNullable<ReturnType<typeof collections.get>> => {
    const collection = collections.get(name);
    if (collection === undefined) throw new Error(`bug: there is no collection ${name}`);
    return collection;
  };
  /** Asked after a replacement met another version: did our own earlier try make the wanted one? */
  const stands = async (name: Collection, id: string, version: number, text: string): Promise<boolean> => {
    const standing = await of(name).findOne({ _id: id });
    if (standing?.version === version - 1) {
      throw unsettled(name, id);
    }
    return standing?.version === version && standing.body === text;
  };

  return {
    async insert(name, id, body) {
      const text = canonicalJson(body);
      checkDocument(id, text);
      return connection.run(async () => {
        try {
          await of(name).insertOne({ _id: id, version: 1, body: text });
          return true;
        } catch (error) {
          if (!isDuplicateKey(error)) throw error;
          const standing = await of(name).findOne({ _id: id });
          if (standing === null) throw unsettled(name, id, error);
          return standing.version === 1 && standing.body === text;
        }
      });
    },
    async get(name, id) {
      const stored = await connection.run(() => of(name).findOne({ _id: id }));
      return stored === null ? null : toDocument(stored);
    },
    async replace(name, id, expected, body) {
      const text = canonicalJson(body);
      checkDocument(id, text);
      return connection.run(async () => {
        const replaced = await of(name).updateOne(
          { _id: id, version: expected },
          { $set: { version: expected + 1, body: text } },
        );
        return replaced.matchedCount === 1 || stands(name, id, expected + 1, text);
      });
    },
    async remove(name, id, expected) {
      const removed = await connection.run(() => of(name).deleteOne({ _id: id, version: expected }));
      return removed.deletedCount === 1;
    },
    async list(name, { prefix = '', after = '', limit } = {}) {
      if (limit === 0) return [];
      const found = await connection.run(() =>
        of(name)
          .find(idsFrom(prefix, after))
          .sort({ _id: 1 })
          .limit(limit ?? 0)
          .toArray(),
      );
      return found.map(toDocument);
    },
  };
}

/** What met our write is not yet known by a majority, and may still be undone. */
const unsettled = (name: Collection, id: string, cause?: unknown): FailureError =>
  unavailable(`The outcome of a write to ${name}/${id} is not settled.`, cause);

const toDocument = ({ _id, version, body }: Stored): Document => ({
  id: _id,
  version,
  // Written by canonicalJson from a JsonObject.
  body: JSON.parse(body) as JsonObject,
});
