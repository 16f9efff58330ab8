/** Failure strategies, people who decide, tolerance and pause, through the API, on real hosts (orchestration 6.8, 9). */
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openIntervention } from '@fairlead/control-plane/api/http/routes/steering.ts';
import type { ExecutionView } from '@fairlead/proto/live.ts';
import { InstallsWorld } from './installs-world.ts';

let world: InstallsWorld;
let site: Server;
let url = '';

beforeAll(async () => {
  world = await InstallsWorld.make(['h1', 'h2', 'h3', 'h4', 'h5']);
  site = createServer((_, response) => response.end('ok'));
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  // A server that listens on a port has an address of this kind.
  url = `http://127.0.0.1:${(site.address() as AddressInfo).port}/`;
}, 60_000);
afterAll(async () => {
  site.close();
  await world.remove();
});

const basic = { type: 'basic', service: 'web', environment: 'prod', concurrency: 'none' };
const onHosts = (name: string, script: string) => ({ script: { script, on: 'hosts', shell: 'sh' }, name });
const wrong = (name: string) => ({ http: { url, assert: '${httpResponseCode} == 500' }, name });
const refusal = (body: unknown): string => z.object({ detail: z.string() }).parse(body).detail;
const waits = z.object({ interventions: z.array(openIntervention) });

let build = 0;

/** Defines one workflow, deploys the next build with it, and answers its id. */
async function start(workflow: object): Promise<string> {
  await world.apply(world.definition({ workflows: { ship: { ...basic, ...workflow } } }));
  build += 1;
  world.publish(build);
  return (await world.start(build)).executionId;
}
const run = async (workflow: object): Promise<ExecutionView> => world.settled(await start(workflow));

const undone = ({ nodes }: ExecutionView): boolean => nodes.some((node) => node.kind === 'phase' && node.rollback);
const decide = (id: string, action: string, key?: string) =>
  world.ask('POST', `/executions/${id}/intervene`, { step: 'Try', action, reason: 'me says so' }, key);

describe('the strategy of a section', () => {
  const verify = (...steps: readonly object[]) => ({
    onFailure: [{ on: 'verification', do: 'rollback' }],
    sections: { 'Verify Service': { steps, onFailure: [{ on: 'verification', do: 'ignore', steps: ['V'] }] } },
  });

  it('beats that of the workflow, for the steps that it names', async () => {
    expect((await run(verify(wrong('V')))).header).toMatchObject({ status: 'SUCCESS', rollback: null });
    const other = await run(verify(wrong('V'), wrong('X')));
    expect(other.header).toMatchObject({ status: 'FAILED', failure: { code: 'ASSERTION_FAILED' } });
    expect(undone(other)).toBe(true);
    expect(other.nodes.find((node) => node.name === 'V')?.note).toBe('failed, ignored');
  }, 60_000);
});

describe('of several strategies the first that fits', () => {
  const onFailure = [
    { on: ['verification', 'authentication'], do: 'abort' },
    { on: ['verification', 'connectivity'], do: 'ignore' },
  ];

  it('aborts on a verification, and runs no rollback', async () => {
    const view = await run({ onFailure, verify: [wrong('V')] });
    expect([view.header.status, undone(view)]).toEqual(['ABORTED', false]);
  }, 60_000);

  it('lets it go on without a connection', async () => {
    const [host] = world.hosts;
    if (host === undefined) throw new Error('no host');
    host.faults.closesEarly = 1_000;
    host.cut();
    const view = await run({ onFailure });
    host.faults.closesEarly = 0;
    expect(view.header.status).toBe('SUCCESS');
    expect(view.nodes.some((node) => node.kind === 'task' && node.status === 'FAILED')).toBe(true);
  }, 60_000);
});

describe('a retry', () => {
  /** Succeeds at the attempt of that number, at each host. */
  const passesAt = (number: number) => ({
    hosts: ['h1'],
    sections: {
      'Verify Service': {
        steps: [
          onHosts(
            'Try',
            `echo tried; n=$(cat "$HOME/tries" 2>/dev/null); n=$((n + 1)); echo $n >"$HOME/tries"; [ $n -ge ${number} ]`,
          ),
        ],
        onFailure: [{ retry: 2, every: ['100ms', '300ms'] }],
      },
    },
  });
  const attemptsOf = ({ nodes }: ExecutionView) =>
    nodes.filter((node) => node.kind === 'attempt' && node.id.includes('/s5/'));
  const forget = () => writeFileSync(join(world.hosts[0]?.directory ?? '', 'tries'), '0\n');

  it('that helps is followed by no rollback; each attempt keeps its log', async () => {
    forget();
    const view = await run(passesAt(2));
    expect([view.header.status, undone(view)]).toEqual(['SUCCESS', false]);
    const attempts = attemptsOf(view);
    expect(attempts.map((each) => [each.name, each.status])).toEqual([
      ['attempt 1', 'FAILED'],
      ['attempt 2', 'SUCCESS'],
    ]);
    for (const each of attempts) await world.logged(each.attemptId ?? '', 'tried');
  }, 60_000);

  it('that is used up after three attempts is followed by the rollback', async () => {
    forget();
    const view = await run(passesAt(9));
    const [first, second, third] = attemptsOf(view);
    expect([view.header.status, undone(view), attemptsOf(view).length]).toEqual(['FAILED', true, 3]);
    expect((second?.startedAt ?? 0) - (first?.endedAt ?? 0)).toBeGreaterThanOrEqual(100);
    expect((third?.startedAt ?? 0) - (second?.endedAt ?? 0)).toBeGreaterThanOrEqual(300);
  }, 60_000);
});

describe('a failure that a person decides on', () => {
  const asking = (manual: object) => ({
    hosts: ['h1'],
    sections: {
      'Verify Service': {
        steps: [onHosts('Try', '[ -e "$HOME/good" ]')],
        onFailure: [{ do: 'manual', ...manual }],
      },
    },
  });
  const waiting = (id: string) => world.until(id, 'waits', ({ header }) => header.status === 'WAITING');

  it('is rolled back when nobody answers in time, and a late answer is refused', async () => {
    const id = await start(asking({ timeout: '1s', then: 'rollback' }));
    const view = await world.settled(id);
    expect([view.header.status, undone(view)]).toEqual(['FAILED', true]);
    expect(view.nodes.find((node) => node.name === 'Try')?.note).toBe('ROLLBACK_WORKFLOW (nobody answered in time)');
    const { interventions } = await world.demand(waits, 'GET', `/executions/${id}/interventions`);
    expect(interventions).toEqual([]);
    const late = await decide(id, 'IGNORE');
    expect([late.status, refusal(late.body)]).toEqual([409, expect.stringContaining('no step of it waits')]);
  }, 60_000);

  it('waits two weeks where nothing is said, is retried by one and passed over by another', async () => {
    const id = await start(asking({}));
    await waiting(id);
    const { interventions } = await world.demand(waits, 'GET', `/executions/${id}/interventions`);
    expect(interventions).toMatchObject([{ name: 'Try', afterTimeout: 'END_EXECUTION' }]);
    const [open] = interventions;
    expect((open?.until ?? 0) - (open?.since ?? 0)).toBe(14 * 24 * 3_600_000);
    // Who may execute may abort; what rolls back takes the right to do that.
    const made = z.object({ key: z.string() });
    const body = { name: 'executor', rights: ['read', 'execute'] };
    const { key } = await world.demand(made, 'POST', '/keys', body);
    for (const action of ['ROLLBACK_WORKFLOW', 'END_EXECUTION']) {
      const { status, body: said } = await decide(id, action, key);
      expect([status, refusal(said)]).toEqual([403, expect.stringContaining('may not rollback')]);
    }
    expect((await decide(id, 'RETRY', key)).status).toBe(202);
    await world.until(id, 'has tried again', ({ nodes }) => nodes.some((node) => node.name === 'attempt 2'));
    const again = await waiting(id);
    expect(again.nodes.find((node) => node.name === 'attempt 2')?.note).toContain('asked for by executor');
    expect((await decide(id, 'MARK_SUCCESS')).status).toBe(202);
    const view = await world.settled(id);
    expect([view.header.status, undone(view)]).toEqual(['SUCCESS', false]);
    expect(view.nodes.find((node) => node.name === 'Try')?.note).toContain('me says so');
  }, 60_000);
});

describe('a tolerance', () => {
  const deploying = {
    sections: {
      'Deploy Service': { onFailure: [{ on: 'connectivity', do: 'rollback', tolerate: '20%' }] },
      'Verify Service': [onHosts('Look', 'true')],
    },
  };
  const without = async (count: number, work: () => Promise<void>): Promise<void> => {
    const gone = world.hosts.slice(0, count);
    for (const host of gone) {
      host.faults.closesEarly = 1_000;
      host.cut();
    }
    await work();
    for (const host of gone) host.faults.closesEarly = 0;
  };

  it('lets four of five hosts go on when one is not reached', async () => {
    await without(1, async () => {
      const view = await run(deploying);
      expect(view.header.status).toBe('SUCCESS');
      expect(view.nodes.find((node) => node.kind === 'phase')?.note).toBe('without h1');
      const looked = view.nodes.filter((node) => node.kind === 'task' && node.id.includes('/s5/'));
      expect(looked.map((node) => node.target)).toEqual(['h2', 'h3', 'h4', 'h5']);
      const rows = z.object({ instances: z.array(z.object({ host: z.string(), build: z.string() })) });
      const { instances } = await world.demand(rows, 'GET', '/instances');
      expect(
        instances
          .filter((each) => each.build === String(build))
          .map((each) => each.host)
          .sort(),
      ).toEqual(['h2', 'h3', 'h4', 'h5']);
    });
  }, 60_000);

  it('of one host does what the strategy says when two are not reached', async () => {
    await without(2, async () => {
      const view = await run(deploying);
      expect([view.header.status, undone(view)]).toEqual(['FAILED', true]);
    });
  }, 60_000);
});

describe('a pause', () => {
  it('lets what runs come to its end, begins nothing, and is over when somebody says so', async () => {
    const slow = onHosts('Slow', 'while [ ! -e "$HOME/go" ]; do sleep 0.05; done');
    const id = await start({ hosts: ['h1'], verify: [slow, onHosts('Next', 'true')] });
    await world.until(id, 'is slow', ({ nodes }) =>
      nodes.some((node) => node.kind === 'task' && node.status === 'RUNNING' && node.id.includes('/s5/')),
    );
    expect((await world.ask('POST', `/executions/${id}/pause`, { reason: 'lunch' })).status).toBe(202);
    const pausing = await world.view(id);
    expect([pausing.header.status, pausing.header.waiting]).toEqual(['PAUSING', expect.stringContaining('lunch')]);
    expect(refusal((await world.ask('POST', `/executions/${id}/pause`, {})).body)).toContain('paused already');
    writeFileSync(join(world.hosts[0]?.directory ?? '', 'go'), '');
    const paused = await world.until(id, 'is paused', ({ header }) => header.status === 'PAUSED');
    expect(paused.nodes.find((node) => node.name === 'Slow')?.status).toBe('SUCCESS');
    expect(paused.nodes.find((node) => node.name === 'Next')?.status).toBeNull();
    expect((await world.ask('POST', `/executions/${id}/resume`, {})).status).toBe(202);
    expect((await world.settled(id)).header.status).toBe('SUCCESS');
    expect(refusal((await world.ask('POST', `/executions/${id}/resume`, {})).body)).toContain('it has ended already');
  }, 60_000);
});
