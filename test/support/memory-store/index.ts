import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { Store } from '../../../control-plane/ports/store.ts';
import { createBlobs } from './blobs.ts';
import { throughHook } from './call.ts';
import type { StoreHook, Through } from './call.ts';
import { createMemoryData } from './data.ts';
import type { MemoryData } from './data.ts';
import { createDocuments } from './documents.ts';
import { createHeads } from './heads.ts';
import { createJournal } from './journal.ts';
import { createLogs } from './logs.ts';
import { createRows } from './rows.ts';

export { createMemoryData } from './data.ts';
export type { MemoryData } from './data.ts';
export type { StoreCall, StoreHook } from './call.ts';

/**
 * A store for simulation: deterministic, without timers or chance, passing the same contract as the real ones. Several
 * made over one `data` are the clients of several replicas; `hook` owns every await of one of them.
 */
export function createMemoryStore(options: { readonly data?: MemoryData; readonly hook?: StoreHook } = {}): Store {
  const data = options.data ?? createMemoryData();
  const hooked = throughHook(options.hook ?? null);
  let closed = false;
  const through: Through = async (name, work) =>
    hooked(name, () => {
      if (closed) throw new FailureError(failure('UNAVAILABLE', 'The store in memory is closed.'));
      return work();
    });
  return {
    journal: createJournal(data, through),
    heads: createHeads(data, through),
    documents: createDocuments(data, through),
    blobs: createBlobs(data, through),
    logs: createLogs(data, through),
    rows: createRows(data, through),
    incarnation: data.incarnation,
    ping: () => through('store.ping', () => undefined),
    async close() {
      closed = true;
    },
  };
}
