/** The links of a real file system, changed by the host's own shell. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDirectoriesPlatform } from '@fairlead/agent/platforms/directories/index.ts';
import { createSshPlatform } from '@fairlead/agent/platforms/ssh/index.ts';
import type { Platform } from '@fairlead/agent/platforms/platform.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import { testAttempt } from '../../support/ssh-host/attempt.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/ssh-host/index.ts';
import { realSystem } from '../../support/ssh-host/system.ts';

let host: TestHost;
let ssh: Awaited<ReturnType<typeof createSshPlatform>>;
let platform: Platform;
let data = '';
let number = 0;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'fairlead-agent-'));
  host = await startTestHost('web-1');
  ssh = await createSshPlatform({ directory: data, system: realSystem });
  platform = createDirectoriesPlatform({
    onHost: ssh.onHost,
    through: () => Promise.reject(new Error('no load balancer here')),
  });
});
afterEach(async () => {
  await ssh.close();
  await host.remove();
  await rm(data, { recursive: true, force: true });
});

const at = (...path: string[]): string => join(host.directory, 'srv', ...path);
const linked = (name: string): string | null =>
  existsSync(at()) && lstatOrNull(at(name)) ? readlinkSync(at(name)) : null;
const lstatOrNull = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
const put = (version: string): void => writeFileSync(at('stage', 'version'), version);
const served = (): string | null =>
  existsSync(at('live', 'version')) ? readFileSync(at('live', 'version'), 'utf8') : null;

async function swap(direction: 'prepare' | 'forward' | 'back', mark: string, then?: string): Promise<AttemptResult> {
  number += 1;
  return platform.run(
    testAttempt({
      secrets: { 'env:PASSWORD': PASSWORD },
      task: {
        type: 'SWAP_DIRECTORIES',
        attemptId: `exec-3/run/p/swap@web-1#${number}`,
        target: host.target,
        parameters: {
          live: '$HOME/srv/live',
          stage: '$HOME/srv/stage',
          direction,
          mark,
          ...(then === undefined ? {} : { then }),
        },
      },
    }),
  );
}

async function deploy(mark: string, version: string): Promise<void> {
  expect((await swap('prepare', mark)).outcome).toBe('SUCCESS');
  put(version);
  expect((await swap('forward', mark)).outcome).toBe('SUCCESS');
}

describe('stage and live', () => {
  it('change places, and back', async () => {
    await deploy('x1', '1');
    expect([served(), linked('live'), linked('stage')]).toEqual(['1', at('live.1'), null]);
    expect((await swap('prepare', 'x2')).outcome).toBe('SUCCESS');
    expect([served(), linked('stage')]).toEqual(['1', at('live.2')]);
    put('2');
    expect((await swap('forward', 'x2')).outputs).toEqual({ live: at('live.2'), stage: at('live.1') });
    expect(served()).toBe('2');
    expect((await swap('back', 'x2')).outputs).toEqual({ live: at('live.1'), stage: at('live.2') });
    expect(served()).toBe('1');
  });

  it('each come to the same end however often they are told', async () => {
    await deploy('x1', '1');
    await deploy('x2', '2');
    expect((await swap('forward', 'x2')).outcome).toBe('SUCCESS');
    expect((await swap('prepare', 'x2')).outcome).toBe('SUCCESS');
    expect(served()).toBe('2');
    for (const _ of [1, 2]) expect((await swap('back', 'x2')).outcome).toBe('SUCCESS');
    expect([served(), linked('stage')]).toEqual(['1', at('live.2')]);
  });

  it('of a first deployment go back to nothing', async () => {
    await deploy('x1', '1');
    expect((await swap('back', 'x1')).outcome).toBe('SUCCESS');
    expect([linked('live'), linked('stage')]).toEqual([null, at('live.1')]);
  });

  it('are left alone by a rollback of what never swapped', async () => {
    await deploy('x1', '1');
    expect((await swap('prepare', 'x2')).outcome).toBe('SUCCESS');
    put('2');
    expect((await swap('back', 'x2')).outcome).toBe('SUCCESS');
    expect(served()).toBe('1');
  });

  it('never go back to what a later deployment overwrote', async () => {
    await deploy('x1', '1');
    await deploy('x2', '2');
    expect((await swap('prepare', 'x3')).outcome).toBe('SUCCESS');
    const result = await swap('back', 'x2');
    expect(`${result.failure?.code}: ${result.failure?.message}`).toMatch(
      /^CHECK_FAILED: on web-1: another deployment \(x3\) has used/,
    );
    expect(served()).toBe('2');
  });

  it('empty the stage, hidden files and all, and nothing else', async () => {
    await deploy('x1', '1');
    await deploy('x2', '2');
    for (const name of ['old', '.hidden', '..odd']) writeFileSync(at('stage', name), 'x');
    expect((await swap('prepare', 'x3')).outcome).toBe('SUCCESS');
    for (const name of ['old', '.hidden', '..odd', 'version']) expect(existsSync(at('stage', name)), name).toBe(false);
    expect(served()).toBe('2');
  });

  it('complete a swap that was cut off between the two links', async () => {
    await deploy('x1', '1');
    expect((await swap('prepare', 'x2')).outcome).toBe('SUCCESS');
    put('2');
    // As it is after the first of the two renames.
    writeFileSync(at('live.swap'), `x2|swap|${at('live.1')}|${at('live.2')}\n`);
    rmSync(at('live'));
    symlinkSync(at('live.2'), at('live'));
    expect((await swap('forward', 'x2')).outputs).toEqual({ live: at('live.2'), stage: at('live.1') });
    expect((await swap('back', 'x2')).outcome).toBe('SUCCESS');
    expect(served()).toBe('1');
  });

  it('are not made of directories that people have put there', async () => {
    mkdirSync(at('live'), { recursive: true });
    writeFileSync(at('live', 'version'), 'theirs');
    const result = await swap('prepare', 'x1');
    expect(`${result.failure?.code}: ${result.failure?.message}`).toMatch(
      /^CHECK_FAILED: .*live is no link: move it once, with mv/,
    );
    expect(served()).toBe('theirs');
  });

  it('work with links that people have made, relative ones too', async () => {
    for (const name of ['a', 'b']) mkdirSync(at(name), { recursive: true });
    writeFileSync(at('a', 'version'), '0');
    symlinkSync('a', at('live'));
    symlinkSync('b', at('stage'));
    await deploy('x1', '1');
    expect([served(), linked('live'), linked('stage')]).toEqual(['1', at('b'), 'a']);
    expect((await swap('back', 'x1')).outcome).toBe('SUCCESS');
    expect(served()).toBe('0');
  });

  it('never empty what is live, whatever the stage calls it', async () => {
    mkdirSync(at('live.1'), { recursive: true });
    writeFileSync(at('live.1', 'version'), '0');
    symlinkSync(at('live.1'), at('live'));
    symlinkSync('./live.1/', at('stage'));
    expect((await swap('prepare', 'x1')).outcome).toBe('SUCCESS');
    expect([served(), linked('stage')]).toEqual(['0', at('live.2')]);
  });

  it('tell whoever serves them, and fail when it cannot be told', async () => {
    expect((await swap('prepare', 'x1')).outcome).toBe('SUCCESS');
    put('1');
    expect((await swap('forward', 'x1', 'cp version ../told')).outcome).toBe('SUCCESS');
    expect(readFileSync(at('told'), 'utf8')).toBe('1');
    expect((await swap('forward', 'x1', 'exit 3')).failure?.code).toBe('COMMAND_FAILED');
  });

  it('swap nothing where nothing was staged', async () => {
    const result = await swap('forward', 'x1');
    expect(`${result.failure?.code}: ${result.failure?.message}`).toMatch(/^CHECK_FAILED: .*names no directory/);
  });

  it('never let a reader find nothing', async () => {
    await deploy('x1', '1');
    const missed: string[] = [];
    let looked = 0;
    let looking = true;
    const look = async (): Promise<void> => {
      while (looking) {
        looked += 1;
        if (served() === null) missed.push(String(looked));
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const reader = look();
    await deploy('x2', '2');
    await swap('back', 'x2');
    looking = false;
    await reader;
    expect([missed, looked > 10]).toEqual([[], true]);
  });
});
