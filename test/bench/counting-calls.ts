import type { Store } from '../../control-plane/ports/store.ts';

export interface Calls {
  /** But for the lease that a replica renews, whatever it drives. */
  writes: number;
  reads: number;
}

export const noCalls = (): Calls => ({ writes: 0, reads: 0 });

const READS = /^(get|read|list|find|look|lastSeqs|lengths|sweepable|parked|lastSuccess)/;

/** The same store; every call of its ports is counted. */
export function callsOf(store: Store, calls: Calls): Store {
  const counted = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...args: readonly unknown[]): unknown => {
          if (READS.test(String(name))) calls.reads += 1;
          else if (args[0] !== 'replicas') calls.writes += 1;
          return Reflect.apply(value, target, args);
        };
      },
    });
  const { journal, heads, documents, blobs, logs, rows } = store;
  return {
    ...store,
    journal: counted(journal),
    heads: counted(heads),
    documents: counted(documents),
    blobs: counted(blobs),
    logs: counted(logs),
    rows: counted(rows),
  };
}
