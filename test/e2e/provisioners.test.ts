/** Provisioners before a deployment, and the order in which a rollback takes them back (orchestration 9.3, 10.1). */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { journalView } from '@fairlead/control-plane/api/http/schemas.ts';
import { InstallsWorld } from './installs-world.ts';

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
    const { records } = await world.demand(
      z.object({ records: z.array(journalView) }),
      'GET',
      `/executions/${executionId}/journal`,
    );
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
