/** Provisioners before a deployment, and the order in which a rollback takes them back (orchestration 9.3, 10.1). */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InstallsWorld } from './installs-world.ts';
import { journalPage, wholeJournal } from './whole-journal.ts';

let world: InstallsWorld;
let log: string;
beforeAll(async () => {
  world = await InstallsWorld.make(['one', 'two']);
  log = join(world.directory, 'log');
});
afterAll(() => world.remove());

/** Everything writes to one file of the agent's machine: that is the order in which it happened. */
const lines = (): readonly string[] => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);
const note = (word: string): string => `echo "${word}" >>'${log}'`;

const provisioners = () => ({
  a: {
    inputs: { region: 'eu' },
    provision: `${note('A+ $region')}; echo '{"subnet": "net-7", "zone": {"name": "z1"}}' >"$PROVISIONER_OUTPUT_PATH"; exit 0`,
    destroy: note('A- $region'),
  },
  b: { provision: note('B+ ${shellScriptProvisioner.subnet}'), destroy: note('B- ${shellScriptProvisioner.subnet}') },
});

const canary = (more: object) => ({
  type: 'canary',
  service: 'web',
  environment: 'prod',
  before: [{ provision: 'a', inputs: { region: 'us' } }, { provision: 'b' }],
  phases: [1, 2].map((hosts) => ({
    hosts,
    sections: { 'Deploy Service': [{ command: 'Install' }, { script: note(`P${hosts}`) }] },
    rollback: { 'Wrap Up': [{ script: note(`R${hosts}`) }] },
  })),
  ...more,
});

async function failing(name: string, workflow: object): Promise<readonly string[]> {
  rmSync(log, { force: true });
  await world.apply(world.definition({ provisioners: provisioners(), workflows: { [name]: workflow } }));
  world.fail(1, 9);
  const { header } = await world.deploy(9, name);
  expect(header).toMatchObject({ status: 'FAILED', rollback: 'SUCCESS', failure: { code: 'COMMAND_FAILED' } });
  return lines();
}

describe('a canary with provisioners that fails in its second phase', () => {
  it('takes them back first, in the order in which they were created', async () => {
    expect(await failing('usual', canary({}))).toEqual(['A+ us', 'B+ net-7', 'P1', 'A- us', 'B- net-7', 'R2', 'R1']);
  }, 60_000);

  it('takes them back last and reversed where the strategy says so', async () => {
    const onFailure = [{ on: 'any', do: 'rollback-provisioners-last' }];
    expect((await failing('after', canary({ onFailure }))).slice(3)).toEqual(['R2', 'R1', 'B- net-7', 'A- us']);
  }, 60_000);

  it('journals what it is about to make before it makes it', async () => {
    const { executionId } = await world.start(1, 'after').catch(async () => {
      world.publish(1);
      return world.start(1, 'after');
    });
    const { header } = await world.settled(executionId);
    expect(header.status).toBe('SUCCESS');
    const records = await wholeJournal(executionId, (path) => world.demand(journalPage, 'GET', path));
    const events = records.flatMap((each) => each.decisions.flatMap((decision) => decision.events));
    const told = events.map((event) => z.looseObject({ event: z.string() }).parse(event));
    const intent = told.findIndex((each) => each['name'] === 'provisioner:intent');
    expect(told[intent]?.['data']).toEqual({ provisioner: 'a', action: 'PROVISION' });
    expect(intent).toBeLessThan(told.findIndex((each) => each.event === 'AttemptEnded'));
  }, 60_000);

  it('fails where its output is no JSON object, and is taken back', async () => {
    rmSync(log, { force: true });
    const broken = { provision: `${note('C+')}; echo nonsense >"$PROVISIONER_OUTPUT_PATH"`, destroy: note('C-') };
    await world.apply(
      world.definition({ provisioners: { c: broken }, workflows: { bad: canary({ before: [{ provision: 'c' }] }) } }),
    );
    const { header } = await world.deploy(9, 'bad');
    expect(header).toMatchObject({ status: 'FAILED', failure: { code: 'OUTPUT_MISSING' }, rollback: 'SUCCESS' });
    expect(lines()).toEqual(['C+', 'C-']);
  }, 60_000);

  it('is refused where provisioners have no place, or do not exist', async () => {
    const definition = world.definition({
      provisioners: provisioners(),
      workflows: {
        one: canary({ before: [{ provision: 'nobody' }, { provision: 'a', inputs: { regio: 'eu' } }] }),
        two: canary({ after: [{ provision: 'a' }] }),
      },
    });
    const files = [{ name: 'shop.json', text: JSON.stringify(definition) }];
    const { status, body } = await world.ask('POST', '/definitions/apply', { files, dryRun: true });
    expect(status).toBe(400);
    const text = JSON.stringify(body);
    expect(text).toContain("there is no provisioner 'nobody'");
    expect(text).toContain("the provisioner 'a' has no input 'regio'");
    expect(text).toContain('provisioners run before the deployment, where a rollback takes them back');
  });
});

describe('hosts that a provisioner makes (orchestration 1.8)', () => {
  const hosts = (): string =>
    JSON.stringify(
      world.hosts.map(({ target: { name, address, port, hostKey } }) => ({ name, address, port, hostKey })),
    );
  const told = (output: string): string => `echo '${output}' >"$PROVISIONER_OUTPUT_PATH"`;

  const define = (output: string, more: object = {}): object => ({
    ...world.definition({
      provisioners: { fleet: { provision: `${note('F+')}; ${told(output)}`, destroy: note('F-') } },
      workflows: {
        made: canary({
          environment: 'cloud',
          before: [{ provision: 'fleet' }],
          onFailure: [{ on: 'any', do: 'rollback-provisioners-last' }],
          ...more,
        }),
      },
    }),
    environments: {
      cloud: {
        type: 'production',
        infrastructure: { vms: { hostsFrom: 'fleet', login: { user: 'deploy', password: 'secret:env:PASSWORD' } } },
      },
    },
  });
  const deploy = async (build: number, output: string) => {
    rmSync(log, { force: true });
    await world.apply(define(output));
    return (await world.deploy(build, 'made')).header;
  };

  it('are deployed to, phase by phase, and stand in the journal', async () => {
    const header = await deploy(21, `{"hosts": ${hosts()}, "network": "n1"}`);
    expect(header.status).toBe('SUCCESS');
    expect(lines()).toEqual(['F+', 'P1', 'P2']);
    expect([0, 1].map((host) => world.log(host).at(-1))).toEqual(['installed web-21.tgz', 'installed web-21.tgz']);
    const records = await wholeJournal(header.executionId, (path) => world.demand(journalPage, 'GET', path));
    const events = records.flatMap((each) => each.decisions.flatMap((decision) => decision.events));
    const provided = events
      .map((event) => z.looseObject({ event: z.string() }).parse(event))
      .filter(({ event }) => event === 'HostsProvided');
    expect(provided).toMatchObject([{ phases: ['p1', 'p2'], hosts: [{ name: 'one' }, { name: 'two' }] }]);
    const instances = await world.demand(
      z.object({ instances: z.array(z.looseObject({ host: z.string(), state: z.string() })) }),
      'GET',
      '/instances?service=web&environment=cloud',
    );
    expect(instances.instances.filter(({ host }) => host === 'two')).toMatchObject([{ state: 'RUNNING' }]);
  }, 60_000);

  it('are rolled back before what made them is taken away', async () => {
    world.fail(1, 22);
    expect(await deploy(22, `{"hosts": ${hosts()}}`)).toMatchObject({ status: 'FAILED', rollback: 'SUCCESS' });
    expect(lines()).toEqual(['F+', 'P1', 'R2', 'R1', 'F-']);
    expect([0, 1].map((host) => world.log(host).at(-1))).toEqual(['installed web-21.tgz', 'installed web-21.tgz']);
  }, 60_000);

  it('fail their provisioner, which is taken back, where they are missing, no list, or none', async () => {
    const cases: readonly (readonly [string, string])[] = [
      ['{"machines": []}', "the output 'hosts' of the provisioner 'fleet' is missing"],
      ['{"hosts": "one"}', 'it is no list'],
      ['{"hosts": []}', 'it is empty'],
    ];
    for (const [output, why] of cases) {
      const header = await deploy(23, output);
      expect(header).toMatchObject({ status: 'FAILED', rollback: 'SUCCESS' });
      expect(header.failure?.message).toContain(why);
      expect(lines()).toEqual(['F+', 'F-']);
    }
  }, 60_000);

  it('are refused, where it is written, in a workflow that does not make them', async () => {
    const files = [{ name: 'shop.json', text: JSON.stringify(define('{}', { before: [] }), null, 1) }];
    const { status, body } = await world.ask('POST', '/definitions/apply', { files, dryRun: true });
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain(
      "the infrastructure 'vms' gets its hosts from the provisioner 'fleet', and no step of this workflow runs it",
    );
    expect(JSON.stringify(body)).toContain('workflows.made');
  });
});
