/** Scenarios that no other suite is about (orchestration B); `scenarios.md` says where each of them is proven. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { guardView, lockView } from '@fairlead/control-plane/api/http/queue-schemas.ts';
import { InstallsWorld, untilThere } from './installs-world.ts';

/** Of a hundred, the first three are production. */
const NAMES = Array.from({ length: 100 }, (_, index) => `h${String(index + 1).padStart(3, '0')}`);
const PRODUCTION = 3;
const ONE_PERMIT = 1;
/** Where a workflow says nothing. */
const QUEUE_LIMIT = 20;

let world: InstallsWorld;
beforeAll(async () => {
  world = await InstallsWorld.make(NAMES);
}, 120_000);
afterAll(() => world.remove(), 60_000);

type View = Awaited<ReturnType<InstallsWorld['view']>>;

const production = () => world.infrastructure(world.hosts.slice(0, PRODUCTION));
const define = (more: object, services: object = {}): object => ({
  ...world.definition(more),
  services: { web: world.service('web'), ...services },
  environments: {
    prod: { type: 'production', infrastructure: { dc1: production() } },
    qa: { infrastructure: { lab: world.infrastructure(world.hosts.slice(3, 4)) } },
    everywhere: { infrastructure: { all: world.infrastructure(world.hosts) } },
  },
});

const started = z.object({ executionId: z.string() });
const start = async (name: string, more: object): Promise<string> =>
  (await world.demand(started, 'POST', '/executions', { name, ...more })).executionId;
const end = (file: string): void => writeFileSync(join(world.hosts[1]?.directory ?? '', file), '');
const WORK = { script: { script: untilThere('${workflow.variables.end}'), on: 'hosts', shell: 'sh' }, name: 'Work' };
const works = (id: string) =>
  world.until(id, 'works', ({ nodes }) =>
    nodes.some((node) => node.kind === 'step' && node.name === 'Work' && node.status === 'RUNNING'),
  );
const queues = (id: string) =>
  world.until(id, 'queues', ({ header }) => header.waiting?.includes('before it in the queue') === true);
const abort = async (id: string): Promise<void> => {
  expect((await world.ask('POST', `/executions/${id}/abort`, { reason: 'enough' })).status).toBe(202);
};

/** `Phase 1: SUCCESS` of every phase that was begun, in the order in which they ran. */
const phasesOf = ({ nodes }: View): readonly string[] =>
  nodes
    .filter((node) => node.kind === 'phase' && node.status !== null)
    .toSorted((a, b) => a.order - b.order)
    .map(({ name, status }) => `${name}: ${status}`);

/** What was installed on the hosts of production since the last call. */
let seen: readonly number[] = [0, 0, 0];
function installed(): readonly string[] {
  const logs = [0, 1, 2].map((host) => world.log(host));
  const news = logs.map((lines, host) => lines.slice(seen[host]).map((line) => line.replace('.tgz', '')));
  seen = logs.map((lines) => lines.length);
  return news.map((lines) => lines.join(', '));
}

const locks = z.object({ locks: z.array(lockView) });
const guards = z.object({ guards: z.array(guardView) });

/** Who holds the lock of the service in production, and who holds permits. */
async function holders() {
  const [lock] = (await world.demand(locks, 'GET', '/locks')).locks;
  const units = (await world.demand(guards, 'GET', '/guards')).guards.flatMap((guard) => guard.units);
  return {
    lock: lock?.active.map((each) => each.executionId) ?? [],
    blocked: lock?.blocked.map((each) => each.executionId) ?? [],
    permits: units.flatMap((unit) => unit.active.map((each) => each.executionId)),
  };
}

const canary = (more: object): object => ({ type: 'canary', service: 'web', environment: 'prod', ...more });

describe('a canary that is aborted in its second phase', () => {
  it('runs no rollback, gives back its lock and its permits, and the next in the queue has them', async () => {
    const phases = [{ hosts: 1, verify: [{ guard: 'share' }] }, { hosts: 2, verify: [WORK] }, { hosts: 3 }];
    const workflows = { ship: canary({ inputs: { end: { required: true } }, phases }) };
    await world.apply(define({ guards: { share: ONE_PERMIT }, workflows }));
    world.publish(1);
    const first = await start('ship', { variables: { end: 'end-1' } });
    await works(first);
    const second = await start('ship', { variables: { end: 'end-2' } });
    await queues(second);
    expect(await holders()).toEqual({ lock: [first], blocked: [second], permits: [first] });

    await abort(first);
    const aborted = await world.settled(first);
    expect(aborted.header).toMatchObject({ status: 'ABORTED', rollback: null, unconfirmed: [] });
    expect(phasesOf(aborted)).toEqual(['Phase 1: SUCCESS', 'Phase 2: ABORTED']);
    expect(installed()).toEqual(['web web-1', 'web web-1', '']);

    await works(second);
    expect(await holders()).toEqual({ lock: [second], blocked: [], permits: [second] });
    end('end-2');
    expect((await world.settled(second)).header.status).toBe('SUCCESS');
    expect(await holders()).toEqual({ lock: [], blocked: [], permits: [] });
    expect(installed()).toEqual(['web web-1', 'web web-1', 'web web-1']);
  }, 90_000);
});

describe('a strategy that rolls back the phase', () => {
  it('takes back the one that failed, and leaves the phases before it as they were deployed', async () => {
    const onFailure = [{ on: 'any', do: 'rollback-phase', scope: 'phase' }];
    await world.apply(
      define({ workflows: { ship: canary({ onFailure, phases: [{ hosts: 1 }, { hosts: 2 }, { hosts: 3 }] }) } }),
    );
    expect((await world.deploy(11)).header.status).toBe('SUCCESS');
    world.fail(1, 12);
    installed();
    const view = await world.deploy(12);
    expect(view.header).toMatchObject({ status: 'FAILED', rollback: 'SUCCESS' });
    expect(phasesOf(view)).toEqual(['Phase 1: SUCCESS', 'Phase 2: FAILED', 'Rollback Phase 2: SUCCESS']);
    expect(installed()).toEqual(['web web-12', 'web web-12, web web-11', '']);
  }, 90_000);
});

describe('rollback steps for all phases', () => {
  it('take them back at once, in the phase that failed; the phases before it have nothing left to do', async () => {
    const rollback = { 'Deploy Service': [{ command: 'Install', allPhases: true }] };
    const phases = [{ hosts: 1 }, { hosts: 2 }, { hosts: 3, rollback }];
    await world.apply(define({ workflows: { atonce: canary({ phases }) } }));
    expect((await world.deploy(51, 'atonce')).header.status).toBe('SUCCESS');
    world.fail(2, 52);
    installed();
    const view = await world.deploy(52, 'atonce');
    expect(view.header).toMatchObject({ status: 'FAILED', rollback: 'SUCCESS' });
    expect(phasesOf(view).slice(3)).toEqual([
      'Rollback Phase 3: SUCCESS',
      'Rollback Phase 2: SKIPPED',
      'Rollback Phase 1: SKIPPED',
    ]);
    expect(installed()).toEqual(Array.from({ length: 3 }, () => 'web web-52, web web-51'));
  }, 90_000);
});

describe('a queue', () => {
  it('has room for twenty where nothing is said; who comes then fails, and nothing is deployed or taken back', async () => {
    const workflow = { type: 'basic', service: 'web', environment: 'prod', inputs: { end: { required: true } } };
    await world.apply(define({ workflows: { ship: { ...workflow, verify: [WORK] } } }));
    world.publish(21);
    // The newest build does not install everywhere.
    const request = { variables: { end: 'end-21' }, artifacts: { web: '21' } };
    const first = await start('ship', request);
    await works(first);
    const others: string[] = [];
    for (let number = 1; number <= QUEUE_LIMIT; number += 1) others.push(await start('ship', request));
    for (const id of others) await queues(id);
    const { header, nodes } = await world.settled(await start('ship', request));
    expect(header).toMatchObject({ status: 'FAILED', rollback: null, failure: { code: 'QUEUE_FULL' } });
    expect(header.failure?.message).toContain(`with ${QUEUE_LIMIT} waiting`);
    expect(nodes.some((node) => node.kind === 'task')).toBe(false);
    // In the order in which they came.
    expect((await holders()).blocked).toEqual(others);
    for (const id of others) await abort(id);
    await abort(first);
    expect((await world.settled(first)).header.status).toBe('ABORTED');
  }, 120_000);
});

describe('a workflow that asks for its environment, in two stages', () => {
  const stage = (name: string, Environment: string) => ({ name, workflow: 'ship', variables: { Environment } });
  const pipelines = {
    apart: { stages: [stage('QA', 'qa'), stage('Prod', 'prod')] },
    together: { stages: [stage('One', '${env}'), stage('Two', '${env}')] },
  };
  const workflows = {
    ship: {
      type: 'basic',
      service: 'web',
      environment: '${Environment}',
      verify: [{ script: 'env="${env.name}"', outputs: ['env'], publish: { name: 'deployed', scope: 'pipeline' } }],
    },
    any: {
      type: 'basic',
      service: '${Service}',
      environment: 'prod',
      inputs: { Service: { type: 'service', of: 'ssh/other' } },
    },
  };
  const counts = () => [0, 3].map((host) => world.log(host).length);
  const detail = z.object({ detail: z.string() });

  it('differs in each where they say so, and is the same in both where they share an input', async () => {
    await world.apply(define({ workflows, pipelines }));
    const [prod = 0, qa = 0] = counts();
    expect((await world.deploy(31, 'apart')).header.status).toBe('SUCCESS');
    expect(counts()).toEqual([prod + 1, qa + 1]);

    const nothing = await world.ask('POST', '/executions', { name: 'together' });
    expect([nothing.status, detail.parse(nothing.body).detail.match(/--var \w+/g)]).toEqual([400, ['--var env']]);
    expect((await world.deploy(31, 'together', { env: 'qa' })).header.status).toBe('SUCCESS');
    expect(counts()).toEqual([prod + 1, qa + 3]);
  }, 60_000);

  it('is refused with two expressions for environments, and with a service of another type', async () => {
    const two = { stages: [stage('QA', '${envQa}'), stage('Prod', '${envProd}')] };
    const text = JSON.stringify(define({ workflows, pipelines: { ...pipelines, two } }));
    const saved = await world.ask('POST', '/definitions/apply', { files: [{ name: 'shop.json', text }] });
    expect(saved.status).toBe(400);
    expect(JSON.stringify(saved.body)).toContain('a pipeline may have one environment expression over all');

    const jar = { ...world.service('jar'), type: 'ssh/jar', start: 'true', stop: 'true' };
    await world.apply(define({ workflows, pipelines }, { jar }));
    const other = await world.ask('POST', '/executions', { name: 'any', variables: { Service: 'jar' } });
    expect([other.status, detail.parse(other.body).detail]).toEqual([400, expect.stringContaining('ssh/other')]);
  });
});

describe('five per cent of a hundred hosts', () => {
  const unreachable = async (count: number): Promise<View> => {
    const gone = world.hosts.slice(-count);
    for (const host of gone) {
      host.faults.closesEarly = 1_000;
      host.cut();
    }
    const view = await world.settled(await start('wide', {}), 120_000);
    for (const host of gone) host.faults.closesEarly = 0;
    return view;
  };
  const verified = ({ nodes }: View): number =>
    nodes.filter((node) => node.kind === 'task' && node.id.includes('/s5/')).length;

  it('may be out of reach, and one more may not', async () => {
    const onFailure = [{ on: 'connectivity', do: 'rollback', tolerate: '5%' }];
    const verify = [{ script: { script: 'true', on: 'hosts', shell: 'sh' }, name: 'Look' }];
    const wide = { type: 'basic', service: 'web', environment: 'everywhere', onFailure, verify };
    const web = { ...world.service('web'), commands: { Install: [{ exec: 'true' }] } };
    await world.apply(define({ workflows: { wide } }, { web }));
    world.publish(41);
    const five = await unreachable(5);
    expect([five.header.status, verified(five)]).toEqual(['SUCCESS', 95]);
    const dropped = five.nodes.find((node) => node.kind === 'phase')?.note?.match(/h\d+/g) ?? [];
    expect(dropped.toSorted()).toEqual(NAMES.slice(-5));
    const six = await unreachable(6);
    expect([six.header.status, verified(six)]).toEqual(['FAILED', 0]);
    expect(six.header).toMatchObject({ failure: { code: 'UNREACHABLE' } });
    expect(six.nodes.some((node) => node.kind === 'phase' && node.rollback)).toBe(true);
  }, 300_000);
});
