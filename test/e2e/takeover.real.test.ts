/** Two control planes on one store and one bus: what one drives the other goes on with, and the one that comes back does no harm. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { journalView } from '@fairlead/control-plane/api/http/schemas.ts';
import { requireReal } from '../support/real/index.ts';
import { freePort } from '../support/real/listening.ts';
import { startNats, type NatsServer } from '../support/real/nats.ts';
import { kill } from '../support/real/processes.ts';
import { Balancer } from './balancer.ts';
import {
  ask,
  demand,
  startControlPlane,
  startProgram,
  until,
  type ControlPlane,
  type Program,
} from './fairlead-process.ts';
import { buildProgram } from './program.ts';
import {
  AGENT_ENVIRONMENT,
  applyDefinition,
  deploy,
  expectExactlyOnce,
  makeUnitsWorld,
  untilSettled,
  viewOf,
  type UnitsWorld,
} from './units-world.ts';
import { journalPage, wholeJournal } from './whole-journal.ts';

const TAKEN_WITHIN_MS = 10_000;

let directory: string;
let nats: NatsServer;
let units: UnitsWorld;
let planes: readonly [ControlPlane, ControlPlane];
let balancer: Balancer;
let agent: Program;
let program: string;
let databases = 0;
const closing: (() => unknown)[] = [];

async function startWorld(workMs: number): Promise<void> {
  units = await makeUnitsWorld(directory, workMs);
  closing.push(() => units.remove());
  databases += 1;
  const shared = {
    FAIRLEAD_MONGO_URL: requireReal('mongo-java').url,
    FAIRLEAD_MONGO_DATABASE: `takeover-${process.pid}-${databases}`,
    FAIRLEAD_NATS_URL: nats.url,
    FAIRLEAD_EMBEDDED_AGENT: 'false',
  };
  const start = async (name: string): Promise<{ readonly plane: ControlPlane; readonly agents: string }> => {
    const port = await freePort('127.0.0.1');
    const environment = { ...shared, FAIRLEAD_AGENT_PORT: String(port) };
    const plane = await startControlPlane(program, join(directory, name), environment);
    // SIGKILL ends a process that stands still, too.
    closing.push(() => plane.stop());
    return { plane, agents: `127.0.0.1:${port}` };
  };
  const first = await start('first');
  const second = await start('second');
  planes = [first.plane, second.plane];
  balancer = await Balancer.start(
    [first, second].map(({ plane, agents }) => ({ address: agents, health: `${plane.url}/healthz` })),
  );
  closing.push(() => balancer.stop());
  await applyDefinition(first.plane, units.definition);
  const made = z.object({ token: z.string() });
  const { token } = await demand(made, ask(first.plane, 'POST', '/tokens', { name: 'one' }));
  const place = ['--data', join(directory, 'agent'), '--token', token];
  agent = startProgram(program, ['agent', '--server', balancer.address, '--name', 'one', ...place], AGENT_ENVIRONMENT);
  closing.push(() => agent.stop());
  await until('the agent has a session', () => /the session is open/.test(agent.output()), 20_000, agent.output);
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'fairlead-takeover-'));
  closing.push(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  program = await buildProgram();
  nats = await startNats(requireReal('nats').path);
  closing.push(() => nats.stop());
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const story = (): string =>
  [...planes, agent].map((each) => each.output().split('\n').slice(-20).join('\n')).join('\n----\n');

const linesOf = (mark: string): number => Object.values(units.ran(mark)).flat().length;

async function journalOf(plane: ControlPlane, id: string): Promise<readonly z.output<typeof journalView>[]> {
  return wholeJournal(id, (path) => demand(journalPage, ask(plane, 'GET', path)));
}

const eventsOf = (record: z.output<typeof journalView>): readonly string[] =>
  record.decisions.flatMap(({ events }) =>
    events.map((event) => z.looseObject({ event: z.string() }).parse(event).event),
  );

/** Resolves with the moment, by the journal, at which another driver had the execution. */
async function takenOver(by: ControlPlane, id: string): Promise<number> {
  let at = 0;
  const look = async (): Promise<boolean> => {
    const record = (await journalOf(by, id)).find((each) => eventsOf(each).includes('DriverChanged'));
    at = record?.now ?? 0;
    return record !== undefined;
  };
  await until('the other takes it over', look, 2 * TAKEN_WITHIN_MS, story);
  return at;
}

/** Nothing of an earlier driver stands behind what its successor wrote. */
async function expectEpochsInOrder(plane: ControlPlane, id: string): Promise<void> {
  const epochs = (await journalOf(plane, id)).map((record) => record.epoch);
  expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
  expect(new Set(epochs).size).toBe(2);
}

describe('two control planes', () => {
  it('go on with what the killed one drove, and run nothing twice', async () => {
    await startWorld(400);
    const [first, second] = planes;
    const id = await deploy(first, 'killed');
    await until('the first units ran', () => linesOf('killed') >= 3, 20_000, story);
    const killedAt = Date.now();
    await first.stop();
    expect((await takenOver(second, id)) - killedAt).toBeLessThan(TAKEN_WITHIN_MS);
    await untilSettled(second, id, 60_000, story());
    await expectExactlyOnce(second, units, id, 'killed');
    await expectEpochsInOrder(second, id);
  }, 120_000);

  it('are not disturbed by a driver that stood still for twenty seconds and goes on as if nothing had been', async () => {
    await startWorld(2_500);
    const [first, second] = planes;
    const id = await deploy(first, 'stopped');
    await until('the first units ran', () => linesOf('stopped') >= 3, 20_000, story);
    const stoppedAt = Date.now();
    kill(first.pid, 'SIGSTOP');
    expect((await takenOver(second, id)) - stoppedAt).toBeLessThan(TAKEN_WITHIN_MS);
    await sleep(stoppedAt + 20_000 - Date.now());
    expect((await viewOf(second, id)).header.endedAt, 'it still runs when the first comes back').toBeNull();
    kill(first.pid, 'SIGCONT');
    await untilSettled(second, id, 60_000, story());
    await expectExactlyOnce(second, units, id, 'stopped');
    await expectEpochsInOrder(second, id);
    // The one that came back serves the same, and can drive again.
    expect((await viewOf(first, id)).seq).toBe((await viewOf(second, id)).seq);
    const next = await deploy(first, 'again');
    await untilSettled(first, next, 60_000, story());
    await expectExactlyOnce(first, units, next, 'again');
  }, 180_000);
});
