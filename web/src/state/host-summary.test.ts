import { expect, it } from 'vitest';
import { findHosts, summarizeHosts, urgentFirst } from './host-summary.ts';
import { aTask } from './sample-nodes.ts';

const tasks = [
  aTask('s', 'web-1', 'SUCCESS', { order: 0 }),
  aTask('s', 'web-2', 'RUNNING', { order: 1 }),
  aTask('s', 'web-3', 'FAILED', { order: 2 }),
  aTask('s', 'db-1', null, { order: 3 }),
  aTask('s', 'db-2', 'UNKNOWN', { order: 4 }),
];

it('counts hosts by look, and those that have ended', () => {
  const summary = summarizeHosts(tasks);
  expect(summary).toMatchObject({ total: 5, ended: 2 });
  expect(summary.tones.every((each) => each.count === 1)).toBe(true);
  expect(summary.tones).toHaveLength(5);
});

it('puts what went wrong first and leaves the rest in order', () => {
  expect(urgentFirst(tasks).map((task) => task.target)).toEqual(['web-3', 'db-2', 'web-1', 'web-2', 'db-1']);
});

it('finds hosts by a part of their name and by look', () => {
  expect(findHosts(tasks, ' WEB ', null)).toHaveLength(3);
  expect(findHosts(tasks, 'web', 'failed').map((task) => task.target)).toEqual(['web-3']);
});
