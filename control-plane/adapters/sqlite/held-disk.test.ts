/** Who is told what, and when, while the disk takes its time or fails. */
import { closeSync, copyFileSync, fdatasync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualSystem } from '../../../test/support/virtual-system.ts';
import { Database, type SyncFile } from './database.ts';
import { GroupCommit } from './group-commit.ts';
import { createLogs } from './logs.ts';
import { migrateLogs } from './schema.ts';

class RecordingDatabase extends Database {
  readonly executed: string[] = [];
  override exec(sql: string): void {
    this.executed.push(sql);
    super.exec(sql);
  }
}

describe('group commit with the disk held up', () => {
  let directory: string;
  /** What asks the disk to sync, until the test says what came of it. */
  let syncs: { readonly file: number; readonly done: Parameters<SyncFile['beside']>[1] }[];
  let inPlace: () => void;
  let held: RecordingDatabase;
  let slow: GroupCommit;
  let put: (n: number) => Promise<number>;
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  };
  const syncNow = (): void => {
    for (const { file, done } of syncs.splice(0)) fdatasync(file, done);
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'fairlead-held-'));
    syncs = [];
    inPlace = () => {};
    held = new RecordingDatabase(join(directory, 'held.db'), {
      beside: (file, done) => void syncs.push({ file, done }),
      inPlace: () => inPlace(),
    });
    held.exec('CREATE TABLE t (n INTEGER PRIMARY KEY) STRICT');
    slow = new GroupCommit(held);
    held.executed.length = 0;
    const statement = held.prepare('INSERT INTO t VALUES (?)');
    put = (n) => slow.write(() => statement.run([n]));
  });
  afterEach(() => {
    held.close();
    rmSync(directory, { recursive: true });
  });

  it('writes, and tells nobody before the disk has it', async () => {
    const before = statSync(join(directory, 'held.db-wal')).size;
    const told: number[] = [];
    const writing = put(1).then(() => told.push(1));
    await turns();
    expect(held.executed).toEqual(['BEGIN IMMEDIATE', 'COMMIT']);
    expect(statSync(join(directory, 'held.db-wal')).size).toBeGreaterThan(before);
    expect(syncs).toHaveLength(1);
    expect(told).toEqual([]);
    syncNow();
    await writing;
    expect(told).toEqual([1]);
  });

  it('makes one group of everything that is asked meanwhile', async () => {
    const first = put(1);
    await turns();
    const others = [put(2), put(3)];
    await turns();
    others.push(put(4));
    await turns();
    expect(held.executed).toHaveLength(2);
    syncNow();
    await first;
    await turns();
    expect(held.executed).toHaveLength(4);
    expect(syncs).toHaveLength(1);
    syncNow();
    await Promise.all(others);
  });

  it('lets nobody read what may still be lost', async () => {
    const writing = put(1);
    await turns();
    const count = held.prepare('SELECT count(*) AS n FROM t');
    let read: unknown = null;
    const reading = held.reading(() => count.get([])).then((row) => (read = row));
    await turns();
    expect(read).toBeNull();
    syncNow();
    await Promise.all([writing, reading]);
    expect(read).toMatchObject({ n: 1 });
  });

  const quietly = async (count: number): Promise<void> => {
    for (let n = 1; n <= count; n += 1) {
      const writing = put(n);
      await turns();
      expect(syncs).toHaveLength(1);
      syncNow();
      await writing;
    }
  };

  it('syncs in place where one write comes after the other, and beside as soon as there are several', async () => {
    await quietly(16);
    let synced = 0;
    inPlace = () => {
      expect(held.executed.at(-1)).toBe('COMMIT');
      synced += 1;
    };
    await put(17);
    await put(18);
    expect([synced, syncs.length]).toEqual([2, 0]);
    const several = [put(19), put(20)];
    await turns();
    expect(syncs).toHaveLength(1);
    syncNow();
    await Promise.all(several);
    const next = put(21);
    await turns();
    expect([synced, syncs.length]).toEqual([2, 1]);
    syncNow();
    await next;
  });

  it('refuses everything as well once the disk failed in place', async () => {
    await quietly(16);
    inPlace = () => {
      throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
    };
    const failed = { failures: [{ code: 'UNAVAILABLE', message: expect.stringContaining('EIO') }] };
    await expect(put(17)).rejects.toMatchObject(failed);
    inPlace = () => {};
    await expect(put(18)).rejects.toMatchObject(failed);
  });

  it('waits for it before it closes', async () => {
    const writing = put(1);
    await turns();
    let closed = false;
    const closing = slow.close().then(() => (closed = true));
    await turns();
    expect(closed).toBe(false);
    syncNow();
    await Promise.all([writing, closing]);
  });

  it('refuses everything once the disk failed, until a new start has read what is there', async () => {
    const count = held.prepare('SELECT count(*) AS n FROM t');
    const first = put(1);
    await turns();
    const second = put(2);
    const reading = held.reading(() => count.get([]));
    syncs[0]?.done(Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' }));
    const failed = { failures: [{ code: 'UNAVAILABLE', message: expect.stringContaining('EIO') }] };
    await expect(first).rejects.toMatchObject(failed);
    await expect(reading).rejects.toMatchObject(failed);
    await expect(second).rejects.toMatchObject(failed);
    await expect(put(3)).rejects.toMatchObject(failed);
    await expect(held.reading(() => count.get([]))).rejects.toMatchObject(failed);
    expect(held.executed).toEqual(['BEGIN IMMEDIATE', 'COMMIT']);
  });

  const EIO = Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
  const REFUSED = { failures: [{ code: 'UNAVAILABLE', message: expect.stringContaining('EIO') }] };

  it('writes the log again until the disk has it, where it was told to', async () => {
    const time = new VirtualSystem();
    held.mendWith(time.scheduler);
    migrateLogs(held);
    const logs = createLogs(held, slow);
    const chunk = (offset: number, text: string) => ({
      attemptId: 'x1/r@h#1',
      offset,
      gap: 0,
      at: 0,
      bytes: Buffer.from(text),
    });
    const fail = async (appending: Promise<void>): Promise<void> => {
      await turns();
      syncs.splice(0).forEach(({ done }) => done(EIO));
      await expect(appending).rejects.toMatchObject(REFUSED);
    };
    const succeed = async (appending: Promise<void>): Promise<void> => {
      await turns();
      syncNow();
      await appending;
    };
    await succeed(logs.append([chunk(0, 'one ')]));
    await fail(logs.append([chunk(4, 'two ')]));
    await expect(logs.append([chunk(4, 'two ')])).rejects.toMatchObject(REFUSED);
    await expect(logs.read('x1/r@h#1', 0)).rejects.toMatchObject(REFUSED);
    await time.advance(1_000);
    expect(syncs).toHaveLength(1);
    syncs.splice(0).forEach(({ done }) => done(EIO));
    await turns();
    await expect(logs.lengths(['x1/r@h#1'])).rejects.toMatchObject(REFUSED);
    await time.advance(1_000);
    expect(syncs).toHaveLength(1);
    syncNow();
    while ((await logs.lengths([]).catch(() => null)) === null) await turns();
    await succeed(logs.append([chunk(4, 'two ')]));
    await succeed(logs.append([chunk(8, 'three')]));
    const read = await logs.read('x1/r@h#1', 0);
    expect(Buffer.concat(read.map(({ bytes }) => bytes)).toString()).toBe('one two three');
  });

  /** What it could not write, and then did not keep. */
  const loseWriting = async (n: number): Promise<void> => {
    const wal = join(directory, 'held.db-wal');
    const size = statSync(wal).size;
    const writing = put(n);
    await turns();
    const file = openSync(wal, 'r+');
    writeSync(file, Buffer.alloc(statSync(wal).size - size), 0, null, size);
    closeSync(file);
    syncs.splice(0).forEach(({ done }) => done(EIO));
    await expect(writing).rejects.toMatchObject(REFUSED);
  };

  it('copies no log into the database of which a sync failed', async () => {
    const first = put(1);
    await turns();
    syncNow();
    await first;
    await loseWriting(2);
    held.close();
    // Under another name: to SQLite this process still has the file open.
    for (const end of ['', '-wal']) copyFileSync(join(directory, `held.db${end}`), join(directory, `again.db${end}`));
    const again = new Database(join(directory, 'again.db'));
    expect(again.prepare('SELECT n FROM t').all([])).toEqual([{ n: 1 }]);
    again.close();
  });

  it('goes on with nothing of which the system lost what it could not write', async () => {
    const time = new VirtualSystem();
    held.mendWith(time.scheduler);
    await loseWriting(1);
    await time.advance(60_000);
    expect(syncs).toEqual([]);
    const lost = { failures: [{ code: 'UNAVAILABLE', message: expect.stringContaining('lost a part') }] };
    await expect(put(2)).rejects.toMatchObject(lost);
  });
});
