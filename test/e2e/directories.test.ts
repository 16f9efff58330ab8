/** Blue/green by two directories of every host (orchestration 2.2, 10.3), through the API, on real hosts. */
import { existsSync, lstatSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { InstallsWorld } from './installs-world.ts';

const LIVE = 'site/live';
const STAGE = 'site/stage';

let world: InstallsWorld;
beforeAll(async () => {
  world = await InstallsWorld.make(['one', 'two']);
  const onHosts = (name: string, script: string) => ({ script: { script, on: 'hosts', shell: 'sh' }, name });
  const site = {
    ...world.service('site'),
    commands: {
      Install: [
        'setup-env',
        { scp: '$WINGS_RUNTIME_PATH' },
        { exec: { script: 'echo "$ARTIFACT_FILE_NAME" >version', in: '$WINGS_RUNTIME_PATH' } },
      ],
    },
  };
  const version = (directory: string): string => `$(cat "$HOME/${directory}/version" 2>/dev/null)`;
  await world.apply({
    ...world.definition({}),
    services: { site },
    environments: {
      prod: {
        type: 'production',
        infrastructure: {
          static: {
            ...world.infrastructure(world.hosts),
            directories: { live: `$HOME/${LIVE}`, stage: `$HOME/${STAGE}` },
          },
        },
      },
    },
    workflows: {
      ship: {
        type: 'blue-green',
        swap: 'directories',
        service: 'site',
        environment: 'prod',
        // What is seen while the next version lies beside the one that serves.
        verify: [
          onHosts(
            'Staged',
            `echo "live ${version(LIVE)}, staged ${version(STAGE)}" >>"$HOME/log"; [ ! -e "$HOME/bad" ]`,
          ),
        ],
        sections: {
          'Verify Service': [onHosts('Served', `echo "live ${version(LIVE)}" >>"$HOME/log"; [ ! -e "$HOME/worse" ]`)],
        },
      },
    },
  });
}, 60_000);
afterAll(() => world.remove());

const started = z.object({ executionId: z.string() });
const fileOf = (host: number, ...path: string[]): string => join(world.hosts[host]?.directory ?? '', ...path);
/** What each host serves. */
const live = (): readonly string[] =>
  [0, 1].map((host) => {
    const link = fileOf(host, LIVE);
    if (!existsSync(link)) return 'nothing';
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    return readFileSync(join(link, 'version'), 'utf8').trim();
  });
const twice = (version: string): readonly string[] => [version, version];

async function deploy(build: number) {
  world.publish(build);
  const body = { name: 'ship', artifacts: { site: String(build) } };
  const { executionId } = await world.demand(started, 'POST', '/executions', body);
  return (await world.settled(executionId)).header;
}

let seen = [0, 0];
beforeEach(() => {
  seen = [0, 1].map((host) => world.log(host).length);
});
const told = (host: number): readonly string[] => world.log(host).slice(seen[host]);

it('puts the first version beside nothing, and it becomes live', async () => {
  expect(await deploy(1)).toMatchObject({ status: 'SUCCESS' });
  expect(live()).toEqual(twice('web-1.tgz'));
  expect(told(0)).toEqual(['live , staged web-1.tgz', 'live web-1.tgz']);
}, 60_000);

it('leaves what serves alone until the next version is verified beside it', async () => {
  expect(await deploy(2)).toMatchObject({ status: 'SUCCESS' });
  expect(live()).toEqual(twice('web-2.tgz'));
  for (const host of [0, 1]) {
    expect(told(host)).toEqual(['live web-1.tgz, staged web-2.tgz', 'live web-2.tgz']);
    expect(realpathSync(fileOf(host, LIVE))).not.toBe(realpathSync(fileOf(host, STAGE)));
  }
}, 60_000);

it('never makes live what does not pass, though only one host says so', async () => {
  writeFileSync(fileOf(1, 'bad'), '');
  expect(await deploy(3)).toMatchObject({ status: 'FAILED', rollback: 'NOTHING' });
  rmSync(fileOf(1, 'bad'));
  expect(live()).toEqual(twice('web-2.tgz'));
  expect(told(0)).toEqual(['live web-2.tgz, staged web-3.tgz']);
}, 60_000);

it('swaps every host back when one fails after the swap', async () => {
  // The stage was used for the version that failed: what served before is live, and that is what it goes back to.
  writeFileSync(fileOf(1, 'worse'), '');
  expect(await deploy(4)).toMatchObject({ status: 'FAILED', rollback: 'SUCCESS' });
  rmSync(fileOf(1, 'worse'));
  expect(told(0)).toEqual(['live web-2.tgz, staged web-4.tgz', 'live web-4.tgz']);
  expect(live()).toEqual(twice('web-2.tgz'));
}, 60_000);

it('swaps back on request after success, and goes on from there', async () => {
  const good = await deploy(5);
  expect(good.status).toBe('SUCCESS');
  expect(live()).toEqual(twice('web-5.tgz'));
  const back = await world.demand(started, 'POST', `/executions/${good.executionId}/rollback`, { reason: '' });
  expect((await world.settled(back.executionId)).header.status).toBe('SUCCESS');
  expect(live()).toEqual(twice('web-2.tgz'));
  expect((await deploy(6)).status).toBe('SUCCESS');
  expect(live()).toEqual(twice('web-6.tgz'));
}, 90_000);
