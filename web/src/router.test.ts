import { expect, it } from 'vitest';
import { diffPath, executionPath, routeOf } from './router.tsx';

it.each([
  ['/', 'list'],
  ['/executions', 'list'],
  ['/instances/', 'instances'],
  ['/queues', 'queues'],
  ['/executions/e1', 'execution'],
  ['/executions/%', 'unknown'],
  ['/executions/e1/diff/e2', 'diff'],
  ['/executions/e1/diff/%', 'unknown'],
  ['/executions/e1/diff', 'unknown'],
  ['/else', 'unknown'],
])('%s is the page %s', (path, page) => {
  expect(routeOf(path, '').page).toBe(page);
});

it('brings both ids of a comparison back', () => {
  expect(routeOf(diffPath('a/b', 'c d'), '')).toEqual({ page: 'diff', a: 'a/b', b: 'c d' });
});

it('brings any id and the query back', () => {
  const route = routeOf(executionPath('a/b c#1'), '?node=e%2Fr%40web-1%231');
  expect(route).toMatchObject({ page: 'execution', executionId: 'a/b c#1' });
  expect(route.page === 'execution' && route.query.get('node')).toBe('e/r@web-1#1');
});
