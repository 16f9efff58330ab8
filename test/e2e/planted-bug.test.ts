/** A bug in the engine, planted: the execution it happens to is broken, for all to see, and hurts no other. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LocalBus } from '@fairlead/control-plane/adapters/local/bus.ts';
import { openSqliteStore } from '@fairlead/control-plane/adapters/sqlite/store.ts';
import { systemDigest } from '@fairlead/control-plane/adapters/system/digest.ts';
import { realSystem } from '@fairlead/control-plane/adapters/system/index.ts';
import { startAgentServer } from '@fairlead/control-plane/api/grpc/server.ts';
import { controlPlane } from '@fairlead/control-plane/app/control-plane.ts';
import { ENGINE, type Engine } from '@fairlead/control-plane/app/engine.ts';
import { Replica } from '@fairlead/control-plane/app/replica.ts';
import type { UseCases } from '@fairlead/control-plane/app/use-cases.ts';
import { readConfig } from '@fairlead/control-plane/config.ts';
import { startEmbeddedAgent } from '@fairlead/control-plane/embedded-agent.ts';
import { SYSTEM } from '@fairlead/control-plane/main.ts';
import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import { PASSWORD } from '../support/ssh-host/index.ts';
import { until } from './fairlead-process.ts';
import { makeUnitsWorld, type UnitsWorld } from './units-world.ts';

/** Executions of this mark meet the bug. */
const UNLUCKY = 'unlucky';

interface World {
  readonly useCases: UseCases;
  readonly alarms: { readonly executionId: string; readonly reason: string }[];
  /** Safe to call twice. */
  stop(): Promise<void>;
}

let directory: string;
let units: UnitsWorld;
const closing: (() => unknown)[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'fairlead-planted-'));
  closing.push(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  units = await makeUnitsWorld(directory, 50);
  closing.push(() => units.remove());
  process.env['PASSWORD'] = PASSWORD;
  closing.push(() => delete process.env['PASSWORD']);
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** As `main.ts` does it, but for the engine. */
async function start(engine: Engine): Promise<World> {
  const logger = pino({ level: 'silent' });
  const alarms: { readonly executionId: string; readonly reason: string }[] = [];
  const ends: (() => unknown)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).toReversed()) await end();
  };
  closing.push(stop);
  const store = await openSqliteStore({ directory: join(directory, 'store') });
  ends.push(() => store.close());
  const bus = new LocalBus(realSystem.scheduler);
  const replica = new Replica({
    store,
    bus,
    engine,
    crash: NO_CRASH,
    system: realSystem,
    digest: systemDigest,
    alone: true,
    agentLostMs: 60_000,
    gateway: { leaseMs: 30_000, heartbeatMs: 5_000, bus: { kind: 'STREAM' } },
    onError: () => {},
    onBroken: (executionId, reason) => alarms.push({ executionId, reason }),
  });
  const parts = { gateway: replica.gateway, bus, system: realSystem, crash: NO_CRASH, logger };
  const agents = await startAgentServer({ host: '127.0.0.1', port: 0 }, parts);
  ends.push(() => agents.close());
  await replica.start();
  ends.push(() => replica.stop());
  const config = readConfig({ FAIRLEAD_DATA: directory });
  const address = `${agents.host}:${agents.port}`;
  const agent = await startEmbeddedAgent(config, address, replica.registry, NO_CRASH, logger);
  ends.push(() => agent.stop());
  const useCases = controlPlane({ replica, store, bus, system: realSystem, digest: systemDigest, engine });
  const file = { name: 'units.json', text: withSpare(units.definition) };
  expect(await useCases.apply(SYSTEM, { files: [file], dryRun: false })).toMatchObject({ revision: 1 });
  return { useCases, alarms, stop };
}

/** The same hosts once more, under another name and another lock, and a workflow for them. */
function withSpare(text: string): string {
  const file = z.looseObject({ environments: entries, workflows: entries }).parse(JSON.parse(text));
  const { prod } = file.environments;
  const { roll } = file.workflows;
  const environments = { prod, spare: prod };
  return JSON.stringify({ ...file, environments, workflows: { roll, beside: { ...roll, environment: 'spare' } } });
}
const entries = z.record(z.string(), z.looseObject({}));

const isUnlucky = (text: unknown): boolean => JSON.stringify(text).includes(UNLUCKY);

/** Each throws in the midst of an unlucky execution: in a decision, in bookkeeping, in what follows from a state. */
const BUGS: Readonly<Record<string, Engine>> = {
  decide: {
    ...ENGINE,
    decide: (execution, input, now) => {
      if (input.input === 'finished' && isUnlucky(execution?.plan)) throw new TypeError('planted in decide');
      return ENGINE.decide(execution, input, now);
    },
  },
  evolve: {
    ...ENGINE,
    evolve: (execution, event) => {
      if (event.event === 'AttemptEnded' && isUnlucky(execution?.plan)) throw new TypeError('planted in evolve');
      return ENGINE.evolve(execution, event);
    },
  },
  wanted: {
    ...ENGINE,
    wanted: (execution) => {
      const some = JSON.stringify(execution.runs).includes('"SUCCESS"');
      if (some && execution.parked === null && isUnlucky(execution.plan)) throw new TypeError('planted in wanted');
      return ENGINE.wanted(execution);
    },
  },
};

describe.each(Object.entries(BUGS))('a bug in %s', (name, engine) => {
  it('breaks the one execution it happens to, alarms, and lets it be aborted; the others finish', async () => {
    const { useCases, alarms } = await start(engine);
    const deploy = (name: string, mark: string) =>
      useCases.deploy(SYSTEM, { name, variables: { mark }, artifacts: {} });
    const header = async (id: string) => (await useCases.getExecution(SYSTEM, id)).header;
    const explain = async (id: string): Promise<string> => JSON.stringify(await header(id), null, 1);
    const finishes = async (id: string, mark: string): Promise<void> => {
      await until(
        `${mark} is settled`,
        async () => (await header(id)).settled,
        30_000,
        () => explain(id),
      );
      expect(await header(id)).toMatchObject({ status: 'SUCCESS', parked: null });
      expect(units.ran(mark)).toEqual(units.expected);
    };

    const { executionId: beside } = await deploy('beside', 'beside');
    const { executionId: broken } = await deploy('roll', UNLUCKY);
    await until(
      'it is broken',
      async () => (await header(broken)).status === 'BROKEN',
      30_000,
      () => explain(broken),
    );
    expect(new Set(alarms.map((alarm) => alarm.executionId))).toEqual(new Set([broken]));
    expect(alarms[0]?.reason).toContain(`planted in ${name}`);
    expect((await header(broken)).parked).toContain(`planted in ${name}`);
    const listed = async (): Promise<readonly string[]> => {
      const { rows } = await useCases.listExecutions(SYSTEM, { filter: { statuses: ['BROKEN'] }, limit: 10 });
      return rows.map((row) => row.executionId);
    };
    await until('the list shows it', async () => (await listed()).includes(broken), 5_000);
    expect(await listed()).toEqual([broken]);

    await finishes(beside, 'beside');
    // Begun when one was broken already, at the same agent and hosts.
    const { executionId: after } = await deploy('beside', 'after');
    await finishes(after, 'after');
    expect((await header(broken)).status).toBe('BROKEN');

    const abortedAt = performance.now();
    await useCases.abort(SYSTEM, broken, 'it is broken');
    await until(
      'it is aborted',
      async () => (await header(broken)).status === 'ABORTED',
      10_000,
      () => explain(broken),
    );
    expect(performance.now() - abortedAt).toBeLessThan(2_000);
    const agents = await useCases.listAgents(SYSTEM);
    expect(agents.map((agent) => agent.status)).toEqual(['CONNECTED']);
  }, 90_000);
});

it('is mended by the next release: what the agent could not get rid of is taken then', async () => {
  const { decide } = BUGS;
  if (decide === undefined) throw new Error('there is such a bug');
  const before = await start(decide);
  const { executionId } = await before.useCases.deploy(SYSTEM, {
    name: 'roll',
    variables: { mark: UNLUCKY },
    artifacts: {},
  });
  const headerAt = async (world: World) => (await world.useCases.getExecution(SYSTEM, executionId)).header;
  await until('it is broken', async () => (await headerAt(before)).status === 'BROKEN', 30_000);
  await until(
    'both hosts have run it',
    () => units.ran(UNLUCKY)['one']?.length === 4 && units.ran(UNLUCKY)['two']?.length === 4,
    10_000,
  );
  await before.useCases.abort(SYSTEM, executionId, 'it is broken');
  expect((await headerAt(before)).status).toBe('ABORTED');
  await before.stop();
  const mended = await start(ENGINE);
  await until(
    'it is settled',
    async () => (await headerAt(mended)).settled,
    30_000,
    async () => JSON.stringify(await headerAt(mended), null, 1),
  );
  // Its hosts are free again, and nothing ran twice.
  expect((await headerAt(mended)).unconfirmed).toEqual([]);
  expect(units.ran(UNLUCKY)['one']).toEqual(['alpha+', 'alpha-', 'beta+', 'beta-']);
  const { executionId: next } = await mended.useCases.deploy(SYSTEM, {
    name: 'roll',
    variables: { mark: 'next' },
    artifacts: {},
  });
  await until(
    'the next is settled',
    async () => (await mended.useCases.getExecution(SYSTEM, next)).header.settled,
    30_000,
  );
  expect(units.ran('next')).toEqual(units.expected);
}, 90_000);
