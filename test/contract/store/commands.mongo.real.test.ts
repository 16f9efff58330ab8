import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMongoStore } from '../../../control-plane/adapters/mongo/store.ts';
import type { Store } from '../../../control-plane/ports/store.ts';
import { realServer, requireReal } from '../../support/real/index.ts';
import { withClient } from './mongo-under-test.ts';

type Command = Readonly<Record<string, unknown>>;

const WRITES = new Set(['insert', 'update', 'delete', 'findAndModify', 'createIndexes']);
const READS = new Set(['find', 'getMore']);
/** Neither reads nor writes what is stored. */
const OTHERS = new Set(['ping', 'killCursors', 'endSessions']);

/** What design §4 allows of MongoDB, read from the commands that really leave. */
describe('what the MongoDB adapter sends', () => {
  const mongod = realServer('mongod');
  const { url } = mongod.present ? mongod : requireReal('mongo-java');
  const database = `fairlead-test-commands-${process.pid}`;
  const commands: { readonly name: string; readonly command: Command }[] = [];
  let store: Store;

  beforeAll(async () => {
    store = await openMongoStore({
      url,
      database,
      onCommand: ({ commandName, command }) => commands.push({ name: commandName, command }),
    });
    await useEverything(store);
    await store.close();
  });
  afterAll(() => withClient(url, (client) => client.db(database).dropDatabase()));

  const named = (names: ReadonlySet<string>): Command[] =>
    commands.filter(({ name }) => names.has(name)).map(({ command }) => command);

  it('is only plain reads and writes', () => {
    const unexpected = commands
      .map(({ name }) => name)
      .filter((name) => !WRITES.has(name) && !READS.has(name) && !OTHERS.has(name));
    expect(unexpected).toEqual([]);
    expect(new Set(commands.map(({ name }) => name))).toEqual(
      new Set([
        'createIndexes',
        'insert',
        'update',
        'delete',
        'find',
        'ping',
        ...commandsSeen(commands, OTHERS, READS),
      ]),
    );
  });

  it('waits with every write for the journals of a majority', () => {
    const writes = named(WRITES);
    expect(writes.length).toBeGreaterThan(20);
    for (const command of writes) expect(command).toMatchObject({ writeConcern: { w: 'majority', j: true } });
  });

  it('reads from the primary what a majority has', () => {
    const reads = named(new Set(['find']));
    expect(reads.length).toBeGreaterThan(15);
    for (const command of reads) {
      expect(command).toMatchObject({ readConcern: { level: 'majority' } });
      // Left out, or as the driver must say it to a server that is not part of a replica set.
      const preference = command['$readPreference'];
      if (preference !== undefined) expect(preference).toEqual({ mode: 'primaryPreferred' });
    }
  });

  it('opens no transaction, retries no write by itself, and watches no change stream', () => {
    for (const { command } of commands) {
      for (const field of ['startTransaction', 'autocommit', 'txnNumber', 'pipeline']) {
        expect(command).not.toHaveProperty(field);
      }
    }
  });

  it('changes documents only by _id, with the version or what stands for it where it decides', () => {
    for (const command of named(new Set(['update', 'delete']))) {
      const parts: unknown = command['updates'] ?? command['deletes'];
      expect(parts).toHaveLength(1);
      expect(parts).toMatchObject([{ q: { _id: expect.any(String) } }]);
    }
    const guards = named(new Set(['update'])).map((command) => [command['update'], guardOf(command)]);
    expect(guards).toContainEqual(['locks', ['_id', 'version']]);
    expect(guards).toContainEqual(['heads', ['_id', 'driver', 'epoch']]);
    expect(guards).toContainEqual(['executions', ['_id', 'seq']]);
  });
});

const commandsSeen = (
  commands: readonly { readonly name: string }[],
  ...allowed: readonly ReadonlySet<string>[]
): string[] => commands.map(({ name }) => name).filter((name) => allowed.some((names) => names.has(name)));

function guardOf(command: Command): string[] {
  const [update] = command['updates'] as readonly { readonly q: object }[];
  return Object.keys(update?.q ?? {}).toSorted();
}

async function useEverything(store: Store): Promise<void> {
  const { journal, heads, documents, blobs, logs, rows } = store;
  await store.ping();
  const record = { executionId: 'e1', seq: 1, epoch: 1, now: 1, body: '{}' };
  await journal.append(record);
  await journal.append(record);
  await journal.append({ ...record, epoch: 2 });
  await journal.read('e1', 0);
  await journal.lastSeqs(['e1']);
  const head = { executionId: 'e1', settled: false, dueAt: 1, driver: null, epoch: 0, strikes: 0, parked: null };
  await heads.insert({ ...head, createdAt: 1 });
  await heads.insert({ ...head, createdAt: 2 });
  await heads.claim('e1', { driver: null, epoch: 0 }, { driver: 'r1', epoch: 1 });
  await heads.patch('e1', { dueAt: 2 });
  await heads.get('e1');
  await heads.sweepable({ now: 5, live: ['r1'], limit: 10 });
  await heads.parked({ after: null, limit: 10 });
  await documents.insert('locks', 'a', { n: 1 });
  await documents.insert('locks', 'a', { n: 2 });
  await documents.replace('locks', 'a', 1, { n: 2 });
  await documents.replace('locks', 'a', 1, { n: 3 });
  await documents.get('locks', 'a');
  await documents.list('locks');
  await documents.remove('locks', 'a', 2);
  await blobs.get(await blobs.put(Buffer.from('bytes')));
  await logs.append([{ attemptId: 'e1/a#1', offset: 0, bytes: Buffer.from('text'), gap: 0, at: 1 }]);
  await logs.read('e1/a#1', 0);
  await logs.lengths(['e1/a#1']);
  await logs.attempts('e1');
  const execution = { executionId: 'e1', seq: 1, application: 'shop', name: 'ship', kind: 'WORKFLOW' as const };
  const row = { ...execution, status: 'SUCCESS' as const, environment: null, startedAt: 1, endedAt: 2, actor: 'ada' };
  await rows.putExecution({ ...row, summary: { mappings: ['m'] } });
  await rows.getExecution('e1');
  await rows.list({ application: 'shop' }, { limit: 5 });
  await rows.find('e', 5);
  await rows.lastSuccess({ name: 'ship', mapping: 'm' });
  const place = { application: 'shop', service: 'web', environment: 'prod', infrastructure: 'dc1', host: 'h' };
  await rows.putInstances([{ id: 'i', at: 1, seq: 1, ...place, build: '1', executionId: 'e1', details: {} }]);
  await rows.listInstances({}, { limit: 10 });
  await rows.listDeployments({}, { limit: 10 });
}
