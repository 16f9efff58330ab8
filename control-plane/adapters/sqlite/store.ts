import { join } from 'node:path';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { Store } from '../../ports/store.ts';
import { makeDirectory, realSystem } from '../system/index.ts';
import { createBlobs } from './blobs.ts';
import { Database } from './database.ts';
import { lockDirectory } from './directory-lock.ts';
import { createDocuments } from './documents.ts';
import { mapError } from './failures.ts';
import { GroupCommit } from './group-commit.ts';
import { createHeads } from './heads.ts';
import { establishIncarnation, leaveGeneration } from './incarnation.ts';
import { createJournal } from './journal.ts';
import { createLogs } from './logs.ts';
import { createRows } from './rows.ts';
import { migrateLogs, migrateMain } from './schema.ts';

/** No agent waits for its log to be stored; each commit costs everybody a sync of the disk. */
const LOG_LINGER_MS = 20;

export interface SqliteStoreOptions {
  readonly directory: string;
  /** The operator says that the directory was restored from a backup, by a name: the store takes a new incarnation, once. */
  readonly restored?: string;
}

/**
 * Everything in one directory: `fairlead.db`, `logs.db`, and a lock that refuses a second process (STORE_LOCKED).
 * Rejects with STORE_TOO_NEW when a newer release wrote it.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { directory, restored = null } = options;
  await makeDataDirectory(directory);
  const opened: { close(): void }[] = [];
  const closeAll = (): void => {
    for (const each of opened.toReversed()) each.close();
  };
  try {
    const lock = lockDirectory(directory);
    opened.push({ close: () => lock.release() });
    const main = new Database(join(directory, 'fairlead.db'));
    opened.push(main);
    const logs = new Database(join(directory, 'logs.db'));
    opened.push(logs);
    migrateMain(main);
    migrateLogs(logs);
    logs.neverWait();
    logs.mendWith(realSystem.scheduler);
    const incarnation = establishIncarnation(main, directory, restored);
    const leave = (): void => {
      try {
        leaveGeneration(main, directory);
      } finally {
        closeAll();
      }
    };
    return assemble(main, logs, incarnation, leave);
  } catch (error) {
    closeAll();
    throw mapError(error);
  }
}

function assemble(main: Database, logs: Database, incarnation: string, leave: () => void): Store {
  const group = new GroupCommit(main);
  const logGroup = new GroupCommit(logs, { ms: LOG_LINGER_MS, scheduler: realSystem.scheduler });
  const one = main.prepare('SELECT 1');
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    await Promise.all([group.close(), logGroup.close()]);
    leave();
  };
  return {
    journal: createJournal(main, group),
    heads: createHeads(main, group),
    documents: createDocuments(main, group),
    blobs: createBlobs(main, group),
    logs: createLogs(logs, logGroup),
    rows: createRows(main, group),
    incarnation,
    async ping() {
      await main.reading(() => one.get([]));
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

async function makeDataDirectory(directory: string): Promise<void> {
  try {
    await makeDirectory(directory, 0o700);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw Object.assign(
      new FailureError(
        failure('UNAVAILABLE', `The data directory ${directory} cannot be made: ${reason}.`, {
          details: { mend: 'Choose one that this user may write (FAIRLEAD_DATA).' },
        }),
      ),
      { cause: error },
    );
  }
}
