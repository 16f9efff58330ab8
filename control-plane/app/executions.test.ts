import { expect, it } from 'vitest';
import { oneReplica } from '../../test/support/one-replica.ts';
import { oneStep } from '../../test/support/plans.ts';
import { Play } from '../../test/support/play.ts';
import type { Actor } from './authorize.ts';
import { Executions } from './executions.ts';

const ada: Actor = { id: 'key:ada', name: 'ada', kind: 'KEY', rights: ['*'] };

it('reads a journal page by page, and says where it ends', async () => {
  const { replica, useCases } = oneReplica();
  await replica.drivers.start({ ...oneStep(), executionId: 'x1' });
  await useCases.pause(ada, 'x1', 'wait');
  await useCases.resume(ada, 'x1');
  const whole = await useCases.getJournal(ada, 'x1', { after: 0, limit: 100 });
  expect(whole.records.length).toBeGreaterThan(2);
  expect(whole.next).toBeNull();
  const pages = [];
  for (let after: number | null = 0; after !== null;) {
    const page = await useCases.getJournal(ada, 'x1', { after, limit: 1 });
    expect(page.records).toHaveLength(1);
    pages.push(...page.records);
    after = page.next;
  }
  expect(pages).toEqual(whole.records);
  await expect(useCases.getJournal(ada, 'x2', { after: 0, limit: 1 })).rejects.toThrow('there is no execution x2');
});

it('refuses a cursor it did not give, and says what to do', async () => {
  const { useCases } = oneReplica();
  const list = useCases.listExecutions(ada, { filter: {}, cursor: 'nonsense', limit: 9 });
  const details = { mend: expect.stringContaining('Pass on what the page before gave') };
  await expect(list).rejects.toMatchObject({ failures: [{ code: 'INVALID_INPUT', field: 'cursor', details }] });
});

it('keeps what was looked at last, up to so many events, and always the newest', async () => {
  const { replica, store, journal } = oneReplica();
  const plays = ['x1', 'x2', 'x3'].map((executionId) => new Play({ ...oneStep(), executionId }).finish());
  for (const play of plays) await journal(play);
  const events = plays[0]?.execution.events ?? 0;
  const load = async (of: Executions, id: string) => (await of.load(id)).execution;
  const roomy = new Executions(replica.drivers, replica.history, store.rows, 2 * events);
  const first = await load(roomy, 'x1');
  const second = await load(roomy, 'x2');
  expect(await load(roomy, 'x1')).toBe(first);
  await load(roomy, 'x3');
  expect(await load(roomy, 'x1')).toBe(first);
  expect(await load(roomy, 'x2')).not.toBe(second);
  const narrow = new Executions(replica.drivers, replica.history, store.rows, 1);
  const only = await load(narrow, 'x1');
  expect(await load(narrow, 'x1')).toBe(only);
  await load(narrow, 'x2');
  expect(await load(narrow, 'x1')).not.toBe(only);
});
