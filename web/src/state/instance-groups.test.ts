import { expect, it } from 'vitest';
import { groupInstances } from './instance-groups.ts';

const instance = (host: string, build: string, at: number, environment = 'prod') => ({
  id: host,
  at,
  application: 'shop',
  service: 'web',
  environment,
  infrastructure: 'dc1',
  host,
  build,
  executionId: `e${at}`,
  state: 'RUNNING' as const,
  note: null,
});

it('shows each build of a service in a place once, the newest first', () => {
  const groups = groupInstances([instance('a', '42', 1), instance('b', '43', 5), instance('c', '42', 3)], '');
  expect(groups).toHaveLength(1);
  expect(groups[0]?.builds.map((each) => [each.build, each.at, each.executionId, each.hosts.length])).toEqual([
    ['43', 5, 'e5', 1],
    ['42', 3, 'e3', 2],
  ]);
  // Since when and by whom is said of all of them only where it is true of all.
  expect(groups[0]?.builds.map((each) => each.byOthers)).toEqual([false, true]);
});

it('keeps environments apart and finds by every word', () => {
  const all = [instance('a', '42', 1), instance('b', '42', 1, 'staging')];
  expect(groupInstances(all, '').map((group) => group.environment)).toEqual(['prod', 'staging']);
  expect(groupInstances(all, 'web staging').map((group) => group.environment)).toEqual(['staging']);
});
