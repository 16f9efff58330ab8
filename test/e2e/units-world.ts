/**
 * Four hosts whose command units write down, in a file of the host's own, that they began and that they ended: what was
 * run, and how often, is read from there and from nowhere else.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { z } from 'zod';
import { executionView, replaySchema } from '@fairlead/control-plane/api/http/schemas.ts';
import { PASSWORD, startTestHost, type TestHost } from '../support/ssh-host/index.ts';
import { ask, demand, until } from './fairlead-process.ts';
import { journalPage, wholeJournal } from './whole-journal.ts';

type Door = { readonly url: string; readonly key: string };

/** In the environment of whoever runs the agent. */
export const AGENT_ENVIRONMENT = { PASSWORD };
const HOSTS = ['one', 'two', 'three', 'four'] as const;
const UNITS = ['alpha', 'beta'] as const;

export interface UnitsWorld {
  readonly directory: string;
  readonly hosts: readonly TestHost[];
  readonly definition: string;
  /** Names of what ran for this mark, in order, by host; `agent` is the file of the steps on the agent. */
  ran(mark: string): Readonly<Record<string, readonly string[]>>;
  /** What must have run for every mark. */
  readonly expected: Readonly<Record<string, readonly string[]>>;
  remove(): Promise<void>;
}

/** `workMs`: how long each unit takes. */
export async function makeUnitsWorld(directory: string, workMs: number): Promise<UnitsWorld> {
  mkdirSync(directory, { recursive: true });
  const hosts: TestHost[] = [];
  for (const name of HOSTS) hosts.push(await startTestHost(name));
  const agentFile = join(directory, 'agent-units.log');
  const files: Readonly<Record<string, string>> = {
    ...Object.fromEntries(hosts.map((host) => [host.target.name, join(host.directory, 'units.log')])),
    agent: agentFile,
  };
  const once = [...UNITS, 'check'].flatMap((unit) => [`${unit}+`, `${unit}-`]);
  return {
    directory,
    hosts,
    definition: definitionFor(hosts, agentFile, workMs),
    ran: (mark) =>
      Object.fromEntries(Object.entries(files).map(([name, file]) => [name, linesOf(file, mark)] as const)),
    expected: {
      ...Object.fromEntries(HOSTS.map((name) => [name, once] as const)),
      // A rolling workflow of half the hosts at a time has two rounds.
      agent: ['report+', 'report-', 'report+', 'report-'],
    },
    remove: async () => {
      for (const host of hosts) await host.remove();
    },
  };
}

function linesOf(file: string, mark: string): readonly string[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line.startsWith(`${mark} `)).map((line) => line.slice(mark.length + 1));
}

/** A line of this length is one write, and a file opened for appending takes it whole. */
const unitScript = (unit: string, file: string, workMs: number): string =>
  [
    `printf '%s %s\\n' '\${workflow.variables.mark}' '${unit}+' >>"${file}"`,
    `sleep ${workMs / 1_000}`,
    `printf '%s %s\\n' '\${workflow.variables.mark}' '${unit}-' >>"${file}"`,
  ].join('\n');

function definitionFor(hosts: readonly TestHost[], agentFile: string, workMs: number): string {
  const onHost = (unit: string): string => unitScript(unit, '$HOME/units.log', workMs);
  // JSON is YAML.
  return JSON.stringify(
    {
      fairlead: 'v1',
      application: 'units',
      services: {
        web: {
          type: 'ssh/other',
          commands: {
            Install: UNITS.map((unit) => ({ exec: { script: onHost(unit) }, name: unit })),
          },
        },
      },
      environments: {
        prod: {
          type: 'production',
          infrastructure: {
            local: {
              hosts: hosts.map(({ target }) => ({
                name: target.name,
                address: target.address,
                port: target.port,
                hostKey: target.hostKey,
              })),
              login: { user: 'deploy', password: 'secret:env:PASSWORD' },
            },
          },
        },
      },
      workflows: {
        roll: {
          type: 'rolling',
          service: 'web',
          environment: 'prod',
          batch: '50%',
          inputs: { mark: { required: true } },
          verify: [
            { script: { script: onHost('check'), on: 'hosts', shell: 'sh' }, name: 'check' },
            { script: { script: unitScript('report', agentFile, workMs), on: 'agent', shell: 'sh' }, name: 'report' },
          ],
        },
      },
    },
    null,
    2,
  );
}

export async function applyDefinition(door: Door, text: string): Promise<void> {
  const applied = z.object({ revision: z.int() });
  await demand(applied, ask(door, 'POST', '/definitions/apply', { files: [{ name: 'fairlead.json', text }] }));
}

/** The mark is the request's key as well: asked again, it is the same execution. */
export async function deploy(door: Door, mark: string): Promise<string> {
  const started = z.object({ executionId: z.string() });
  const body = { application: 'units', variables: { mark } };
  const { executionId } = await demand(started, ask(door, 'POST', '/executions', body, { 'idempotency-key': mark }));
  return executionId;
}

export const viewOf = (door: Door, id: string): Promise<z.output<typeof executionView>> =>
  demand(executionView, ask(door, 'GET', `/executions/${id}`));

export async function untilSettled(door: Door, id: string, withinMs: number, explain = ''): Promise<void> {
  const look = async (): Promise<string> => `${JSON.stringify((await viewOf(door, id)).header, null, 1)}\n${explain}`;
  await until(`execution ${id} is settled`, async () => (await viewOf(door, id)).header.settled, withinMs, look);
}

/** Succeeded, settled, every unit once on every host, nothing unknown on the way, and the journal replays. */
export async function expectExactlyOnce(door: Door, world: UnitsWorld, id: string, mark: string): Promise<void> {
  const { header, nodes } = await viewOf(door, id);
  const cause = `${id} (${mark}) ended ${header.status}: ${JSON.stringify(header.failure)}`;
  expect(world.ran(mark), cause).toEqual(world.expected);
  expect(header).toMatchObject({ status: 'SUCCESS', settled: true, parked: null, unconfirmed: [] });
  expect(nodes.filter((node) => node.status === 'UNKNOWN')).toEqual([]);
  const records = await wholeJournal(id, (path) => demand(journalPage, ask(door, 'GET', path)));
  const events = records.flatMap((each) => each.decisions.flatMap((decision) => decision.events));
  const kinds = events.map((event) => z.looseObject({ event: z.string() }).parse(event).event);
  expect(kinds.filter((kind) => kind === 'AttemptLost' || kind === 'InputRejected')).toEqual([]);
  expect(kinds.at(-1)).toBe('Settled');
  const replay = await demand(replaySchema, ask(door, 'GET', `/executions/${id}/replay`));
  expect(replay).toMatchObject({ records: records.length, stateMatches: true, differences: [] });
}
