/** A store that counts what is written to it, so that the baseline writes as much. */
import type { Store } from '../../control-plane/ports/store.ts';

export interface Writes {
  appends: number;
  appendBytes: number;
  rows: number;
  rowBytes: number;
  logChunks: number;
  logBytes: number;
  others: number;
}

export const noWrites = (): Writes => ({
  appends: 0,
  appendBytes: 0,
  rows: 0,
  rowBytes: 0,
  logChunks: 0,
  logBytes: 0,
  others: 0,
});

export function countingStore(store: Store, writes: Writes): Store {
  const { journal, rows, logs, heads, blobs, documents } = store;
  const other =
    <A extends readonly unknown[], R>(work: (...args: A) => R) =>
    (...args: A): R => {
      writes.others += 1;
      return work(...args);
    };
  return {
    ...store,
    journal: {
      ...journal,
      append(record) {
        writes.appends += 1;
        writes.appendBytes += record.body.length;
        return journal.append(record);
      },
    },
    rows: {
      ...rows,
      putExecution(row) {
        writes.rows += 1;
        writes.rowBytes += JSON.stringify(row.summary).length;
        return rows.putExecution(row);
      },
    },
    logs: {
      ...logs,
      append(chunks) {
        writes.logChunks += chunks.length;
        for (const { bytes } of chunks) writes.logBytes += bytes.byteLength;
        return logs.append(chunks);
      },
    },
    heads: { ...heads, insert: other(heads.insert), patch: other(heads.patch), claim: other(heads.claim) },
    blobs: { ...blobs, put: other(blobs.put) },
    documents: { ...documents, insert: other(documents.insert), replace: other(documents.replace) },
  };
}
