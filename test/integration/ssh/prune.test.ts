/** What a deployment takes away from a host when it has succeeded, and what it never does. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Platform } from '@fairlead/agent/platforms/platform.ts';
import { createSshPlatform } from '@fairlead/agent/platforms/ssh/index.ts';
import type { Releases, TaskContext } from '@fairlead/proto/model/task.ts';
import { testAttempt } from '../../support/ssh-host/attempt.ts';
import { PASSWORD, startTestHost, type TestHost } from '../../support/ssh-host/index.ts';
import { realSystem } from '../../support/ssh-host/system.ts';

const id = (number: number): string => `17000000000${String(number).padStart(2, '0')}-007`;
const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

let host: TestHost;
let platform: Platform;
let data = '';
let home = '';
let number = 0;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'fairlead-agent-'));
  host = await startTestHost('web-1');
  platform = await createSshPlatform({ directory: data, system: realSystem });
});
afterAll(async () => {
  await platform.close();
  await host.remove();
  await rm(data, { recursive: true, force: true });
});
beforeEach(async () => {
  home = `my 'app' ${(number += 1)}`;
  for (const kind of ['backup', 'staging', 'runtime']) await mkdir(at(kind), { recursive: true });
});

const at = (...parts: string[]): string => join(host.directory, home, ...parts);
const make = async (kind: string, ...names: string[]): Promise<void> => {
  for (const name of names) {
    await mkdir(at(kind, name), { recursive: true });
    await writeFile(at(kind, name, 'a file'), name);
  }
};
const list = async (...parts: string[]): Promise<string[]> => (await readdir(at(...parts))).toSorted();

const releases = (more: Partial<Releases> = {}): Releases => ({
  id: id(9),
  keep: 2,
  good: [{ id: id(8), fileName: 'web-8.tgz', sha256: null }],
  since: 0,
  before: 1_700_000_000_008,
  files: [],
  ...more,
});

async function deploy(which: Releases | undefined, script = 'true', paths: Partial<TaskContext['paths']> = {}) {
  const { context } = testAttempt({ task: { type: 'COMMAND', parameters: {} } }).task;
  const own = which?.id ?? id(9);
  const attempt = testAttempt({
    secrets: { 'env:PASSWORD': PASSWORD },
    task: {
      type: 'COMMAND',
      attemptId: `exec-1/run/p/prune@web-1#${(number += 1)}`,
      target: host.target,
      parameters: { command: 'Install', units: [{ unit: 'EXEC', name: 'Install', script, shell: 'sh' }] },
      context: {
        ...context,
        paths: {
          runtime: `$HOME/${home}/runtime`,
          backup: `$HOME/${home}/backup/${own}`,
          staging: `$HOME/${home}/staging/${own}`,
          ...paths,
        },
        ...(which === undefined ? {} : { releases: which }),
      },
    },
  });
  const result = await platform.run(attempt);
  return { result, log: attempt.lines() };
}

describe('after a success', () => {
  test('older releases go, in both places, and the rest stays; again it finds nothing', async () => {
    const all = [1, 2, 7, 8, 9, 10].map(id);
    await make('backup', ...all);
    await make('staging', ...all);
    const { result, log } = await deploy(releases());
    expect(result.outcome).toBe('SUCCESS');
    expect(await list('backup')).toEqual([8, 9, 10].map(id));
    expect(await list('staging')).toEqual([8, 9, 10].map(id));
    expect(log).toContain(`backup/${id(1)} removed`);
    const again = await deploy(releases());
    expect(again.log).not.toContain('removed');
    expect(again.log).not.toContain('Warning');
  });

  test('good ones stay however old, and what is older than anything known', async () => {
    await make('backup', ...[1, 2, 3, 4, 8, 9].map(id));
    const good = [...releases().good, { id: id(3), fileName: 'x', sha256: null }];
    await deploy(releases({ good, since: 1_700_000_000_002 }));
    expect(await list('backup')).toEqual([1, 3, 8, 9].map(id));
  });

  test('an archive goes when it is what was brought, and only then', async () => {
    for (const name of ['web-1.tgz', 'web-2.tgz', 'web-3.tgz']) await writeFile(at('runtime', name), name);
    await writeFile(at('runtime', "it's; $(touch gone) *"), 'odd');
    await writeFile(at('keep me'), 'outside');
    await symlink(at('keep me'), at('runtime', 'web-4.tgz'));
    const { log } = await deploy(
      releases({
        files: [
          { fileName: 'web-1.tgz', sha256: sha('web-1.tgz') },
          { fileName: 'web-2.tgz', sha256: sha('another') },
          { fileName: 'web-3.tgz', sha256: '' },
          { fileName: 'web-4.tgz', sha256: sha('outside') },
          { fileName: '../keep me', sha256: sha('outside') },
          { fileName: "it's; $(touch gone) *", sha256: sha('odd') },
        ],
      }),
    );
    expect(await list('runtime')).toEqual(['web-2.tgz', 'web-3.tgz', 'web-4.tgz']);
    expect(await list()).toContain('keep me');
    expect(log).not.toContain('Warning');
  });
});

describe('never', () => {
  const hostile = ['..', '1700000000001', `x${id(1)}`, `${id(1)}0`, `${id(1)}.bak`, "1700000000001-00'", '17-007'];

  test('what a deployment did not make, whatever it is called', async () => {
    await make('backup', id(1), ...hostile.slice(1), '1700000000001-007 x', '1700000000001-007;rm -rf x-007');
    await writeFile(at('backup', id(2)), 'a file');
    const before = await list('backup');
    const { result } = await deploy(releases());
    expect(result.outcome).toBe('SUCCESS');
    expect(await list('backup')).toEqual(before.filter((name) => name !== id(1)));
  });

  test('anything behind a link', async () => {
    await make('elsewhere', id(1), id(2));
    await make('backup', id(3));
    await symlink(at('elsewhere'), at('backup', id(1)));
    await symlink(at('elsewhere', id(2)), at('backup', id(3), 'inside'));
    await rm(at('staging'), { recursive: true });
    await symlink(at('elsewhere'), at('staging'));
    const { result, log } = await deploy(releases());
    expect(result.outcome).toBe('SUCCESS');
    expect(await list('elsewhere')).toEqual([id(1), id(2)]);
    expect(await list('elsewhere', id(2))).toEqual(['a file']);
    expect(await list('backup')).toEqual([id(1)]);
    expect(log).toMatch(/Warning: .*staging is a link to elsewhere/);
  });

  test.each([
    ['a path that is not the release’s own', { backup: '$HOME/shared/1700000000001-007' }],
    ['a path that climbs', { backup: `$HOME/shared/../shared/${id(9)}` }],
  ])('beside %s', async (_what, paths) => {
    const shared = join(host.directory, 'shared');
    await mkdir(join(shared, id(1)), { recursive: true });
    await deploy(releases(), 'true', paths);
    expect(await readdir(shared)).toEqual([id(1)]);
  });

  test('after a failure, and for what takes a deployment back', async () => {
    await make('backup', id(1));
    expect((await deploy(releases(), 'false')).result.outcome).toBe('FAILED');
    expect((await deploy(undefined)).result.outcome).toBe('SUCCESS');
    expect(await list('backup')).toEqual([id(1)]);
  });
});

describe('a warning, and no failure, is', () => {
  beforeEach(() => make('backup', id(1)));

  test('what cannot be taken away', async () => {
    host.faults.cannotRemove = true;
    const { result, log } = await deploy(releases());
    host.faults.cannotRemove = false;
    expect(result.outcome).toBe('SUCCESS');
    expect(log).toMatch(/Warning: .* on web-1: .*1700000000001-007: rm: Operation not permitted/);
  });

  test('a connection that is lost meanwhile', async () => {
    const { commands } = host;
    const before = commands.length;
    // The command of the deployment itself is the first.
    commands.push = (...more: string[]): number => {
      if (commands.length > before) setImmediate(() => host.cut());
      return Array.prototype.push.apply(commands, more);
    };
    const { result, log } = await deploy(releases());
    commands.push = Array.prototype.push.bind(commands);
    expect(result.outcome).toBe('SUCCESS');
    expect(log).toContain('Warning: older releases could not be taken away on web-1');
  });
});
