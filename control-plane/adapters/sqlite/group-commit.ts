import type { Scheduler } from '@fairlead/proto/model/system.ts';
import type { Database } from './database.ts';
import { concernsOnlyOneStatement, mapError, unavailable } from './failures.ts';

interface Waiting {
  readonly several: boolean;
  /** Does the work and keeps its answer until the commit. */
  readonly run: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface Linger {
  readonly ms: number;
  readonly scheduler: Scheduler;
}

/** A group that still grows waits for the next turn of the event loop, this many times at most. */
const MOST_TURNS = 16;

/** After so many writes that came alone, one after the other, the loop has nothing to do but wait for the next. */
const QUIET_WRITES = 16;

/**
 * One transaction, and so one sync, for everything that asked to be written in one turn of the event loop, and in those
 * after it as long as each brings more: 8 to 15 times the writes per second. Who writes alone waits for nobody; what is
 * asked while one group is synced makes up the next. Where nothing has been going on but one write after the other, the
 * loop syncs itself: two changes of thread are longer then. A promise resolves after the sync that follows the COMMIT. A
 * statement that fails alone fails only its own promise; a failing disk fails all of the group, and then nothing of it was
 * written, or the outcome of the COMMIT is unknown.
 */
export class GroupCommit {
  readonly #database: Database;
  readonly #linger: Linger | null;
  #waiting: Waiting[] = [];
  #idle: (() => void)[] = [];
  #scheduled = false;
  #syncing = false;
  /** Groups of one write since the last of several. */
  #lonely = 0;
  #closed = false;

  /** With `linger` a group waits so long for more, whatever the turns bring: for what nobody waits for. */
  constructor(database: Database, linger: Linger | null = null) {
    this.#database = database;
    this.#linger = linger;
    database.deferSync();
  }

  /** `work` makes at most one writing statement (SQLite undoes a failed one by itself) and may read around it. */
  write<T>(work: () => T): Promise<T> {
    return this.#enqueue(work, false);
  }

  /** `work` makes several writing statements: all or none. */
  writeSeveral<T>(work: () => T): Promise<T> {
    return this.#enqueue(work, true);
  }

  /** Resolves when everything that was asked so far is settled; further writes are refused. */
  close(): Promise<void> {
    this.#closed = true;
    if (this.#waiting.length === 0 && !this.#syncing) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #enqueue<T>(work: () => T, several: boolean): Promise<T> {
    if (this.#closed) return Promise.reject(unavailable('The embedded store is closed.'));
    return new Promise<T>((resolve, reject) => {
      let answer: { readonly value: T } | null = null;
      this.#waiting.push({
        several,
        run: () => {
          answer = { value: work() };
        },
        resolve: () => {
          if (answer !== null) resolve(answer.value);
        },
        reject,
      });
      this.#commitLater();
    });
  }

  #commitLater(): void {
    if (this.#scheduled || this.#syncing) return;
    this.#scheduled = true;
    if (this.#linger === null) this.#commitAfter(1, MOST_TURNS);
    else this.#linger.scheduler.after(this.#linger.ms, () => this.#commit());
  }

  /** At the end of this turn, unless more than `size` will be waiting by then. */
  #commitAfter(size: number, turns: number): void {
    setImmediate(() => {
      const now = this.#waiting.length;
      if (now > size && turns > 1) this.#commitAfter(now, turns - 1);
      else this.#commit();
    });
  }

  #commit(): void {
    const group = this.#waiting;
    this.#waiting = [];
    this.#scheduled = false;
    this.#lonely = group.length > 1 ? 0 : this.#lonely + 1;
    const inPlace = this.#lonely > QUIET_WRITES && this.#linger === null;
    let answer: () => void;
    try {
      answer = this.#runAll(group);
      if (inPlace) this.#database.syncInPlace();
    } catch (error) {
      this.#rollBack();
      this.#rejectAll(group, mapError(error));
      return this.#next();
    }
    if (inPlace) {
      answer();
      return this.#next();
    }
    this.#syncing = true;
    this.#database
      .sync()
      .then(answer, (error: unknown) => this.#rejectAll(group, error))
      .finally(() => {
        this.#syncing = false;
        this.#next();
      });
  }

  /** One transaction. Answers how to tell everybody, once it is durable. */
  #runAll(group: readonly Waiting[]): () => void {
    const done: Waiting[] = [];
    const refused: { readonly each: Waiting; readonly error: unknown }[] = [];
    this.#database.check();
    this.#database.exec('BEGIN IMMEDIATE');
    for (const each of group) {
      try {
        this.#run(each);
        done.push(each);
      } catch (error) {
        if (!concernsOnlyOneStatement(error)) throw error;
        refused.push({ each, error });
      }
    }
    this.#database.exec('COMMIT');
    return () => {
      for (const each of done) each.resolve();
      for (const { each, error } of refused) each.reject(error);
    };
  }

  #rejectAll(group: readonly Waiting[], error: unknown): void {
    for (const each of group) each.reject(error);
  }

  #next(): void {
    if (this.#waiting.length > 0) return this.#commitLater();
    for (const resolve of this.#idle) resolve();
    this.#idle = [];
  }

  #run(each: Waiting): void {
    if (!each.several) return each.run();
    this.#database.exec('SAVEPOINT several');
    try {
      each.run();
    } catch (error) {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK TO several; RELEASE several');
      throw error;
    }
    this.#database.exec('RELEASE several');
  }

  #rollBack(): void {
    try {
      // SQLite may have rolled back by itself, after which a ROLLBACK is an error.
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
    } catch {
      // The error that led here is the one to report; the next BEGIN shows whether the file has recovered.
    }
  }
}
