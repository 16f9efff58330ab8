import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openMongoStore } from '../../../control-plane/adapters/mongo/store.ts';
import type { Store } from '../../../control-plane/ports/store.ts';
import { requireReal } from '../../support/real/index.ts';
import { startCuttingProxy } from './cutting-proxy.ts';
import type { CuttingProxy } from './cutting-proxy.ts';
import { withClient } from './mongo-under-test.ts';

const UNAVAILABLE = { failures: [{ code: 'UNAVAILABLE' }], cause: expect.any(Error) };

/** The same promise as through the store-level proxy, but with real sockets: what the driver makes of a cut connection. */
describe('MongoDB, when a connection is cut after the server has handled a write', () => {
  const { url } = requireReal('mongo-java');
  let proxy: CuttingProxy;
  let database: string;
  let store: Store;

  beforeEach(async () => {
    const { hostname, port } = new URL(url);
    proxy = await startCuttingProxy({ host: hostname, port: Number(port) });
    database = `fairlead-test-cut-${process.pid}-${proxy.port}`;
    store = await openMongoStore({
      url: `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`,
      database,
    });
  });
  afterEach(async () => {
    await store.close();
    await proxy.close();
    await withClient(url, (client) => client.db(database).dropDatabase());
  });

  /** Once with the answer lost, then again as the contract asks. */
  async function twice<T>(text: string, write: () => Promise<T>): Promise<T> {
    const before = proxy.lost();
    proxy.loseAnswerTo(text);
    await expect(write()).rejects.toMatchObject(UNAVAILABLE);
    expect(proxy.lost()).toBe(before + 1);
    return write();
  }

  it('takes the same append as its own', async () => {
    const record = { executionId: 'e1', seq: 1, epoch: 1, now: 1, body: '"marked"' };
    expect(await twice('marked', () => store.journal.append(record))).toBe('appended');
    expect(await store.journal.append({ ...record, epoch: 2 })).toBe('conflict');
    expect(await store.journal.read('e1', 0)).toEqual([record]);
  });

  it('takes the same insert and replacement as its own', async () => {
    expect(await twice('marked', () => store.documents.insert('locks', 'a', { text: 'marked' }))).toBe(true);
    expect(await twice('again', () => store.documents.replace('locks', 'a', 1, { text: 'again' }))).toBe(true);
    expect(await store.documents.get('locks', 'a')).toEqual({ id: 'a', version: 2, body: { text: 'again' } });
  });

  it('claims once, with one strike', async () => {
    const head = { settled: false, dueAt: null, driver: null, epoch: 0, strikes: 0, parked: null, createdAt: 1 };
    expect((await twice('marked', () => store.heads.insert({ executionId: 'marked', ...head }))).inserted).toBe(true);
    const next = { driver: 'replica-9', epoch: 1 };
    expect(await twice('replica-9', () => store.heads.claim('marked', { driver: null, epoch: 0 }, next))).toBe(true);
    expect(await store.heads.get('marked')).toMatchObject({ ...next, strikes: 1 });
  });

  it('doubles no byte of a log and no blob', async () => {
    const chunk = { attemptId: 'e1/a#1', offset: 0, bytes: Buffer.from('marked'), gap: 0, at: 1 };
    await twice('marked', () => store.logs.append([chunk]));
    const [stored, ...more] = await store.logs.read('e1/a#1', 0);
    expect([Buffer.from(stored?.bytes ?? []).toString(), more]).toEqual(['marked', []]);
    const hash = await twice('blob of bytes', () => store.blobs.put(Buffer.from('blob of bytes')));
    expect(Buffer.from((await store.blobs.get(hash)) ?? []).toString()).toBe('blob of bytes');
  });

  it('answers UNAVAILABLE, with the cause, while the server is away', async () => {
    await proxy.close();
    const record = { executionId: 'e1', seq: 1, epoch: 1, now: 1, body: '{}' };
    const calls = [store.ping(), store.journal.append(record), store.rows.getExecution('e1')];
    for (const answer of await Promise.allSettled(calls)) {
      expect(answer).toMatchObject({ status: 'rejected', reason: UNAVAILABLE });
    }
  });
});
