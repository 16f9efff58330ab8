/** Workflows of one stage that wait for each other, on real hosts (orchestration 7; scenarios 1, 2 and 3). */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { ExecutionView } from '@fairlead/proto/live.ts';
import { InstallsWorld, untilThere } from './installs-world.ts';

const FRONT = 0;
const BACK = 1;

let world: InstallsWorld;
beforeAll(async () => {
  world = await InstallsWorld.make(['front', 'back']);
  for (const build of [1, 2, 3, 4, 5, 6]) world.publish(build);
}, 60_000);
afterAll(() => world.remove());
beforeEach(() => rmSync(gate(), { force: true }));

/** The front end begins when this file is there. */
const gate = (): string => join(world.hosts[FRONT]?.directory ?? '', 'go');
const open = (): void => writeFileSync(gate(), '');
const begins = { script: { script: untilThere('go'), on: 'hosts', shell: 'sh' } };

/** Each on a host of its own; both meet when they are verified. The front end says `more`. */
async function apply(more: object = {}, meets: object = { barrier: 'done' }): Promise<void> {
  await world.apply(definition(more, meets));
}

function definition(more: object = {}, meets: object = { barrier: 'done' }, pipelines: object = {}) {
  const workflow = (service: string, infrastructure: string, rest: object) => ({
    type: 'basic',
    service,
    environment: 'prod',
    infrastructure,
    verify: [{ ...meets, name: 'Meet' }],
    ...rest,
  });
  const infrastructure = Object.fromEntries(
    world.hosts.map((host) => [host.target.name, world.infrastructure([host])] as const),
  );
  return world.definition({
    services: { fe: world.service('fe'), be: world.service('be') },
    environments: { prod: { type: 'production', infrastructure } },
    workflows: {
      'ship-fe': workflow('fe', 'front', {
        sections: { 'Deploy Service': { steps: [begins, { command: 'Install' }], ...more } },
      }),
      'ship-be': workflow('be', 'back', {}),
      'ship-anywhere': workflow('be', '${Place}', {}),
    },
    pipelines: {
      release: { stages: [['ship-fe', 'ship-be']] },
      // Nobody can tell at apply that both are the same.
      twice: { stages: [[anywhere('ship-be', '${one}'), anywhere('Again', '${other}')]] },
      ...pipelines,
    },
  });
}

const anywhere = (name: string, Place: string) => ({ workflow: 'ship-anywhere', name, variables: { Place } });

const started = z.object({ executionId: z.string() });
async function start(build: number): Promise<string> {
  const artifacts = { fe: String(build), be: String(build) };
  return (await world.demand(started, 'POST', '/executions', { name: 'release', artifacts })).executionId;
}

const runsOf = ({ nodes }: ExecutionView): readonly string[] =>
  nodes.filter((node) => node.kind === 'run').map((node) => `${node.name}: ${node.status}`);
const barriersOf = ({ nodes }: ExecutionView) => nodes.filter((node) => node.name === 'Meet');
const ofBack = ({ nodes }: ExecutionView) => nodes.find((node) => node.kind === 'run' && node.name === 'ship-be');

/** The back end has arrived, the front end has not begun. */
async function oneArrived(build: number): Promise<{ readonly id: string; readonly view: ExecutionView }> {
  const id = await start(build);
  return { id, view: await world.until(id, 'one waits', (view) => ofBack(view)?.status === 'WAITING') };
}

/** What was installed on both since the last call. */
let seen = [0, 0];
function installed(): readonly (readonly string[])[] {
  const logs = [FRONT, BACK].map((host) => world.log(host));
  const news = logs.map((lines, host) => lines.slice(seen[host]).map((line) => line.replace('.tgz', '')));
  seen = logs.map((lines) => lines.length);
  return news;
}

describe('a barrier of two workflows', () => {
  it('lets the first wait, says for whom, and lets both go on', async () => {
    await apply();
    const { id, view } = await oneArrived(1);
    expect(view.header.waiting).toContain("1 of 2 have arrived at the barrier 'done', missing: ship-fe");
    const [, waits] = barriersOf(view).toSorted((a, b) => (a.startedAt ?? 0) - (b.startedAt ?? 0));
    expect(waits).toMatchObject({ status: 'WAITING', note: expect.stringContaining('missing: ship-fe') });
    expect((waits?.until ?? 0) - (waits?.startedAt ?? 0)).toBe(600_000);
    open();
    const done = await world.settled(id);
    expect([done.header.status, ...runsOf(done)]).toEqual(['SUCCESS', 'ship-fe: SUCCESS', 'ship-be: SUCCESS']);
    const [one, other] = barriersOf(done);
    expect(one).toMatchObject({ status: 'SUCCESS', endedAt: other?.endedAt });
    expect(installed()).toEqual([['fe web-1'], ['be web-1']]);
  }, 60_000);

  it('takes both back when one fails before it', async () => {
    world.fail(FRONT, 2);
    const { id } = await oneArrived(2);
    open();
    const view = await world.settled(id);
    expect([view.header.status, ...runsOf(view)]).toEqual(['FAILED', 'ship-fe: FAILED', 'ship-be: FAILED']);
    expect(view.header.failure).toMatchObject({ code: 'COMMAND_FAILED', target: 'front' });
    const [failed] = barriersOf(view).filter((node) => node.status === 'FAILED');
    expect(failed?.failure).toMatchObject({
      code: 'COMMAND_FAILED',
      message: expect.stringContaining('peer ship-fe failed'),
    });
    const undone = view.nodes.filter((node) => node.kind === 'phase' && node.rollback);
    expect(undone.map((node) => node.status)).toEqual(['SUCCESS', 'SUCCESS']);
    expect(installed()).toEqual([
      ['fe web-2', 'fe web-1'],
      ['be web-2', 'be web-1'],
    ]);
  }, 60_000);

  it('is crossed by both when the failure is ignored', async () => {
    await apply({ onFailure: [{ on: 'any', do: 'ignore' }] });
    world.fail(FRONT, 3);
    const { id } = await oneArrived(3);
    open();
    const view = await world.settled(id);
    expect([view.header.status, ...runsOf(view)]).toEqual(['SUCCESS', 'ship-fe: SUCCESS', 'ship-be: SUCCESS']);
    expect(barriersOf(view).map((node) => node.status)).toEqual(['SUCCESS', 'SUCCESS']);
    expect(installed()).toEqual([['fe web-3'], ['be web-3']]);
  }, 60_000);

  it('fails both when one waited too long, each taken back by its own strategy', async () => {
    await apply({}, { barrier: 'done', timeout: '1s' });
    const { id } = await oneArrived(4);
    await world.until(id, 'waited too long', (view) => ofBack(view)?.status === 'FAILED');
    open();
    const view = await world.settled(id);
    expect([view.header.status, ...runsOf(view)]).toEqual(['FAILED', 'ship-fe: FAILED', 'ship-be: FAILED']);
    const failures = barriersOf(view).map((node) => node.failure);
    expect(failures.map((each) => each?.code)).toEqual(['BARRIER_TIMEOUT', 'BARRIER_TIMEOUT']);
    expect(failures[0]?.message).toContain('peer ship-be failed');
    expect(installed()).toEqual([
      // Build 3 was never good there: its failure was passed over.
      ['fe web-4', 'fe web-1'],
      ['be web-4', 'be web-3'],
    ]);
  }, 60_000);

  it('holds nobody whose pipeline is aborted', async () => {
    await apply();
    const { id } = await oneArrived(5);
    expect((await world.ask('POST', `/executions/${id}/abort`, { reason: 'enough' })).status).toBe(202);
    const view = await world.settled(id);
    expect([view.header.status, ...runsOf(view)]).toEqual(['ABORTED', 'ship-fe: ABORTED', 'ship-be: ABORTED']);
    expect(installed()).toEqual([[], ['be web-5']]);
  }, 60_000);
});

it('a barrier of a workflow that runs alone is passed at once', async () => {
  await apply();
  open();
  const body = { name: 'ship-fe', artifacts: { fe: '6' } };
  const { executionId } = await world.demand(started, 'POST', '/executions', body);
  const view = await world.settled(executionId);
  const [meet] = barriersOf(view);
  expect(view.header.status).toBe('SUCCESS');
  expect(meet).toMatchObject({ status: 'SUCCESS', endedAt: meet?.startedAt });
  expect(installed()).toEqual([['fe web-6'], []]);
}, 60_000);

it('what must end so is refused when it is applied, with the way there', async () => {
  const stages = [['ship-be', { workflow: 'ship-be', name: 'Again' }]];
  const files = [
    { name: 'shop.json', text: JSON.stringify(definition({}, { barrier: 'done' }, { twin: { stages } })) },
  ];
  const { status, body } = await world.ask('POST', '/definitions/apply', { files });
  expect(status).toBe(400);
  expect(JSON.stringify(body)).toContain("Again: waits at 'done' (holds the lock of be on back)");
});

it('a workflow that waits for another, which queues for its lock, fails with it at once', async () => {
  await apply();
  const body = { name: 'twice', artifacts: { be: '6' }, variables: { one: 'back', other: 'back' } };
  const { executionId } = await world.demand(started, 'POST', '/executions', body);
  const { header, nodes } = await world.settled(executionId);
  expect(header).toMatchObject({ status: 'FAILED', rollback: 'NOTHING', failure: { code: 'DEADLOCK' } });
  const runs = nodes.filter((node) => node.kind === 'run');
  expect(runs.map((node) => node.failure?.code)).toEqual(['DEADLOCK', 'DEADLOCK']);
  const cycle =
    /(\S+) waits for the lock of shop\/prod\/back\/be, which (\S+) holds; \2 waits at the barrier 'done' for \1/;
  for (const { failure } of runs) expect(failure?.message).toMatch(cycle);
  expect((await world.demand(z.object({ locks: z.array(z.unknown()) }), 'GET', '/locks')).locks).toEqual([]);
  // The first time of this workflow: there is nothing that it could go back to.
  expect(installed()).toEqual([[], ['be web-6']]);
}, 60_000);
