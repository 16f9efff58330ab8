/** Locks of infrastructure and guards, through the API and the commands, on real hosts (orchestration 8; scenarios 12, 13). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { guardView, lockView } from '@fairlead/control-plane/api/http/queue-schemas.ts';
import { InstallsWorld, untilThere } from './installs-world.ts';

let world: InstallsWorld;
beforeAll(async () => {
  world = await InstallsWorld.make(['one']);
  for (let build = 1; build <= 9; build += 1) world.publish(build);
}, 60_000);
afterAll(() => world.remove());

const WORK = { script: { script: untilThere('${workflow.variables.end}'), on: 'hosts', shell: 'sh' }, name: 'Work' };
const basic = { type: 'basic', service: 'web', environment: 'prod', inputs: { end: { required: true } } };
const end = (name: string): void => writeFileSync(join(world.hosts[0]?.directory ?? '', name), '');

const started = z.object({ executionId: z.string() });
async function start(name: string, more: object): Promise<string> {
  return (await world.demand(started, 'POST', '/executions', { name, ...more })).executionId;
}
const works = (id: string) =>
  world.until(id, 'works', ({ nodes }) =>
    nodes.some((node) => node.kind === 'step' && node.name === 'Work' && node.status === 'RUNNING'),
  );
/** In the queue, and not only about to ask for its place: whoever comes next is behind it. */
const waits = (id: string, status: string) =>
  world.until(
    id,
    'waits',
    ({ header }) => header.status === status && header.waiting?.includes('before it in the queue') === true,
  );
const statusOf = async (id: string) => (await world.settled(id)).header.status;
const abort = async (id: string): Promise<void> => {
  expect((await world.ask('POST', `/executions/${id}/abort`, { reason: 'not this one' })).status).toBe(202);
};

let before: readonly string[];
beforeEach(() => {
  before = world.log(0);
});
const installed = (): readonly string[] =>
  world
    .log(0)
    .slice(before.length)
    .map((line) => line.replace('.tgz', ''));

describe('a service on its infrastructure', () => {
  const locks = async () => {
    const all = await world.demand(z.object({ locks: z.array(lockView) }), 'GET', '/locks');
    return all.locks.map(({ name, active, blocked }) => ({
      name,
      active: active.map((each) => each.executionId),
      blocked: blocked.map((each) => each.executionId),
    }));
  };
  const ship = (build: number, of = 'ship') =>
    start(of, { artifacts: { web: String(build) }, variables: { end: `end-${build}` } });
  const apply = (more: object = {}) =>
    world.apply(
      world.definition({
        services: { web: world.service('web'), api: world.service('api') },
        workflows: {
          ship: { ...basic, verify: [WORK], ...more },
          other: { type: 'basic', service: 'api', environment: 'prod' },
          make: { type: 'build', collect: 'web', sections: { 'Prepare Steps': [{ script: 'true' }] } },
        },
      }),
    );

  it('has one deployment at a time, and the queue does without one that is aborted', async () => {
    await apply();
    const first = await ship(1);
    await works(first);
    const second = await ship(2);
    await waits(second, 'QUEUED');
    const third = await ship(3);
    const behind = await waits(third, 'QUEUED');
    expect(behind.header.waiting).toBe('waiting for the lock of shop/prod/dc1/web, 1 before it in the queue');
    expect(await locks()).toEqual([{ name: 'shop/prod/dc1/web', active: [first], blocked: [second, third] }]);
    const { code, text } = await world.type('locks');
    expect([code, text]).toEqual([
      0,
      expect.stringMatching(new RegExp(`shop/prod/dc1/web +${first} +${second}, ${third}`)),
    ]);
    const places = (await world.type('queues')).text.split('\n').slice(1);
    for (const [index, [state, id]] of [
      ['holds it', first],
      ['is next', second],
      ['waits, 1 before it', third],
    ].entries())
      expect(places[index]).toMatch(new RegExp(`shop/prod/dc1/web +1/1 +${state} +\\S.* +${id}`));

    expect(await statusOf(await start('other', { artifacts: { api: '1' } }))).toBe('SUCCESS');
    expect(await statusOf(await start('make', {}))).toBe('SUCCESS');

    await abort(second);
    expect(await statusOf(second)).toBe('ABORTED');
    expect(await locks()).toEqual([{ name: 'shop/prod/dc1/web', active: [first], blocked: [third] }]);
    end('end-1');
    end('end-3');
    expect([await statusOf(first), await statusOf(third)]).toEqual(['SUCCESS', 'SUCCESS']);
    expect(installed()).toEqual(['web web-1', 'api web-1', 'web web-3']);
    expect(await locks()).toEqual([]);
    expect((await world.type('locks')).text).toContain('No infrastructure is in use.');
  }, 60_000);

  it('fails whoever finds the queue full, at once, with nothing deployed and nothing taken back', async () => {
    await apply({ concurrency: { lock: 'infrastructure', queue: 1 } });
    const first = await ship(4);
    await works(first);
    const second = await ship(5);
    await waits(second, 'QUEUED');
    const { header, nodes } = await world.settled(await ship(6));
    expect(header).toMatchObject({ status: 'FAILED', rollback: null, failure: { code: 'QUEUE_FULL' } });
    expect(header.failure?.message).toBe('shop/prod/dc1/web: its queue is full, with 1 waiting');
    expect(nodes.some((node) => node.kind === 'task')).toBe(false);
    expect(await locks()).toEqual([{ name: 'shop/prod/dc1/web', active: [first], blocked: [second] }]);
    end('end-4');
    end('end-5');
    expect([await statusOf(first), await statusOf(second)]).toEqual(['SUCCESS', 'SUCCESS']);
    expect(installed()).toEqual(['web web-4', 'web web-5']);
  }, 60_000);
});

describe('a guard', () => {
  const guards = async () => {
    const all = await world.demand(z.object({ guards: z.array(guardView) }), 'GET', '/guards');
    return Object.fromEntries(all.guards.map((guard) => [guard.name, guard]));
  };
  /** Who holds permits and who waits for them, of its one unit. */
  const usage = async (name: string) => {
    const unit = (await guards())[name]?.units[0];
    return [unit?.active.map((each) => each.executionId) ?? [], unit?.blocked.map((each) => each.executionId) ?? []];
  };
  const GUARDS = { fifo: 2, asap: { capacity: 2, strategy: 'asap' } };
  const asks = (constraint: string, last: object = WORK) => ({
    ...basic,
    inputs: { end: { default: '' }, permits: { default: '1' } },
    concurrency: 'none',
    verify: [{ guard: { constraint, permits: '${workflow.variables.permits}' } }, last],
  });
  const fails = { script: { script: 'exit 7', on: 'hosts', shell: 'sh' }, name: 'Fail' };
  const use = (name: string, file: string, permits = 1) =>
    start(name, { artifacts: { web: '9' }, variables: { end: file, permits: String(permits) } });

  beforeAll(async () => {
    const workflows = { fifo: asks('fifo'), asap: asks('asap'), fails: asks('fifo', fails) };
    await world.apply(world.definition({ guards: GUARDS, workflows }));
  });

  it('of two lets two of three work, and the third when one of them is aborted', async () => {
    const first = await use('fifo', 'a-1');
    await works(first);
    const second = await use('fifo', 'a-2');
    await works(second);
    const third = await use('fifo', 'a-3');
    const { header } = await waits(third, 'WAITING');
    expect(header.waiting).toContain("waiting for 1 of 2 permits of 'fifo', 0 before it in the queue");
    expect((await guards())['fifo']).toMatchObject({ capacity: 2, strategy: 'FIFO', units: [{ unit: '', used: 2 }] });
    expect(await usage('fifo')).toEqual([[first, second], [third]]);
    const { code, text } = await world.type('guards');
    expect([code, text]).toEqual([
      0,
      expect.stringMatching(new RegExp(`fifo +2/2 +fifo +${first}, ${second} +${third}`)),
    ]);

    await abort(first);
    expect(await statusOf(first)).toBe('ABORTED');
    await works(third);
    expect(await usage('fifo')).toEqual([[second, third], []]);
    end('a-2');
    end('a-3');
    expect([await statusOf(second), await statusOf(third)]).toEqual(['SUCCESS', 'SUCCESS']);
    expect(await usage('fifo')).toEqual([[], []]);
  }, 60_000);

  it('is given back by whoever fails, when there is nothing more to take back', async () => {
    const view = await world.settled(await use('fails', '', 2));
    expect(view.header).toMatchObject({ status: 'FAILED', rollback: 'NOTHING' });
    expect(await usage('fifo')).toEqual([[], []]);
    end('b-1');
    expect(await statusOf(await use('fifo', 'b-1', 2))).toBe('SUCCESS');
  }, 60_000);

  it('in the order of asking lets nobody by; as soon as possible lets by who fits', async () => {
    for (const [name, passes] of [
      ['fifo', false],
      ['asap', true],
    ] as const) {
      const small = await use(name, `${name}-1`);
      await works(small);
      const big = await use(name, `${name}-2`, 2);
      await waits(big, 'WAITING');
      const last = await use(name, `${name}-3`);
      await (passes ? works(last) : waits(last, 'WAITING'));
      expect(await usage(name)).toEqual(passes ? [[small, last], [big]] : [[small], [big, last]]);
      for (const file of [1, 2, 3]) end(`${name}-${file}`);
      for (const id of [small, big, last]) expect(await statusOf(id)).toBe('SUCCESS');
    }
  }, 60_000);

  it('refuses at once what it never has', async () => {
    const { header } = await world.settled(await use('fifo', '', 3));
    expect(header).toMatchObject({ status: 'FAILED', failure: { code: 'PERMITS_EXCEEDED' } });
  }, 60_000);
});
