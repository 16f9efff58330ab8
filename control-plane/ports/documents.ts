import type { JsonObject } from '@fairlead/proto/model/json.ts';

/** A small document with a version, in a named collection: locks, agents, tokens, keys, replica leases, change sets. */
export interface Document {
  readonly id: string;
  /** 1 at insertion, plus one at every replacement. */
  readonly version: number;
  readonly body: JsonObject;
}

export const COLLECTIONS = [
  'locks',
  'agents',
  'agentNames',
  'tokens',
  'tokenHashes',
  'keys',
  'replicas',
  'changeSets',
  'requests',
  'pins',
  'holds',
  'rollbacks',
  'resumes',
  'counters',
] as const;
export type Collection = (typeof COLLECTIONS)[number];

/**
 * Compare-and-set documents; the only way anything outside journals is changed.
 *
 * - Writes resolve durable, and a read that starts after a write resolved sees it, on any replica.
 * - `insert`: exactly one of several concurrent inserts of an id gets true. When the stored body is identical at
 *   version 1, it is our own earlier try whose answer was lost: true as well.
 * - `replace`: exactly one of several concurrent replacements of a version gets true. An identical body standing at
 *   `expected + 1` counts as our own earlier try: true. So bodies that must not be confused carry something of their writer.
 * - A body is at most 4 MB as canonical JSON (TOO_LARGE otherwise).
 * - An id that was removed starts again at version 1: whoever reuses ids must not hold on to old versions.
 * - `remove`: true when the document stood at that version, false otherwise.
 * - A rejection means the outcome is unknown; the same call may be made again. If then the answer is false, another write
 *   won, but perhaps only after ours had been applied: read the document to see what became of it.
 * - `list`: in order of id (binary order of UTF-8), ids starting with `prefix`, greater than `after`.
 */
export interface Documents {
  insert(collection: Collection, id: string, body: JsonObject): Promise<boolean>;
  get(collection: Collection, id: string): Promise<Document | null>;
  replace(collection: Collection, id: string, expected: number, body: JsonObject): Promise<boolean>;
  remove(collection: Collection, id: string, expected: number): Promise<boolean>;
  list(
    collection: Collection,
    query?: { readonly prefix?: string; readonly after?: string; readonly limit?: number },
  ): Promise<readonly Document[]>;
}
