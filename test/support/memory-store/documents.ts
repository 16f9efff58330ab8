import { canonicalJson } from '@fairlead/proto/model/json.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { Document, Documents } from '../../../control-plane/ports/documents.ts';
import { checkDocument } from '../../../control-plane/ports/limits.ts';
import { compareText } from '../../../control-plane/ports/order.ts';
import type { Through } from './call.ts';
import type { MemoryData } from './data.ts';

type Stored = { readonly version: number; readonly body: string };

export function createDocuments({ documents }: MemoryData, through: Through): Documents {
  const of = (collection: string): Map<string, Stored> => {
    const known = documents.get(collection) ?? new Map<string, Stored>();
    documents.set(collection, known);
    return known;
  };
  return {
    insert: (collection, id, body) =>
      through('documents.insert', () => {
        const text = canonicalJson(body);
        checkDocument(id, text);
        const standing = of(collection).get(id);
        if (standing !== undefined) return standing.version === 1 && standing.body === text;
        of(collection).set(id, { version: 1, body: text });
        return true;
      }),
    get: (collection, id) =>
      through('documents.get', () => {
        const stored = of(collection).get(id);
        return stored === undefined ? null : toDocument(id, stored);
      }),
    replace: (collection, id, expected, body) =>
      through('documents.replace', () => {
        const text = canonicalJson(body);
        checkDocument(id, text);
        const standing = of(collection).get(id);
        if (standing?.version === expected) {
          of(collection).set(id, { version: expected + 1, body: text });
          return true;
        }
        return standing?.version === expected + 1 && standing.body === text;
      }),
    remove: (collection, id, expected) =>
      through('documents.remove', () => of(collection).get(id)?.version === expected && of(collection).delete(id)),
    list: (collection, { prefix = '', after = '', limit = Infinity } = {}) =>
      through('documents.list', () =>
        [...of(collection)]
          .filter(([id]) => id.startsWith(prefix) && compareText(id, after) > 0)
          .toSorted(([left], [right]) => compareText(left, right))
          .slice(0, limit)
          .map(([id, stored]) => toDocument(id, stored)),
      ),
  };
}

const toDocument = (id: string, { version, body }: Stored): Document => ({
  id,
  version,
  // Written by canonicalJson from a JsonObject.
  body: JSON.parse(body) as JsonObject,
});
