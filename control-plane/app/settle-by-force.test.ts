import { expect, it } from 'vitest';
import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import { createMemoryStore } from '../../test/support/memory-store/index.ts';
import { oneStep, onePhase, sectionPlan, stepPlan } from '../../test/support/plans.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import { LocalBus } from '../adapters/local/bus.ts';
import type { Plan } from '../engine/plan.ts';
import type { Actor } from './authorize.ts';
import { controlPlane } from './control-plane.ts';
import { ENGINE, type Engine } from './engine.ts';
import { Replica } from './replica.ts';

const me: Actor = { id: 'me', name: 'me', kind: 'USER', rights: ['*'] };
const digest = { sha256: (text: string) => text };
const lock = { keys: ['prod/dc1'], queueLimit: 5, timeoutMs: 600_000 };
const locked = (executionId: string): Plan => ({
  ...onePhase([sectionPlan('deploy', [stepPlan('install')])], { run: { lock } }),
  executionId,
});

/** A control plane whose engine throws on everything about x1, once it is told to. */
async function start() {
  const system = new VirtualSystem(3);
  const store = createMemoryStore();
  const process = system.spawn('p');
  const bus = new LocalBus(process.scheduler);
  const broken = { now: false };
  const engine: Engine = {
    ...ENGINE,
    decide(execution, input, now) {
      if (broken.now && execution?.id === 'x1') throw new Error('it cannot be interpreted');
      return ENGINE.decide(execution, input, now);
    },
  };
  const replica = new Replica({
    store,
    bus,
    system: process,
    digest,
    engine,
    crash: NO_CRASH,
    alone: true,
    gateway: { leaseMs: 10_000, heartbeatMs: 3_000, bus: { kind: 'STREAM' } },
    agentLostMs: 20_000,
    onError: (error) => {
      throw error;
    },
    onBroken: () => undefined,
  });
  await replica.start();
  const useCases = controlPlane({ replica, store, bus, system: process, digest, engine });
  const header = async (id: string) => (await useCases.getExecution(me, id)).header;
  return { system, store, replica, useCases, broken, header };
}

it('settles what was aborted and can never be decided on again, and its lock becomes free', async () => {
  const { system, store, replica, useCases, broken, header } = await start();
  await replica.drivers.start(locked('x1'));
  await system.advance(100);
  expect((await replica.locks.look('prod/dc1')).holders).toMatchObject([{ executionId: 'x1' }]);
  broken.now = true;
  await replica.drivers.start(locked('x2'));
  await useCases.abort(me, 'x1', 'enough').catch(() => undefined);
  await system.advance(60_000);
  expect([(await header('x1')).status, (await header('x1')).settled]).toEqual(['ABORTED', false]);
  expect((await header('x2')).status).toBe('QUEUED');

  expect(await useCases.getForcedSettlement(me, 'x1')).toEqual({
    executionId: 'x1',
    unconfirmed: [],
    locks: ['prod/dc1'],
  });
  await expect(useCases.settleByForce(me, 'x1', { reason: 'looked', unconfirmed: ['x1/other#1'] })).rejects.toThrow(
    'what stays unconfirmed is not what was agreed to; it is nothing',
  );
  await useCases.settleByForce(me, 'x1', { reason: 'looked', unconfirmed: [] });
  await system.advance(10_000);
  expect([(await header('x1')).settled, (await store.heads.get('x1'))?.settled]).toEqual([true, true]);
  expect((await header('x2')).status).toBe('RUNNING');
  const { records } = await useCases.getJournal(me, 'x1', { after: 0, limit: 100 });
  expect(JSON.stringify(records.at(-1))).toContain('SettledByForce');
  await expect(useCases.settleByForce(me, 'x1', { reason: 'looked', unconfirmed: [] })).rejects.toThrow(
    'settled already',
  );
});

it('is refused for what runs, and for what settles by itself', async () => {
  const { system, replica, useCases } = await start();
  await replica.drivers.start({ ...oneStep(), executionId: 'x3' });
  const force = () => useCases.settleByForce(me, 'x3', { reason: 'why not', unconfirmed: [] });
  await expect(force()).rejects.toThrow('it has not ended: abort it first');
  await replica.router.submit('x3', { input: 'abort', actor: 'me', reason: 'enough' });
  await expect(force()).rejects.toThrow(/nothing is wrong with it|settled already/);
  await system.advance(5_000);
  await expect(force()).rejects.toThrow('it is settled already');
});

it('is for administrators', async () => {
  const { replica, useCases } = await start();
  await replica.drivers.start({ ...oneStep(), executionId: 'x4' });
  const reader: Actor = { ...me, rights: ['read', 'execute', 'abort', 'rollback'] };
  await expect(useCases.settleByForce(reader, 'x4', { reason: 'r', unconfirmed: [] })).rejects.toThrow('administer');
  await expect(useCases.getForcedSettlement(reader, 'x4')).rejects.toThrow('administer');
});
