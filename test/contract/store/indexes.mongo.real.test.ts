import { afterAll, beforeAll, expect, it } from 'vitest';
import { openMongoStore } from '../../../control-plane/adapters/mongo/store.ts';
import type { Store } from '../../../control-plane/ports/store.ts';
import type { ExecutionFilter } from '../../../control-plane/ports/rows.ts';
import { realServer, requireReal } from '../../support/real/index.ts';
import { withClient } from './mongo-under-test.ts';

type Keys = Readonly<Record<string, number>>;
type Condition = Readonly<Record<string, unknown>>;

const mongod = realServer('mongod');
const { url } = mongod.present ? mongod : requireReal('mongo-java');
const database = `fairlead-test-indexes-${process.pid}`;
const asked: { readonly filter: Condition; readonly sort: readonly (readonly [string, number])[] }[] = [];
let store: Store;
let indexes: readonly string[][] = [];

beforeAll(async () => {
  store = await openMongoStore({
    url,
    database,
    onCommand: ({ commandName, command }) => {
      if (commandName === 'find' && command['find'] === 'executions') {
        const sort = command['sort'] as ReadonlyMap<string, number>; // As the driver sends it: its order counts.
        asked.push({ filter: command['filter'] as Condition, sort: [...sort] });
      }
    },
  });
  await withClient(url, async (client) => {
    const made = await client.db(database).collection('executions').indexes();
    indexes = made.map(({ key }) => Object.keys(key as Keys));
  });
});
afterAll(async () => {
  await store.close();
  await withClient(url, (client) => client.db(database).dropDatabase());
});

const NEWEST_FIRST = [
  ['startedAt', -1],
  ['_id', -1],
];

/** The first key is what is asked for, the next ones are the order of the list: nothing is sorted, and a page ends early. */
const inOrder = (field: string): string[] => [field, 'startedAt', '_id'];

const FILTERS: readonly (readonly [string, ExecutionFilter, readonly string[]])[] = [
  ['everything', {}, ['startedAt', '_id']],
  ['an application', { application: 'app3' }, inOrder('application')],
  ['a name', { name: 'ship' }, inOrder('name')],
  ['an environment', { environment: 'prod' }, inOrder('environment')],
  ['a status', { statuses: ['FAILED'] }, inOrder('status')],
  ['statuses, merged from one range each', { statuses: ['REJECTED', 'BROKEN'] }, inOrder('status')],
  ['a status of an application', { application: 'app3', statuses: ['FAILED'] }, inOrder('status')],
  ['a day', { from: 1, to: 2 }, ['startedAt', '_id']],
  ['words, looked for within the index', { text: 'ship 9.9.7' }, ['startedAt', '_id', 'search']],
];

it.each(FILTERS)('has an index for the list of %s, in its order', async (_, filter, index) => {
  asked.length = 0;
  await store.rows.list(filter, { limit: 50, cursor: { startedAt: 5, executionId: 'x' } });
  expect(asked).toHaveLength(1);
  const [{ filter: sent, sort } = { filter: {}, sort: [] }] = asked;
  expect(sort).toEqual(NEWEST_FIRST);
  expect(indexes).toContainEqual(index);
  const [first = ''] = index;
  const wanted = JSON.stringify(sent);
  for (const field of new Set([first, ...index.slice(2)])) {
    if (field !== '_id') expect(wanted).toContain(`"${field}"`);
  }
});

it('finds the last success of a name by an index, in its order', async () => {
  asked.length = 0;
  await store.rows.lastSuccess({ name: 'ship', mapping: 'm' });
  expect(asked.map(({ sort }) => sort)).toEqual([[['succeededAt', -1], ...NEWEST_FIRST]]);
  expect(indexes).toContainEqual(['successes', 'succeededAt', 'startedAt', '_id']);
});
