/** Older releases leave the hosts, the last good one never does (orchestration 10.3), through the API on a real host. */
import { existsSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InstallsWorld } from './installs-world.ts';

let world: InstallsWorld;
beforeAll(async () => {
  world = await InstallsWorld.make(['one']);
  const definition = world.definition({ workflows: { ship: { type: 'basic', service: 'web', environment: 'prod' } } });
  const services = { web: { ...world.service('installed'), keep: 2 } };
  await world.apply({ ...definition, services });
});
afterAll(() => world.remove());

const rolled = z.object({ executionId: z.string() });

const list = (...parts: string[]): readonly string[] => {
  const directory = join(world.hosts[0]?.directory ?? '', 'shop/web/prod', ...parts);
  return existsSync(directory) ? readdirSync(directory).toSorted() : [];
};
const archives = (): readonly string[] => list('runtime').filter((name) => name.endsWith('.tgz'));

describe('five versions, of which two are kept', () => {
  const backups: string[] = [];
  let last = '';

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
