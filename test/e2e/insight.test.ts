/** What runs where and ran there before, an execution as it was, and two side by side: through the API and the commands. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import {
  deploymentRow,
  executionListRow,
  executionView,
  instanceRow,
  moment,
  replaySchema,
} from '@fairlead/control-plane/api/http/schemas.ts';
import { InstallsWorld } from './installs-world.ts';

let world: InstallsWorld;
const ids: string[] = [];

const definition = (hosts = world.hosts) => ({
  ...world.definition({ workflows: { ship: { type: 'rolling', batch: '50%', service: 'web', environment: 'prod' } } }),
  environments: { prod: { type: 'production', infrastructure: { dc1: world.infrastructure(hosts) } } },
});

beforeAll(async () => {
  world = await InstallsWorld.make(['one', 'two']);
  await world.apply(definition());
  for (const build of [1, 2, 3]) {
    if (build === 3) world.fail(1, 3);
    const { header } = await world.deploy(build);
    expect(header.status).toBe(build === 3 ? 'FAILED' : 'SUCCESS');
    ids.push(header.executionId);
  }
}, 120_000);
afterAll(() => world.remove());

const instances = async (query = '') => {
  const shape = z.object({ instances: z.array(instanceRow), next: z.string().nullable() });
  const { instances: rows, next } = await world.demand(shape, 'GET', `/instances${query}`);
  return { rows: rows.map(({ host, build, executionId, state }) => [host, build, executionId, state]), next };
};

it('shows what a failed deployment that was rolled back has left, and everything that was done there', async () => {
  const [first, second, third] = ids;
  expect((await instances()).rows).toEqual([
    ['one', '2', third, 'RUNNING'],
    ['two', '2', third, 'RUNNING'],
  ]);
  const page = await instances('?limit=1&build=2');
  expect([page.rows.length, page.next]).toEqual([1, expect.stringContaining('one')]);
  const shape = z.object({ deployments: z.array(deploymentRow), next: z.string().nullable() });
  const { deployments } = await world.demand(shape, 'GET', '/instances/history?host=one');
  expect(deployments.map(({ action, build, executionId }) => [action, build, executionId])).toEqual([
    ['ROLLED_BACK', '2', third],
    ['DEPLOYED', '3', third],
    ['DEPLOYED', '2', second],
    ['DEPLOYED', '1', first],
  ]);
  const told = await world.type('status', '--history', '--host', 'two', '--execution', String(third));
  expect([told.code, told.text]).toEqual([0, expect.stringMatching(/two +web +rolled back to 2 +x/)]);
});

it('shows an execution as it was, and who decided what', async () => {
  const third = String(ids[2]);
  const shape = z.object({ moments: z.array(moment), next: z.int().nullable() });
  const { moments } = await world.demand(shape, 'GET', `/executions/${third}/moments`);
  const fails = moments.find((each) => each.events.some((event) => event.event === 'RollbackStarted'));
  expect(fails).toMatchObject({ input: 'finished', actor: 'its agent' });
  const at = async (text: string) =>
    (await world.demand(executionView, 'GET', `/executions/${third}?at=${encodeURIComponent(text)}`)).header;
  const seq = fails?.seq ?? 0;
  expect([(await at(String(seq - 1))).status, (await at(String(seq))).status]).toEqual(['RUNNING', 'ROLLING_BACK']);
  expect((await at(new Date(moments.at(-1)?.at ?? 0).toISOString())).status).toBe('FAILED');
  const refused = await world.ask('GET', `/executions/${third}?at=yesterday`);
  expect([refused.status, JSON.stringify(refused.body)]).toEqual([400, expect.stringContaining('is no moment')]);

  const shown = await world.type('executions', 'show', third, '--at', String(seq));
  expect([shown.code, shown.text]).toEqual([0, expect.stringContaining(`As it was at sequence ${seq}:`)]);
  expect(shown.text).toContain('Rolling back');
  const events = await world.type('executions', 'show', third, '--events');
  expect(events.text).toContain('→ RollbackStarted');
});

it('compares two of them by short ids, and `last`', async () => {
  const [, second = ''] = ids;
  const { code, text } = await world.type('executions', 'diff', second.slice(0, 12), 'last');
  expect([code, text]).toEqual([0, expect.stringContaining('  web: 2 → 3\n')]);
  expect(text).toMatch(/the paths part at .*Install \/ two:\n {2}A {2}#\d+ .* AttemptEnded SUCCESS/);
  const json = await world.type('executions', 'diff', 'last', 'last', '-o', 'json');
  expect(JSON.parse(json.text)).toMatchObject({
    definition: [],
    artifacts: [],
    variables: [],
    hosts: [],
    decisions: null,
  });
});

it('decides all of them the same again, and finds them by words', async () => {
  for (const id of ids) {
    const replayed = await world.demand(replaySchema, 'GET', `/executions/${id}/replay`);
    expect(replayed).toMatchObject({ stateMatches: true, differences: [] });
  }
  const page = z.object({ rows: z.array(executionListRow), next: z.string().nullable() });
  const find = async (query: string) =>
    (await world.demand(page, 'GET', `/executions?${query}`)).rows.map((row) => row.executionId);
  expect(await find('find=SHIP%20shop')).toEqual(ids.toReversed());
  expect(await find(`find=${ids[1]?.slice(2) ?? ''}`)).toEqual([ids[1]]);
  expect(await find('find=nowhere')).toEqual([]);
  const told = await world.type('executions', 'list', '--find', 'ship', '--status', 'FAILED', '--from', '2020-01-01');
  expect([told.text.includes(String(ids[2])), told.text.includes(String(ids[1]))]).toEqual([true, false]);
});

it('says of a host that has left that it has', async () => {
  await world.apply(definition(world.hosts.slice(0, 1)));
  expect((await instances('?state=REMOVED')).rows).toEqual([['two', '2', ids[2], 'REMOVED']]);
  const told = await world.type('status');
  expect([told.code, told.text]).toEqual([0, expect.stringContaining('removed: two has left prod/dc1')]);
});
