import { expect, it } from 'vitest';
import { createMemoryStore } from '../../test/support/memory-store/index.ts';
import type { InstanceRow } from '../ports/rows.ts';
import { installedIn } from './plan-lookups.ts';

const place = { application: 'shop', service: 'web', environment: 'prod', infrastructure: 'dc1' };
const row = (host: string, build: string, at: number, removed = false): InstanceRow => ({
  ...place,
  ...{ id: `shop/web/prod/dc1/${host}`, at, seq: 1, host, build, executionId: `x${at}`, details: { removed } },
});

it('knows what no row tells yet, unless somebody has put another there since', async () => {
  const { rows } = createMemoryStore();
  await rows.putInstances([
    row('a', '6', 1),
    row('b', '6', 1),
    row('c', '8', 9),
    row('d', '6', 1),
    row('e', '6', 1, true),
  ]);
  const lately = [row('a', '7', 5), row('a', '5', 6), row('c', '7', 5), row('d', '', 5, true), row('e', '7', 5)];
  const builds = async (own: readonly InstanceRow[]) =>
    (await installedIn(rows, 'shop', own)).map(({ host, build }) => `${host} ${build}`).toSorted();
  expect(await builds([])).toEqual(['a 6', 'b 6', 'c 8', 'd 6']);
  expect(await builds(lately)).toEqual(['a 5', 'b 6', 'c 8', 'e 7']);
});
