import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Database } from './database.ts';
import { openSqliteStore } from './store.ts';

describe('the embedded store', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'fairlead-embedded-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const incarnationAfterStart = async (place = directory, restored?: string): Promise<string> => {
    const store = await openSqliteStore({ directory: place, ...(restored === undefined ? {} : { restored }) });
    await store.close();
    return store.incarnation;
  };

  it('makes its directory and finds everything again', async () => {
    const place = join(directory, 'a', 'b');
    const first = await openSqliteStore({ directory: place });
    await first.documents.insert('pins', 'a', { n: 1 });
    await first.logs.append([{ attemptId: 'e1#1', offset: 0, bytes: Buffer.from('text'), gap: 0, at: 1 }]);
    await first.close();
    const second = await openSqliteStore({ directory: place });
    expect(await second.documents.get('pins', 'a')).toEqual({ id: 'a', version: 1, body: { n: 1 } });
    expect((await second.logs.lengths(['e1#1'])).get('e1#1')).toBe(4);
    await second.close();
  });

  it('refuses a second process, naming the first, until that has closed', async () => {
    const first = await openSqliteStore({ directory });
    await expect(openSqliteStore({ directory })).rejects.toMatchObject({
      failures: [{ code: 'STORE_LOCKED', message: expect.stringContaining(String(process.pid)) }],
    });
    const script = `import { openSqliteStore } from ${JSON.stringify(new URL('store.ts', import.meta.url).href)};
      await openSqliteStore({ directory: ${JSON.stringify(directory)} }).catch((error) => console.log(error.failures[0].code));`;
    const other = (): string =>
      spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { encoding: 'utf8' })
        .stdout;
    expect(other().trim()).toBe('STORE_LOCKED');
    await first.ping();
    await first.close();
    expect(other().trim()).toBe('');
  });

  it('waits for nobody who has locked its logs, and takes them when they are free again', async () => {
    const store = await openSqliteStore({ directory });
    const person = new Database(join(directory, 'logs.db'));
    person.exec('BEGIN IMMEDIATE');
    const chunk = { attemptId: 'e1#1', offset: 0, bytes: Buffer.from('text'), gap: 0, at: 1 };
    const since = performance.now();
    await expect(store.logs.append([chunk])).rejects.toMatchObject({
      failures: [{ code: 'UNAVAILABLE', message: expect.stringContaining('locked its file') }],
    });
    // Everything else of the process stands still as long as a statement waits.
    expect(performance.now() - since).toBeLessThan(1_000);
    person.exec('COMMIT');
    person.close();
    await store.logs.append([chunk]);
    expect((await store.logs.lengths(['e1#1'])).get('e1#1')).toBe(4);
    await store.close();
  });

  it('refuses data of a newer release and leaves it as it is', async () => {
    await incarnationAfterStart();
    const database = new Database(join(directory, 'fairlead.db'));
    database.exec('PRAGMA user_version = 1000');
    database.close();
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(openSqliteStore({ directory })).rejects.toMatchObject({
        failures: [{ code: 'STORE_TOO_NEW', details: { version: 1000 } }],
      });
    }
  });

  it('says what is wrong with a file that is no database, or a directory that cannot be made', async () => {
    writeFileSync(
      join(directory, 'fairlead.db'),
      'this is not a database, but long enough to be looked at '.repeat(20),
    );
    await expect(openSqliteStore({ directory })).rejects.toMatchObject({
      failures: [{ code: 'UNAVAILABLE', message: expect.stringContaining('damaged') }],
    });
    chmodSync(join(directory, 'fairlead.db'), 0o600);
    await expect(openSqliteStore({ directory: join(directory, 'fairlead.db', 'x') })).rejects.toMatchObject({
      failures: [{ code: 'UNAVAILABLE', message: expect.stringContaining('cannot be made') }],
    });
  });

  it('keeps its incarnation over restarts, and takes a new one when the data is not the continuation', async () => {
    const backup = join(directory, 'backup');
    const data = join(directory, 'data');
    const first = await incarnationAfterStart(data);
    expect(await incarnationAfterStart(data)).toBe(first);
    cpSync(data, backup, { recursive: true });
    expect(await incarnationAfterStart(data)).toBe(first);

    // The database alone, written over in place: the same inode, an older generation.
    copyFileSync(join(backup, 'fairlead.db'), join(data, 'fairlead.db'));
    const second = await incarnationAfterStart(data);
    expect(second).not.toBe(first);
    expect(await incarnationAfterStart(data)).toBe(second);

    // Taken while it ran, put back into the very same files after an orderly end.
    const running = await openSqliteStore({ directory: data });
    copyFileSync(join(data, 'fairlead.db'), join(directory, 'hot.db'));
    copyFileSync(join(data, 'fairlead.db-wal'), join(directory, 'hot.db-wal'));
    await running.close();
    copyFileSync(join(directory, 'hot.db'), join(data, 'fairlead.db'));
    copyFileSync(join(directory, 'hot.db-wal'), join(data, 'fairlead.db-wal'));
    const hot = await incarnationAfterStart(data);
    expect([first, second]).not.toContain(hot);

    // Taken while it ran, put back in its place after it was killed: the number of the file may be the same again.
    const killed = await openSqliteStore({ directory: data });
    for (const name of ['fairlead.db', 'fairlead.db-wal']) copyFileSync(join(data, name), join(directory, name));
    const generation = readFileSync(join(data, 'generation'));
    await killed.close();
    writeFileSync(join(data, 'generation'), generation);
    for (const name of ['fairlead.db', 'fairlead.db-wal', 'fairlead.db-shm']) rmSync(join(data, name), { force: true });
    for (const name of ['fairlead.db', 'fairlead.db-wal']) copyFileSync(join(directory, name), join(data, name));
    const anew = await incarnationAfterStart(data);
    expect([first, second, hot]).not.toContain(anew);

    // The whole directory, copied to another place.
    const third = await incarnationAfterStart(backup);
    expect([first, second]).not.toContain(third);

    // Told by an operator.
    const told = await incarnationAfterStart(data, 'monday');
    expect(told).not.toBe(anew);
    for (const name of ['monday', undefined, 'monday']) expect(await incarnationAfterStart(data, name)).toBe(told);
    expect(await incarnationAfterStart(data, 'tuesday')).not.toBe(told);
  });
});
