import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualSystem } from '../../../test/support/virtual-system.ts';
import { Database } from './database.ts';
import { GroupCommit } from './group-commit.ts';

class RecordingDatabase extends Database {
  readonly executed: string[] = [];
  override exec(sql: string): void {
    this.executed.push(sql);
    super.exec(sql);
  }
}

describe('group commit', () => {
  let directory: string;
  let database: RecordingDatabase;
  let group: GroupCommit;
  let insert: (n: number | string, text?: string) => number;
  let numbers: () => unknown[];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'fairlead-group-'));
    database = new RecordingDatabase(join(directory, 'a.db'));
    database.exec('CREATE TABLE t (n INTEGER PRIMARY KEY, text TEXT) STRICT');
    database.executed.length = 0;
    group = new GroupCommit(database);
    const statement = database.prepare('INSERT INTO t VALUES (?, ?)');
    const all = database.prepare('SELECT n FROM t ORDER BY n');
    insert = (n, text = '') => statement.run([n, text]);
    numbers = () => all.all<{ n: number }>([]).map((row) => row.n);
  });
  afterEach(async () => {
    await group.close();
    database.close();
    rmSync(directory, { recursive: true });
  });

  it('makes one transaction of what is asked in one turn, another in the next', async () => {
    await Promise.all([1, 2, 3].map((n) => group.write(() => insert(n))));
    expect(database.executed).toEqual(['BEGIN IMMEDIATE', 'COMMIT']);
    await group.write(() => insert(4));
    expect(database.executed).toHaveLength(4);
    expect(numbers()).toEqual([1, 2, 3, 4]);
  });

  it('waits for more as long as every turn brings some', async () => {
    const later = async (turns: number): Promise<void> => {
      for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
    };
    const writes = [0, 1, 2, 3].map(async (turn) => {
      await later(turn);
      await Promise.all([group.write(() => insert(10 * turn)), group.write(() => insert(10 * turn + 1))]);
    });
    await Promise.all(writes);
    expect(database.executed).toEqual(['BEGIN IMMEDIATE', 'COMMIT']);
    expect(numbers()).toHaveLength(8);
  });

  it('lingers for what is asked a little later, where nobody waits', async () => {
    const system = new VirtualSystem();
    const lingering = new GroupCommit(database, { ms: 20, scheduler: system.scheduler });
    const first = lingering.write(() => insert(1));
    await system.settle();
    const second = lingering.write(() => insert(2));
    expect(database.executed).toEqual([]);
    await system.step();
    expect(system.elapsed).toBe(20);
    await Promise.all([first, second]);
    expect(database.executed).toEqual(['BEGIN IMMEDIATE', 'COMMIT']);
  });

  it('makes nobody wait for ever', async () => {
    const writes: Promise<unknown>[] = [];
    while (!database.executed.includes('COMMIT')) {
      const n = writes.length;
      writes.push(group.write(() => insert(n)));
      await new Promise(setImmediate);
    }
    expect(writes.length).toBeLessThan(40);
    await Promise.all(writes);
  });

  it('answers only when another connection can see the write', async () => {
    const other = new Database(join(directory, 'a.db'));
    const count = other.prepare('SELECT count(*) AS n FROM t');
    const writing = group.write(() => insert(1));
    expect(count.get([])).toMatchObject({ n: 0 });
    await writing;
    expect(count.get([])).toMatchObject({ n: 1 });
    other.close();
  });

  it('fails alone what fails alone', async () => {
    const answers = await Promise.allSettled([
      group.write(() => insert(1)),
      group.write(() => insert(1)),
      group.write(() => insert('not a number')),
      group.write(() => {
        throw new Error('bug: of the caller');
      }),
      group.write(() => insert(2)),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect(numbers()).toEqual([1, 2]);
  });

  it('undoes all of several statements when one fails, and nothing else', async () => {
    const answers = await Promise.allSettled([
      group.write(() => insert(1)),
      group.writeSeveral(() => insert(2) + insert(3) + insert(1)),
      group.writeSeveral(() => insert(4) + insert(5)),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(numbers()).toEqual([1, 4, 5]);
  });

  it('fails the whole group on a full disk, writes nothing of it, and recovers', async () => {
    await group.write(() => insert(1));
    database.exec('PRAGMA max_page_count = 4');
    const unavailable = {
      status: 'rejected',
      reason: { failures: [{ code: 'UNAVAILABLE' }], cause: expect.anything() },
    };
    const answers = await Promise.allSettled([
      group.write(() => insert(2)),
      group.writeSeveral(() => insert(3, 'x'.repeat(100_000))),
      group.write(() => insert(4)),
    ]);
    expect(answers).toMatchObject([unavailable, unavailable, unavailable]);
    expect(numbers()).toEqual([1]);
    database.exec('PRAGMA max_page_count = 1000000');
    await group.write(() => insert(5));
    expect(numbers()).toEqual([1, 5]);
  });

  it('finishes what was asked before it closes, and refuses the rest', async () => {
    const writing = group.write(() => insert(1));
    const closing = group.close();
    await expect(group.write(() => insert(2))).rejects.toMatchObject({ failures: [{ code: 'UNAVAILABLE' }] });
    await closing;
    expect(await writing).toBe(1);
    expect(numbers()).toEqual([1]);
  });

  it('survives a value that the driver cannot take', async () => {
    // The compiler forbids it; the driver would abort the process.
    const truth = true as unknown as number;
    await expect(group.write(() => insert(truth))).rejects.toThrow(TypeError);
    expect(numbers()).toEqual([]);
  });
});
