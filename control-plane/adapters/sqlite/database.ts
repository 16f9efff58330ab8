import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import Driver from 'libsql';
import type { FailureError } from '@fairlead/proto/model/failure.ts';
import type { Scheduler, Timer } from '@fairlead/proto/model/system.ts';
import { mapError, unavailable } from './failures.ts';
import { openIndex, rewriteWal } from './rewrite-wal.ts';

export type SqlValue = string | number | Uint8Array | null;

/** How long a statement waits for another program (a person's sqlite3) that holds the file. */
const BUSY_TIMEOUT_MS = 2000;
/** How long after a failed sync the log is written again, and after that did not help. */
const MEND_MS = 1000;

/**
 * One prepared statement. It keeps its database referenced: a handle collected while a statement lives is a trap of
 * SQLite drivers. The driver aborts the whole process when given a boolean, so the kinds of values are checked here.
 */
export class Statement {
  readonly database: Database;
  readonly #driver: Driver.Statement;

  constructor(database: Database, driver: Driver.Statement) {
    this.database = database;
    this.#driver = driver;
  }

  /** Returns how many rows changed. */
  run(values: readonly SqlValue[]): number {
    return this.#driver.run(checked(values)).changes;
  }

  /** Inserts one row; returns its number. */
  insert(values: readonly SqlValue[]): number {
    return Number(this.#driver.run(checked(values)).lastInsertRowid);
  }

  get<Row>(values: readonly SqlValue[]): Row | null {
    // The caller names the columns of our own schema.
    return (this.#driver.get(checked(values)) as Row | undefined) ?? null;
  }

  all<Row>(values: readonly SqlValue[]): readonly Row[] {
    // As above.
    return this.#driver.all(checked(values)) as Row[];
  }
}

export interface SyncFile {
  /** In Node's thread pool. */
  beside(file: number, done: (error: NodeJS.ErrnoException | null) => void): void;
  inPlace(file: number): void;
}

const FDATASYNC: SyncFile = { beside: fdatasync, inPlace: fdatasyncSync };

/** One SQLite file, durable at every commit; or, once `deferSync` was called, at every `sync` after one. */
export class Database {
  readonly file: string;
  readonly #driver: Driver.Database;
  /** Keeps every statement alive as long as its handle. */
  readonly #statements: Statement[] = [];
  /** The write-ahead log, to sync it. SQLite never locks that file: only so may a process open it a second time. */
  #wal: number | null = null;
  #syncing: Promise<void> | null = null;
  #failed: FailureError | null = null;
  readonly #syncFile: SyncFile;
  /** Set: what a failed sync left open is written again. */
  #mender: Scheduler | null = null;
  #mending: Timer | null = null;
  #index: number | null = null;
  #closed = false;

  constructor(file: string, syncFile: SyncFile = FDATASYNC) {
    this.file = file;
    this.#syncFile = syncFile;
    this.#driver = open(file);
  }

  prepare(sql: string): Statement {
    const statement = new Statement(this, this.#driver.prepare(sql));
    this.#statements.push(statement);
    return statement;
  }

  exec(sql: string): void {
    this.#driver.exec(sql);
  }

  get inTransaction(): boolean {
    return !this.#closed && this.#driver.inTransaction;
  }

  /** From now on a statement fails at once where another program holds the file: what waits stops everything else. */
  neverWait(): void {
    this.#driver.exec('PRAGMA busy_timeout = 0');
  }

  /**
   * From now on COMMIT only writes, and whoever commits calls `sync`: SQLite's own sync would stop the loop, and with it
   * everything else this process does, for as long as the disk takes. Everything else stays as with synchronous = FULL:
   * the log is synced before it is copied into the database, the database before the log begins anew.
   */
  deferSync(): void {
    this.#driver.exec('PRAGMA synchronous = NORMAL');
    this.#wal ??= openSync(`${this.file}-wal`, 'r+');
  }

  /** From now on a failed sync is not the end: the log is written again until the disk has it, and refused only till then. */
  mendWith(scheduler: Scheduler): void {
    this.#mender = scheduler;
  }

  /**
   * Resolves when every commit before it would survive a power cut. After one that failed nobody knows what of the log is
   * on the disk, and what is written behind a hole is lost: everything is refused until a new start reads it, or until it
   * was written again (`mendWith`).
   */
  sync(): Promise<void> {
    const syncing = this.#syncWal().finally(() => {
      if (this.#syncing === syncing) this.#syncing = null;
    });
    this.#syncing = syncing;
    return syncing;
  }

  /** The same, in the way of everything else: it saves two changes of thread. Throws what `sync` rejects with. */
  syncInPlace(): void {
    try {
      this.#syncFile.inPlace(this.#openWal());
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /** Throws when nothing can be read or written any more. */
  check(): void {
    if (this.#closed) throw unavailable('The embedded store is closed.');
    if (this.#failed !== null) throw this.#failed;
  }

  /** Reading outside a group, with the driver's errors mapped. What can be seen but is not durable yet is waited for. */
  async reading<T>(work: () => T): Promise<T> {
    this.check();
    let value: T;
    try {
      value = work();
    } catch (error) {
      throw mapError(error);
    }
    if (this.#syncing !== null) await this.#syncing;
    return value;
  }

  #syncWal(): Promise<void> {
    const wal = this.#openWal();
    return new Promise((resolve, reject) => {
      this.#syncFile.beside(wal, (error) => {
        if (error === null) resolve();
        else reject(this.#fail(error));
      });
    });
  }

  #mendLater(): void {
    if (this.#closed) return;
    this.#mending =
      this.#mender?.after(MEND_MS, () => {
        this.#mend().then(
          (isWhole) => {
            // What is acknowledged was synced before; of the rest only a new start can tell how far it goes.
            this.#failed = isWhole ? null : unavailable(`The disk lost a part of ${this.file}-wal: start again.`);
          },
          () => this.#mendLater(),
        );
      }) ?? null;
  }

  /** False: what it was to write again is not there any more. */
  async #mend(): Promise<boolean> {
    const wal = this.#openWal();
    this.#index ??= openIndex(this.file);
    // Nobody else appends to the log meanwhile, or begins it anew.
    this.#driver.exec('BEGIN IMMEDIATE');
    try {
      if (!rewriteWal(wal, this.#index)) return false;
      await this.#syncWal();
      return true;
    } finally {
      if (this.inTransaction) this.#driver.exec('ROLLBACK');
    }
  }

  #openWal(): number {
    if (this.#wal === null) throw new Error('bug: a sync of what SQLite syncs itself');
    return this.#wal;
  }

  #fail(error: unknown): FailureError {
    if (this.#failed !== null) return this.#failed;
    const why = error instanceof Error ? error.message : String(error);
    const next = this.#mender === null ? 'start again' : 'it is written again until it does';
    this.#failed = unavailable(
      `The disk of the data directory did not write ${this.file}-wal (${why}): ${next}.`,
      error,
    );
    this.#mendLater();
    return this.#failed;
  }

  /** Leaves an empty WAL behind: what is in it would be applied to a file that is restored from a backup. */
  close(): void {
    this.#closed = true;
    this.#mending?.cancel();
    try {
      // After a failed sync only a new start can tell how far the log goes: SQLite compares no checksums when it copies it.
      if (this.#failed === null) this.#driver.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // Everything acknowledged is in the WAL as well; the next start reads it.
    }
    this.#driver.close();
    if (this.#wal !== null) closeSync(this.#wal);
    this.#wal = null;
  }
}

/** The driver answers `get` with a Buffer and `all` with an ArrayBuffer. */
export function bytesOf(value: Uint8Array | ArrayBuffer): Uint8Array {
  return value instanceof Uint8Array
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value);
}

function open(file: string): Driver.Database {
  const driver = new Driver(file);
  try {
    driver.exec(`
      PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS};
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA fullfsync = ON;
      PRAGMA checkpoint_fullfsync = ON;
      PRAGMA wal_autocheckpoint = 4000;
      PRAGMA journal_size_limit = 67108864;
      PRAGMA cache_size = -32768;
      PRAGMA temp_store = MEMORY;
    `);
    return driver;
  } catch (error) {
    driver.close();
    throw mapError(error);
  }
}

function checked(values: readonly SqlValue[]): SqlValue[] {
  for (const value of values) {
    if (value === null || typeof value === 'string' || typeof value === 'number' || value instanceof Uint8Array)
      continue;
    throw new TypeError(`SQLite cannot hold a ${typeof value}`);
  }
  return [...values];
}
