import type { BlobHash } from '@fairlead/proto/model/ids.ts';

/**
 * Immutable bytes by the sha-256 of their content: plans, outputs, checkpoints, manifests. Written before whatever names them.
 *
 * - `put` resolves durable; putting the same bytes twice is harmless and stores them once. At most 16 MB (a larger one is
 *   refused with TOO_LARGE).
 * - `get` of a hash that was put returns exactly those bytes; null otherwise.
 */
export interface Blobs {
  put(bytes: Uint8Array): Promise<BlobHash>;
  get(hash: BlobHash): Promise<Uint8Array | null>;
}
