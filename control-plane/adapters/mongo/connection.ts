import { MongoClient } from 'mongodb';
import type { Collection, CommandStartedEvent, Document } from 'mongodb';
import { mapError, unavailable } from './failures.ts';

export interface MongoStoreOptions {
  /** `mongodb://…`, with its credentials and TLS settings; never logged. */
  readonly url: string;
  readonly database: string;
  /** The operator says that the data was restored from a backup, by a name: the store takes a new incarnation, once. */
  readonly restored?: string;
  /** Sees every command before it is sent. */
  readonly onCommand?: (event: CommandStartedEvent) => void;
}

/** Longer than an election takes; the caller retries. */
const SERVER_SELECTION_MS = 5_000;
/** A server that accepts and then says nothing. */
const SOCKET_MS = 15_000;

/**
 * The client, its concerns, and what surrounds every call. Writes wait for a majority's journals; reads come from the
 * primary and show only what a majority has. The driver retries no write: that is the caller's, by contract, on every
 * kind of server alike.
 */
export class Connection {
  readonly #client: MongoClient;
  readonly #database: string;
  readonly #underWay = new Set<Promise<unknown>>();
  #closing: Promise<void> | null = null;

  constructor(options: MongoStoreOptions) {
    this.#database = options.database;
    this.#client = new MongoClient(options.url, {
      appName: 'fairlead',
      readPreference: 'primary',
      readConcern: { level: 'majority' },
      writeConcern: { w: 'majority', journal: true },
      retryWrites: false,
      serverSelectionTimeoutMS: SERVER_SELECTION_MS,
      connectTimeoutMS: SERVER_SELECTION_MS,
      socketTimeoutMS: SOCKET_MS,
      ignoreUndefined: true,
      monitorCommands: options.onCommand !== undefined,
    });
    if (options.onCommand !== undefined) this.#client.on('commandStarted', options.onCommand);
  }

  collection<Schema extends Document>(name: string): Collection<Schema> {
    return this.#client.db(this.#database).collection<Schema>(name);
  }

  /** Every call of a port goes through here: refused when closed, awaited by `close`, its errors mapped. */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing !== null) return Promise.reject(unavailable('The store is closed.'));
    const running = this.#attempt(work);
    this.#underWay.add(running);
    void running.then(
      () => this.#underWay.delete(running),
      () => this.#underWay.delete(running),
    );
    return running;
  }

  async ping(): Promise<void> {
    await this.run(() => this.#client.db(this.#database).command({ ping: 1 }));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw mapError(error);
    }
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    await this.#client.close();
  }
}
