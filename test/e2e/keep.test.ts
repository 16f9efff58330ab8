/** Older releases leave the hosts, the last good one never does (orchestration 10.3), through the API on a real host. */
import { existsSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InstallsWorld } from './installs-world.ts';

let world: InstallsWorld;
beforeAll(async () => {
  world = await InstallsWorld.make(['one', 'two']);
});
afterAll(() => world.remove());

/** Deploys and keeps so many, from here on. */
const define = (keep: number, hosts: number, workflow: object): Promise<void> =>
  world.apply({
    ...world.definition({ workflows: { ship: { service: 'web', environment: 'prod', ...workflow } } }),
    environments: {
      prod: { type: 'production', infrastructure: { dc1: world.infrastructure(world.hosts.slice(0, hosts)) } },
    },
    services: { web: { ...world.service('installed'), keep } },
  });

const rolled = z.object({ executionId: z.string() });

const listAt = (host: number, ...parts: string[]): readonly string[] => {
  const directory = join(world.hosts[host]?.directory ?? '', 'shop/web/prod', ...parts);
  return existsSync(directory) ? readdirSync(directory).toSorted() : [];
};
const list = (...parts: string[]): readonly string[] => listAt(0, ...parts);
const archivesAt = (host: number): readonly string[] => listAt(host, 'runtime').filter((name) => name.endsWith('.tgz'));
const archives = (): readonly string[] => archivesAt(0);

describe('five versions, of which two are kept', () => {
  const backups: string[] = [];
  let last = '';
  beforeAll(() => define(2, 1, { type: 'basic' }));

  const deploy = async (build: number): Promise<string> => {
    const before = new Set(list('backup'));
    const { header } = await world.deploy(build);
    backups.push(list('backup').find((name) => !before.has(name)) ?? '');
    last = header.executionId;
    return header.status;
  };

  it('leaves the one that runs and the one before it', async () => {
    for (const build of [1, 2, 3]) expect(await deploy(build)).toBe('SUCCESS');
    // One that fails is in nobody's way, and does not push out what it is rolled back to.
    world.fail(0, 4);
    expect(await deploy(4)).toBe('FAILED');
    expect(archives()).toContain('web-3.tgz');
    expect(list('backup')).toContain(backups[2]);
    expect(world.log(0).at(-1)).toBe('installed web-3.tgz');
    for (const build of [5, 6]) expect(await deploy(build)).toBe('SUCCESS');
    expect(new Set(backups).size).toBe(6);
    expect(list('backup')).toEqual(backups.slice(-2).toSorted());
    expect(list('staging')).toEqual(backups.slice(-2).toSorted());
    expect(archives()).toEqual(['web-5.tgz', 'web-6.tgz']);
  }, 120_000);

  it('goes back to it while the source of builds is away', async () => {
    renameSync(join(world.directory, 'builds'), join(world.directory, 'away'));
    const { executionId } = await world.demand(rolled, 'POST', `/executions/${last}/rollback`, { reason: '' });
    expect((await world.settled(executionId)).header).toMatchObject({ status: 'SUCCESS' });
    renameSync(join(world.directory, 'away'), join(world.directory, 'builds'));
    expect(world.log(0).at(-1)).toBe('installed web-5.tgz');
    expect(list('backup')).toContain(backups[4]);
    expect(archives()).toContain('web-5.tgz');
  }, 60_000);

  it('knows after it which version is the last good one', async () => {
    expect(await deploy(7)).toBe('SUCCESS');
    expect(list('backup')).toContain(backups[4]);
    expect(archives()).toEqual(expect.arrayContaining(['web-5.tgz', 'web-7.tgz']));
  }, 60_000);
});

describe('two phases, of which the second fails, and one version is kept', () => {
  const workflow = { type: 'canary', phases: [{ hosts: 1 }, { hosts: 2 }] };
  beforeAll(() => define(1, 2, workflow));

  const phases = async (id: string): Promise<readonly string[]> =>
    (await world.view(id)).nodes.filter(({ kind }) => kind === 'phase').map(({ name }) => name);

  it('takes nothing away before all of it has succeeded', async () => {
    for (const build of [11, 12]) expect((await world.deploy(build)).header.status).toBe('SUCCESS');
    expect([0, 1].map(archivesAt)).toEqual([
      ['web-11.tgz', 'web-12.tgz'],
      ['web-11.tgz', 'web-12.tgz'],
    ]);
    const before = [0, 1].map((host) => listAt(host, 'backup'));
    world.fail(1, 13);
    const { header } = await world.deploy(13);
    expect(header).toMatchObject({ status: 'FAILED', rollback: 'SUCCESS' });
    expect(await phases(header.executionId)).toEqual(['Phase 1', 'Phase 2', 'Rollback Phase 2', 'Rollback Phase 1']);
    for (const host of [0, 1]) {
      expect(world.log(host).at(-1)).toBe('installed web-12.tgz');
      expect(archivesAt(host)).toEqual(expect.arrayContaining(['web-11.tgz', 'web-12.tgz']));
      expect(listAt(host, 'backup')).toEqual(expect.arrayContaining([...(before[host] ?? [])]));
    }
  }, 120_000);

  it('does so at the end of the one that succeeds, on the hosts of both phases', async () => {
    const { header } = await world.deploy(14);
    expect(header.status).toBe('SUCCESS');
    expect(await phases(header.executionId)).toEqual(['Phase 1', 'Phase 2', 'Clean Up web']);
    // What failed in between is younger than the last good one, and goes with it.
    const left = ['web-12.tgz', 'web-13.tgz', 'web-14.tgz'];
    expect([0, 1].map(archivesAt)).toEqual([left, left]);
  }, 60_000);
});
