import { expect, it } from 'vitest';
import { executionPath, routeOf } from './router.tsx';

it.each([
  ['/', 'list'],
  ['/executions', 'list'],
  ['/instances/', 'instances'],
  ['/queues', 'queues'],
  ['/executions/e1', 'execution'],
  ['/executions/%', 'unknown'],
  ['/else', 'unknown'],
])('%s is the page %s', (path, page) => {
  expect(routeOf(path, '').page).toBe(page);
});

it('brings any id and the query back', () => {
  const route = routeOf(executionPath('a/b c#1'), '?node=e%2Fr%40web-1%231');
  expect(route).toMatchObject({ page: 'execution', executionId: 'a/b c#1' });
  expect(route.page === 'execution' && route.query.get('node')).toBe('e/r@web-1#1');
});
