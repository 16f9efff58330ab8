/** The SQLite store, and bare SQLite with the same table, settings and one transaction a turn, in one process. */
import Driver from 'libsql';
import { openSqliteStore } from '../../control-plane/adapters/sqlite/store.ts';
import type { ExecutionFilter } from '../../control-plane/ports/rows.ts';
import type { Store } from '../../control-plane/ports/store.ts';
import { fillExecutions, pagesOf } from './list-rows.ts';
import { serveCalls } from './program.ts';

/** As long as the record of a report. */
const BODY = JSON.stringify({ decisions: 'd'.repeat(430) });

type Append = (executionId: string, seq: number) => Promise<unknown>;

function bareAppend(file: string): Append {
  const driver = new Driver(file);
  driver.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000');
  driver.exec(`CREATE TABLE journal (
    execution_id TEXT NOT NULL, seq INTEGER NOT NULL, epoch INTEGER NOT NULL, now REAL NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (execution_id, seq)) STRICT`);
  const insert = driver.prepare('INSERT INTO journal VALUES (?, ?, ?, ?, ?)');
  const waiting: { readonly values: unknown[]; done(): void }[] = [];
  const commit = (): void => {
    const group = waiting.splice(0);
    driver.exec('BEGIN IMMEDIATE');
    for (const { values } of group) insert.run(values);
    driver.exec('COMMIT');
    for (const { done } of group) done();
  };
  return (executionId, seq) =>
    new Promise<void>((done) => {
      if (waiting.push({ values: [executionId, seq, 1, 1, BODY], done }) === 1) setImmediate(commit);
    });
}

let runs = 0;

/** So many writers, each with an execution of its own, for so long; appends a second. */
async function hammer(append: Append, { writers, ms }: { writers: number; ms: number }): Promise<number> {
  runs += 1;
  const began = performance.now();
  let count = 0;
  const write = async (_: unknown, writer: number): Promise<void> => {
    for (let seq = 1; performance.now() - began < ms; seq += 1) {
      await append(`x${runs}w${writer}`, seq);
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  return count / ((performance.now() - began) / 1_000);
}

export function serve(): void {
  let store: Store | null = null;
  let bare: Append = () => Promise.reject(new Error('it is not open'));
  const opened = (): Store => {
    if (store === null) throw new Error('it is not open');
    return store;
  };
  const append: Append = (executionId, seq) =>
    opened().journal.append({ executionId, seq, epoch: 1, now: 1, body: BODY });
  serveCalls(
    {
      async open(options: { directory: string; bare: string }) {
        store = await openSqliteStore({ directory: options.directory });
        bare = bareAppend(options.bare);
      },
      appends: (options: { writers: number; ms: number }) => hammer(append, options),
      bare: (options: { writers: number; ms: number }) => hammer(bare, options),
      fill: (count: number) => fillExecutions(opened().rows, count),
      list: ({ filter, count }: { filter: ExecutionFilter; count: number }) => pagesOf(opened().rows, filter, count),
    },
    async () => store?.close(),
  );
}
