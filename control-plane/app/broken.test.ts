import { expect, it } from 'vitest';
import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import { failure } from '@fairlead/proto/model/failure.ts';
import { createMemoryData, createMemoryStore } from '../../test/support/memory-store/index.ts';
import { simplePlan } from '../../test/support/plans.ts';
import { VirtualSystem, type VirtualProcess } from '../../test/support/virtual-system.ts';
import { LocalBus } from '../adapters/local/bus.ts';
import type { Input } from '../engine/inputs.ts';
import type { Store } from '../ports/store.ts';
import type { Actor } from './authorize.ts';
import { controlPlane } from './control-plane.ts';
import { ENGINE, type Engine } from './engine.ts';
import { Replica } from './replica.ts';

const me: Actor = { id: 'me', name: 'me', kind: 'USER', rights: ['*'] };
const digest = { sha256: (text: string) => text };

function open(system: VirtualProcess, store: Store, engine: Engine = ENGINE) {
  const bus = new LocalBus(system.scheduler);
  const alarms: string[] = [];
  const replica = new Replica({
    store,
    bus,
    system,
    digest,
    engine,
    crash: NO_CRASH,
    alone: engine === ENGINE,
    gateway: { leaseMs: 10_000, heartbeatMs: 3_000, bus: { kind: 'STREAM' } },
    agentLostMs: 20_000,
    onError: (error) => {
      throw error;
    },
    onBroken: (id, reason) => void alarms.push(`${id}: ${reason}`),
  });
  return { replica, alarms, useCases: controlPlane({ replica, store, bus, system, digest, engine }) };
}

/** The engine, but for inputs that it cannot decide on. */
const withBugOn = (...inputs: readonly Input['input'][]): Engine => ({
  ...ENGINE,
  decide(execution, input, now) {
    if (inputs.includes(input.input)) throw new Error('a bug');
    return ENGINE.decide(execution, input, now);
  },
});

it('is parked after taking two drivers down, shown as broken, and an abort ends and settles it', async () => {
  const system = new VirtualSystem(3);
  const store = createMemoryStore({ data: createMemoryData() });
  const process = system.spawn('first');
  const first = open(process, store);
  await first.replica.start();
  await first.replica.drivers.start(simplePlan());
  process.kill();
  await store.heads.patch('x1', { strikes: 2 });

  const second = open(system.spawn('second'), store);
  await second.replica.start();
  await system.advance(3_000);
  expect(second.alarms).toHaveLength(1);
  expect(second.replica.drivers.loop('x1')).toBeUndefined();
  const { header } = await second.useCases.getExecution(me, 'x1');
  expect([header.status, header.parked]).toEqual(['BROKEN', '2 control planes went down while they took it over']);

  await second.useCases.abort(me, 'x1', 'enough');
  await system.advance(10_000);
  const after = await second.useCases.getExecution(me, 'x1');
  expect([after.header.status, after.header.settled]).toEqual(['ABORTED', true]);
  expect((await store.heads.get('x1'))?.settled).toBe(true);
});

it('is settled by the next driver when another replica aborted it and its own has not heard of that', async () => {
  const system = new VirtualSystem(4);
  const store = createMemoryStore({ data: createMemoryData() });
  // A bus each: no doorbell is ever heard by the other.
  const process = system.spawn('first');
  const first = open(process, store, withBugOn('pause'));
  const second = open(system.spawn('second'), store, { ...ENGINE });
  await first.replica.start();
  await second.replica.start();
  await first.replica.drivers.start(simplePlan());
  await first.replica.drivers.give('x1', { input: 'pause', actor: 'me', reason: '' });
  await second.useCases.abort(me, 'x1', 'enough');
  // It still takes it for one that only an abort can end.
  await first.replica.drivers.give('x1', { input: 'pause', actor: 'me', reason: '' });
  expect((await store.heads.get('x1'))?.parked).toBeNull();

  process.kill();
  await system.advance(60_000);
  expect((await store.heads.get('x1'))?.settled).toBe(true);
});

it('is settled by the next driver when its own dies between its end and taking the mark away', async () => {
  const system = new VirtualSystem(5);
  const store = createMemoryStore({ data: createMemoryData() });
  const process = system.spawn('first');
  let dead = false;
  /** Nothing reaches the store from the moment on in which a mark is taken away after the end. */
  const dying: Store = {
    ...store,
    heads: {
      ...store.heads,
      async patch(id, fields) {
        if (fields.parked === null && fields.strikes === 0) {
          dead = true;
          process.kill();
        }
        if (dead) await new Promise(() => {});
        await store.heads.patch(id, fields);
      },
    },
  };
  const first = open(process, dying, withBugOn('pause'));
  await first.replica.start();
  await first.replica.drivers.start(simplePlan());
  await first.replica.drivers.give('x1', { input: 'pause', actor: 'me', reason: '' });
  expect((await store.heads.get('x1'))?.parked).toContain('a bug');
  void first.useCases.abort(me, 'x1', 'enough').catch(() => {});
  await system.settle();

  const second = open(system.spawn('second'), store);
  await second.replica.start();
  await system.advance(60_000);
  expect((await store.heads.get('x1'))?.settled).toBe(true);
  expect((await second.useCases.getExecution(me, 'x1')).header.status).toBe('ABORTED');
});

it('is settled when whoever aborted it dies before taking the mark away, although it took two drivers down', async () => {
  const system = new VirtualSystem(8);
  const store = createMemoryStore({ data: createMemoryData() });
  const first = system.spawn('first');
  const driver = open(first, store);
  await driver.replica.start();
  await driver.replica.drivers.start(simplePlan());
  first.kill();
  await store.heads.patch('x1', { strikes: 2 });

  const second = system.spawn('second');
  let dead = false;
  /** Nothing reaches the store from the moment on in which the mark is taken away. */
  const dying: Store = {
    ...store,
    heads: {
      ...store.heads,
      async patch(id, fields) {
        if (fields.parked === null) {
          dead = true;
          second.kill();
        }
        if (dead) await new Promise(() => {});
        await store.heads.patch(id, fields);
      },
    },
  };
  const aborting = open(second, dying);
  await aborting.replica.start();
  await system.advance(3_000);
  expect((await store.heads.get('x1'))?.parked).toContain('went down');
  void aborting.useCases.abort(me, 'x1', 'enough').catch(() => {});
  await system.settle();
  expect(dead).toBe(true);

  const third = open(system.spawn('third'), store);
  await third.replica.start();
  await system.advance(60_000);
  expect((await third.useCases.getExecution(me, 'x1')).header.status).toBe('ABORTED');
  expect((await store.heads.get('x1'))?.settled).toBe(true);
});

it('is parked in the epoch that is written down by a driver that could not say that it took over', async () => {
  const system = new VirtualSystem(6);
  const store = createMemoryStore({ data: createMemoryData() });
  const process = system.spawn('first');
  const first = open(process, store);
  await first.replica.start();
  await first.replica.drivers.start(simplePlan());
  process.kill();

  const second = open(system.spawn('second'), store, withBugOn('driverChanged'));
  await second.replica.start();
  await system.advance(60_000);
  const last = (await store.journal.read('x1', 0)).at(-1);
  expect(last?.body).toContain('Parked');
  expect([last?.epoch, (await store.heads.get('x1'))?.epoch]).toEqual([1, 2]);
});

it('is aborted although somebody else appended to it meanwhile', async () => {
  const system = new VirtualSystem(7);
  const store = createMemoryStore({ data: createMemoryData() });
  // A bus each: no doorbell is ever heard by the other.
  const first = open(system.spawn('first'), store, withBugOn('pause', 'abort'));
  const second = open(system.spawn('second'), store, { ...ENGINE });
  await first.replica.start();
  await second.replica.start();
  await first.replica.drivers.start(simplePlan());
  await first.replica.drivers.give('x1', { input: 'pause', actor: 'me', reason: '' });
  const why = failure('ILLEGAL_STATE', 'it is broken');
  await second.replica.drivers.broken.appendByForce('x1', (_execution, _engine, at) => [
    { event: 'InputRejected', input: 'resume', failure: why, at },
  ]);
  await first.replica.drivers.give('x1', { input: 'abort', actor: 'me', reason: '' });
  expect((await second.useCases.getExecution(me, 'x1')).header.status).toBe('ABORTED');
});

it('is not said to have been started where the engine fails on its very first decision', async () => {
  const system = new VirtualSystem(9);
  const store = createMemoryStore({ data: createMemoryData() });
  const { replica, alarms } = open(system.spawn('first'), store, withBugOn('start'));
  await replica.start();
  const start = () => replica.drivers.start(simplePlan());
  for (let again = 0; again < 2; again += 1) {
    await expect(start()).rejects.toMatchObject({
      failures: [{ code: 'INTERNAL', message: expect.stringContaining('x1 was not started') as string }],
    });
  }
  expect(await replica.drivers.exists('x1')).toBe(false);
  expect(replica.drivers.loop('x1')).toBeUndefined();
  expect(alarms[0]).toContain('a bug');
});

it('is told to whoever asked for what the engine threw on, and neither to who aborts nor to an agent', async () => {
  const system = new VirtualSystem(9);
  const store = createMemoryStore({ data: createMemoryData() });
  const { replica, useCases } = open(system.spawn('first'), store, withBugOn('pause', 'abort', 'starting'));
  await replica.drivers.start(simplePlan());
  for (const executionId of ['x2', 'x3']) await replica.drivers.start({ ...simplePlan(), executionId });
  await expect(useCases.pause(me, 'x1', '')).rejects.toMatchObject({
    failures: [
      { code: 'ILLEGAL_STATE', message: expect.stringMatching(/^it is broken: it can only be aborted \(.*a bug/) },
    ],
  });
  expect((await useCases.getExecution(me, 'x1')).header.status).toBe('BROKEN');
  await useCases.abort(me, 'x1', 'enough');
  await useCases.abort(me, 'x2', 'enough');
  for (const id of ['x1', 'x2']) expect((await useCases.getExecution(me, id)).header.status).toBe('ABORTED');
  await replica.router.report('a1', { report: 'starting', attemptId: 'x3/r1/p1.0/s1/t1@h1#1', assignment: 1 });
  expect((await useCases.getExecution(me, 'x3')).header.status).toBe('BROKEN');
});
