import { expect, it } from 'vitest';
import type { Queue, QueuePlace } from '../api/queues.ts';
import { findQueues, keyOf } from './found-queues.ts';

const place = (executionId: string, name: string | null): QueuePlace => ({
  executionId,
  by: executionId,
  permits: 1,
  since: null,
  execution: name === null ? null : { name, application: 'shop', actor: 'Ada' },
});
const queue = (name: string, holders: readonly QueuePlace[], waiting: readonly QueuePlace[] = []): Queue => ({
  kind: 'GUARD',
  name,
  unit: 'eu',
  capacity: 1,
  used: 1,
  strategy: 'FIFO',
  holders,
  waiting,
});
const queues = [queue('backup', [place('e1', 'release')], [place('e2', null)]), queue('dns', [place('e3', 'nightly')])];

it.each([
  ['', ['backup', 'dns']],
  ['BACK', ['backup']],
  ['e2', ['backup']],
  ['ada night', ['dns']],
  ['ada backup dns', []],
])('finds by %j', (text, names) => {
  expect(findQueues(queues, text).map((each) => each.name)).toEqual(names);
});

it('tells the units of a guard apart', () => {
  const [first] = queues;
  expect(first === undefined ? '' : keyOf(first)).not.toBe(first === undefined ? '' : keyOf({ ...first, unit: 'us' }));
});
