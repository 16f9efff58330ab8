/** Every type of workflow on real hosts, started through the API (orchestration 2, 3.6, 10.1). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InstallsWorld } from './installs-world.ts';
import { journalPage, wholeJournal } from './whole-journal.ts';

const HOSTS = ['one', 'two', 'three', 'four'] as const;
const ALL = [0, 1, 2, 3];

let world: InstallsWorld;
beforeAll(async () => {
  world = await InstallsWorld.make(HOSTS);
});
afterAll(() => world.remove());

type View = Awaited<ReturnType<InstallsWorld['view']>>;

/** `Phase 1: SUCCESS [one two]`, rollbacks included, in the order in which they ran. */
const phasesOf = ({ nodes }: View): readonly string[] =>
  nodes
    .filter((node) => node.kind === 'phase')
    .toSorted((a, b) => a.order - b.order)
    .map(({ name, status, note }) => `${name}: ${status}${note === null ? '' : ` (${note})`}`);

const started = z.object({ executionId: z.string() });
const run = async (name: string, more: object = {}): Promise<View> => {
  const { executionId } = await world.demand(started, 'POST', '/executions', { name, ...more });
  return world.settled(executionId);
};
const problem = z.object({ detail: z.string() });
const refusal = async (name: string, more: object = {}): Promise<string> => {
  const { status, body } = await world.ask('POST', '/executions', { name, ...more });
  return status < 300 ? 'it was started' : problem.parse(body).detail;
};

/** What was written on each host since the test began. */
let before: readonly (readonly string[])[];
const logs = (): readonly (readonly string[])[] => ALL.map((host) => world.log(host));
beforeEach(() => {
  before = logs();
});
const since = (): readonly string[] =>
  logs().map((lines, host) =>
    lines
      .slice(before[host]?.length ?? 0)
      .map((line) => line.replace('.tgz', ''))
      .join(', '),
  );

const verify = (script: string): readonly object[] => [{ script: { script, on: 'hosts', shell: 'sh' }, name: 'Check' }];

describe('a canary', () => {
  const canary = (check: string): object => ({
    type: 'canary',
    service: 'web',
    environment: '${Environment}',
    inputs: { ticket: { required: true, pattern: String.raw`^CHG-\d+$` } },
    before: [{ script: 'echo ${workflow.variables.ticket}' }],
    phases: [{ hosts: '25%', verify: verify('true') }, { hosts: '50%', verify: verify(check) }, { hosts: '100%' }],
    after: [{ script: 'echo done' }],
    onFailure: [
      { on: 'connectivity', retry: 1, every: '1s' },
      { on: 'any', do: 'rollback' },
    ],
  });
  const variables = { Environment: 'prod', ticket: 'CHG-1' };

  it('goes over a quarter, a half and all of the hosts, each host once', async () => {
    await world.apply(world.definition({ workflows: { ship: canary('true') } }));
    const view = await world.deploy(1, 'ship', variables);
    expect(view.header).toMatchObject({ status: 'SUCCESS' });
    expect(phasesOf(view)).toEqual([
      'Pre-deployment Steps: SUCCESS',
      'Phase 1: SUCCESS',
      'Phase 2: SUCCESS',
      'Phase 3: SUCCESS',
      'Post-deployment Steps: SUCCESS',
    ]);
    expect(since()).toEqual(ALL.map(() => 'installed web-1'));
  }, 60_000);

  it('takes back its phases, newest first, on the hosts they touched; the others never ran', async () => {
    await world.apply(world.definition({ workflows: { ship: canary('exit 1') } }));
    const view = await world.deploy(2, 'ship', variables);
    expect(view.header).toMatchObject({ status: 'FAILED', rollback: 'SUCCESS' });
    expect(phasesOf(view).filter((line) => !line.startsWith('Pre') && !line.endsWith(': null'))).toEqual([
      'Phase 1: SUCCESS',
      'Phase 2: FAILED',
      'Rollback Phase 2: SUCCESS',
      'Rollback Phase 1: SUCCESS',
    ]);
    expect(since()).toEqual(['installed web-2, installed web-1', 'installed web-2, installed web-1', '', '']);
  }, 60_000);

  it('is started only with a ticket', async () => {
    expect(await refusal('ship', { variables: { Environment: 'prod' } })).toContain("the input 'ticket' has no value");
    expect(await refusal('ship', { variables: { ...variables, ticket: 'none' } })).toContain('does not match');
  });

  it('fails, and neither skips nor runs the step, when a condition before it needs a service', async () => {
    // Of a service: known to be impossible when it is applied.
    const wrong = { ...canary('true'), before: [{ script: 'true', skip: '${serviceVariable.port} == 1' }] };
    const { status, body } = await world.ask('POST', '/definitions/apply', {
      files: [{ name: 'shop.json', text: JSON.stringify(world.definition({ workflows: { ship: wrong } })) }],
    });
    expect([status, JSON.stringify(body)]).toEqual([
      400,
      expect.stringContaining("'serviceVariable' is not known here"),
    ]);
    // Of an output that nobody has published yet: known only then.
    const unknowable = {
      ...canary('true'),
      before: [{ script: 'true', skip: '${opened.id} == 1' }],
      after: [{ script: 'id=1', outputs: ['id'], publish: 'opened' }],
    };
    await world.apply(world.definition({ workflows: { ship: unknowable } }));
    const view = await world.deploy(3, 'ship', variables);
    expect(view.header).toMatchObject({ status: 'FAILED', failure: { code: 'EXPRESSION' } });
    expect(since()).toEqual(['', '', '', '']);
  }, 60_000);
});

describe('a rolling workflow', () => {
  it('takes batch after batch, or the named hosts in one, or only those without the build', async () => {
    const rolling = { type: 'rolling', service: 'web', environment: 'prod', batch: '50%' };
    await world.apply(world.definition({ workflows: { roll: rolling } }));
    const first = await world.deploy(11, 'roll');
    expect(phasesOf(first)).toEqual(['Phase 1 (batch 1): SUCCESS', 'Phase 1 (batch 2): SUCCESS']);
    world.publish(12);
    const named = await run('roll', { artifacts: { web: '12' }, hosts: ['three', 'one'] });
    expect(phasesOf(named)).toEqual(['Phase 1: SUCCESS']);
    expect(since()).toEqual([
      'installed web-11, installed web-12',
      'installed web-11',
      'installed web-11, installed web-12',
      'installed web-11',
    ]);
    before = logs();
    const rerun = `/executions/${named.header.executionId}/rerun`;
    const { executionId } = await world.demand(started, 'POST', rerun, {});
    const again = await world.settled(executionId);
    // By now so many were deployed that the oldest leave.
    expect(phasesOf(again)).toEqual(['Phase 1: SUCCESS', 'Clean Up web: SUCCESS']);
    expect(since()).toEqual(['installed web-12', '', 'installed web-12', '']);
    before = logs();
    const others = await run('roll', { artifacts: { web: '12' }, skipSameVersion: true });
    expect(others.header.status).toBe('SUCCESS');
    expect(since()).toEqual(['', 'installed web-12', '', 'installed web-12']);
    const nothing = await run('roll', { artifacts: { web: '12' }, skipSameVersion: true });
    expect(nothing.header.status).toBe('SKIPPED');
    expect(phasesOf(nothing)).toEqual(['Phase 1 (batch 1): SKIPPED (every host has build 12 already)']);
    // Or when it is run again, and as it was said before when nothing is said.
    const rerunOf = async (id: string, more: object): Promise<View> =>
      world.settled((await world.demand(started, 'POST', `/executions/${id}/rerun`, more)).executionId);
    const skipped = await rerunOf(first.header.executionId, { skipSameVersion: true });
    expect(phasesOf(skipped)[0]).toBe('Phase 1 (batch 1): SUCCESS');
    before = logs();
    const same = await rerunOf(skipped.header.executionId, {});
    expect([phasesOf(same), since()]).toEqual([
      ['Phase 1 (batch 1): SKIPPED (every host has build 11 already)'],
      ['', '', '', ''],
    ]);
    expect(await refusal('roll', { hosts: ['five'] })).toContain("there is no host 'five'");
    expect(await refusal('roll', { hosts: ['one'], skipSameVersion: true })).toContain('not both');
  }, 90_000);
});

describe('a deployment', () => {
  it('has a number, knows that of the last good one, and starts a new one when it is run again', async () => {
    const check =
      'said="${workflow.releaseNo} ${workflow.lastGoodReleaseNo} ${workflow.lastGoodDeploymentDisplayName}"';
    const said = ({ nodes }: View) =>
      nodes.flatMap(({ kind, outputs }) =>
        kind === 'task' && outputs?.['said'] !== undefined ? [outputs['said']] : [],
      );
    const counting = (more: readonly object[] = []) => ({
      workflows: {
        counting: {
          type: 'basic',
          service: 'web',
          environment: 'prod',
          verify: [{ script: check, outputs: ['said'] }, ...more],
        },
      },
    });
    await world.apply(world.definition(counting()));
    const first = await world.deploy(17, 'counting');
    expect(said(first)).toEqual(['1  ']);
    await world.apply(world.definition(counting([{ script: 'exit 1' }])));
    const failed = await world.deploy(17, 'counting');
    expect([failed.header.status, said(failed)]).toEqual(['FAILED', [expect.stringMatching(/^2 1 counting \d{4}-/)]]);
    await world.apply(world.definition(counting()));
    expect(said(await world.deploy(17, 'counting'))).toEqual([expect.stringMatching(/^3 1 counting /)]);
    const rerun = `/executions/${first.header.executionId}/rerun`;
    const { executionId } = await world.demand(started, 'POST', rerun, {});
    expect(said(await world.settled(executionId))).toEqual([expect.stringMatching(/^4 3 counting /)]);
  }, 90_000);
});

describe('a default of the account', () => {
  it('is the same for every application, and new for the next deployment when it is changed', async () => {
    const verify = [{ script: 'said="${account.defaults.REGION}"', outputs: ['said'] }];
    const workflows = { region: { type: 'basic', service: 'web', environment: 'prod', verify } };
    await world.apply({ ...world.definition({ workflows }), defaults: { REGION: 'eu' } });
    const said = ({ nodes }: View) =>
      nodes.flatMap(({ kind, outputs }) =>
        kind === 'task' && outputs?.['said'] !== undefined ? [outputs['said']] : [],
      );
    expect(said(await world.deploy(18, 'region'))).toEqual(['eu']);
    await world.apply({ fairlead: 'v1', defaults: { REGION: 'us' } });
    expect(said(await world.deploy(18, 'region'))).toEqual(['us']);
    expect((await world.type('get', 'defaults')).text).toMatch(/REGION/);
  }, 60_000);
});

describe('a script that names the host by a variable of the workflow', () => {
  it('runs once for each, unless somebody gives another value', async () => {
    const workflows = {
      tell: {
        type: 'basic',
        service: 'web',
        environment: 'prod',
        inputs: { who: { default: 'nobody' }, where: { default: '${instance.hostName}' } },
        verify: [
          { script: 'said="${workflow.variables.who}"', name: 'Who', outputs: ['said'] },
          { script: 'said="at ${workflow.variables.where}"', name: 'Where', outputs: ['said'] },
        ],
      },
    };
    await world.apply(world.definition({ workflows }));
    const said = ({ nodes }: View, name: string) => {
      const step = nodes.find((node) => node.kind === 'step' && node.name === name);
      return nodes.flatMap(({ kind, parent, outputs }) =>
        kind === 'task' && parent === step?.id ? [outputs?.['said']] : [],
      );
    };
    const plain = await world.deploy(16, 'tell');
    expect([said(plain, 'Who'), said(plain, 'Where')]).toEqual([['nobody'], HOSTS.map((host) => `at ${host}`)]);
    const given = await world.deploy(16, 'tell', { where: 'x' });
    expect([said(given, 'Who'), said(given, 'Where')]).toEqual([['nobody'], ['at x']]);
    expect(await refusal('tell', { variables: { who: '${instance.name}' } })).toContain('not evaluated');
    // Which is said again by running it again.
    const rerun = `/executions/${plain.header.executionId}/rerun`;
    const { executionId } = await world.demand(started, 'POST', rerun, {});
    expect(said(await world.settled(executionId), 'Where')).toEqual(HOSTS.map((host) => `at ${host}`));
  }, 60_000);
});

describe('a workflow of several services', () => {
  it('deploys each in a phase of its own, on the same hosts, and takes both back', async () => {
    const workflows = {
      both: {
        type: 'multi-service',
        environment: 'prod',
        phases: [{ service: 'web' }, { service: 'api', hosts: 1, verify: verify('[ ! -e "$HOME/bad" ]') }],
      },
    };
    const services = { web: world.service('web'), api: world.service('api') };
    await world.apply(world.definition({ services, workflows }));
    world.publish(21);
    const good = await run('both', { artifacts: { web: '21', api: '21' } });
    // There have been more releases of `web` than are kept.
    expect(phasesOf(good)).toEqual(['Phase 1: SUCCESS', 'Phase 2: SUCCESS', 'Clean Up web: SUCCESS']);
    expect(since()).toEqual(['web web-21, api web-21', 'web web-21', 'web web-21', 'web web-21']);
    before = logs();
    world.publish(22);
    writeFileSync(join(world.hosts[0]?.directory ?? '', 'bad'), '');
    const bad = await run('both', { artifacts: { web: '22', api: '21' } });
    expect(bad.header).toMatchObject({ status: 'FAILED', rollback: 'SUCCESS' });
    expect(since()).toEqual([
      'web web-22, api web-21, api web-21, web web-21',
      ...[1, 2, 3].map(() => 'web web-22, web web-21'),
    ]);
    expect(await refusal('both', { artifacts: { wep: '1' } })).toContain("Did you mean 'web'");
    expect(await refusal('both', { hosts: ['one'] })).toContain('takes no hosts');
  }, 90_000);
});

describe('outputs of a step on several hosts', () => {
  it('are kept apart by a name made of the host, and each host reads its own', async () => {
    const onHosts = (name: string, script: string, more: object = {}) => ({
      script: { script, on: 'hosts', shell: 'bash', ...more },
      name,
    });
    const tell = onHosts('Tell', 'found="at ${instance.name}"', { outputs: ['found'], publish: '${instance.name}' });
    const read = onHosts('Read', 'echo "${context.get(${instance.name}).found}" >>"$HOME/log"');
    const workflow = { type: 'basic', service: 'web', environment: 'prod', verify: [tell, read] };
    await world.apply(world.definition({ workflows: { told: workflow } }));
    const view = await world.deploy(25, 'told');
    expect(view.header, JSON.stringify(view.header.failure)).toMatchObject({ status: 'SUCCESS' });
    expect(since()).toEqual(HOSTS.map((name) => `installed web-25, at ${name}`));
    const wrong = { ...workflow, verify: [{ ...tell, script: { ...tell.script, publish: '${instance.nmae}' } }] };
    const files = [{ name: 'shop.json', text: JSON.stringify(world.definition({ workflows: { told: wrong } })) }];
    const { status, body } = await world.ask('POST', '/definitions/apply', { files });
    expect([status, JSON.stringify(body)]).toEqual([400, expect.stringContaining("'nmae'")]);
  }, 60_000);
});

describe('a build', () => {
  const collected = z.looseObject({ event: z.literal('ArtifactCollected'), artifact: z.object({ build: z.string() }) });

  it('makes a build, collects it, and waits for no lock', async () => {
    const make = `printf made >'${join(world.directory, 'builds', 'web-31.tgz')}'`;
    const workflows = {
      make: { type: 'build', collect: 'web', sections: { 'Prepare Steps': [{ script: make }] } },
      fail: { type: 'build', collect: 'web', sections: { 'Prepare Steps': [{ script: 'exit 3' }] } },
    };
    await world.apply(world.definition({ workflows }));
    const view = await run('make');
    expect(view.header).toMatchObject({ status: 'SUCCESS', environment: null });
    const all = await wholeJournal(view.header.executionId, (path) => world.demand(journalPage, 'GET', path));
    const events = all.flatMap((each) => each.decisions.flatMap((decision) => decision.events));
    const found = events.flatMap((event) => collected.safeParse(event).data ?? []);
    expect(found.map(({ artifact }) => artifact.build)).toEqual(['31']);
    const failed = await run('fail');
    expect(failed.header).toMatchObject({ status: 'FAILED', rollback: null, failure: { code: 'COMMAND_FAILED' } });
    expect(await refusal('make', { artifacts: { web: '31' } })).toContain('deploys nothing');
  }, 60_000);
});

describe('a draft', () => {
  it('is kept, and refused with everything it lacks', async () => {
    await world.apply(world.definition({ workflows: { later: { type: 'canary', draft: true, service: 'web' } } }));
    const why = await refusal('later');
    expect(why).toContain('has no environment');
    expect(why).toContain('has no phases');
  });
});
