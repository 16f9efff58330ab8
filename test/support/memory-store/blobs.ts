import { createHash } from 'node:crypto';
import type { Blobs } from '../../../control-plane/ports/blobs.ts';
import { checkBlob } from '../../../control-plane/ports/limits.ts';
import type { Through } from './call.ts';
import type { MemoryData } from './data.ts';

export function createBlobs({ blobs }: MemoryData, through: Through): Blobs {
  return {
    put: (bytes) =>
      through('blobs.put', () => {
        checkBlob(bytes);
        const hash = createHash('sha256').update(bytes).digest('hex');
        if (!blobs.has(hash)) blobs.set(hash, Uint8Array.from(bytes));
        return hash;
      }),
    get: (hash) =>
      through('blobs.get', () => {
        const bytes = blobs.get(hash);
        return bytes === undefined ? null : Uint8Array.from(bytes);
      }),
  };
}
