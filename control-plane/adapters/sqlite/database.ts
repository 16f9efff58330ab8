import Driver from 'libsql';
import { mapError, unavailable } from './failures.ts';

export type SqlValue = string | number | Uint8Array | null;

/** How long a statement waits for another program (a person's sqlite3) that holds the file. */
const BUSY_TIMEOUT_MS = 2000;

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

/** One SQLite file, durable at every commit. */
export class Database {
  readonly file: string;
  readonly #driver: Driver.Database;
  /** Keeps every statement alive as long as its handle. */
  readonly #statements: Statement[] = [];
  #closed = false;

  constructor(file: string) {
    this.file = file;
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
    return this.#driver.inTransaction;
  }

  /** Reading outside a group: the driver's errors mapped. */
  reading<T>(work: () => T): T {
    if (this.#closed) throw unavailable('The embedded store is closed.');
    try {
      return work();
    } catch (error) {
      throw mapError(error);
    }
  }

  /** Leaves an empty WAL behind: what is in it would be applied to a file that is restored from a backup. */
  close(): void {
    this.#closed = true;
    try {
      this.#driver.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // Everything acknowledged is in the WAL as well; the next start reads it.
    }
    this.#driver.close();
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
