import type { Blobs } from './blobs.ts';
import type { Documents } from './documents.ts';
import type { Heads } from './heads.ts';
import type { Journal } from './journal.ts';
import type { Logs } from './logs.ts';
import type { Rows } from './rows.ts';

/** Everything that is remembered. One adapter folder implements all of it; one contract suite proves each. */
export interface Store {
  readonly journal: Journal;
  readonly heads: Heads;
  readonly documents: Documents;
  readonly blobs: Blobs;
  readonly logs: Logs;
  readonly rows: Rows;
  /** A new value when the data was restored from a backup or made anew: agents compare it (design §3). */
  readonly incarnation: string;
  /** Rejects with UNAVAILABLE when the store cannot be reached now. */
  ping(): Promise<void>;
  /** Waits for writes under way, then lets go of the file or the connections. Later calls reject with UNAVAILABLE. */
  close(): Promise<void>;
}
