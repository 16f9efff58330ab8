import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completeCommands } from './default-commands.ts';
import type { LongService, LongUnit } from './long-form.ts';
import { ARTIFACT_TYPES, type ArtifactType } from './schema.ts';

const namesOf = (units: readonly LongUnit[] | undefined): readonly string[] | undefined =>
  units?.map((unit) => String(unit['name']));

const service = (type: ArtifactType, more: Partial<LongService> = {}): LongService => ({
  type: `ssh/${type}`,
  ...more,
});

const RUNS: Partial<LongService> = { start: { script: 'run' }, stop: { script: 'halt' }, ready: { port: 80 } };

describe('Install', () => {
  const expected: Readonly<Record<ArtifactType, readonly string[] | undefined>> = {
    tar: ['Setup Runtime Paths', 'Copy Artifact', 'Expand Artifact', 'Copy Configs'],
    zip: ['Setup Runtime Paths', 'Copy Artifact', 'Expand Artifact', 'Copy Configs'],
    jar: ['Setup Runtime Paths', 'Copy Artifact', 'Copy Configs'],
    war: ['Setup Runtime Paths', 'Copy Artifact', 'Copy Configs'],
    rpm: ['Setup Runtime Paths', 'Copy Artifact', 'Install Package', 'Copy Configs'],
    other: ['Setup Runtime Paths', 'Copy Configs'],
    docker: undefined,
  };

  it.each(ARTIFACT_TYPES)('of %s', (type) => {
    expect(namesOf(completeCommands(service(type))['Install'])).toEqual(expected[type]);
  });

  it.each(ARTIFACT_TYPES)('of %s stops before and starts after, where it can', (type) => {
    const plain = expected[type];
    const [setup = '', ...rest] = plain ?? [];
    expect(namesOf(completeCommands(service(type, RUNS))['Install'])).toEqual(
      plain && [setup, 'Stop', ...rest, 'Start'],
    );
  });

  it('checks the port itself where the author starts it, or something else does', () => {
    const own = completeCommands(
      service('jar', { ready: { port: 80, within: '9s' }, commands: { Start: [{ exec: { script: 'x' } }] } }),
    );
    expect(own['Install']?.at(-1)).toEqual({
      'port-check-listening': { port: 80, within: '9s' },
      name: 'Port Listening',
    });
    expect(namesOf(own['Start'])).toEqual(['Exec']);
    expect(namesOf(completeCommands(service('jar', { ready: { port: 80 } }))['Install'])?.at(-1)).toBe(
      'Port Listening',
    );
  });

  it('is the author’s where there is one, for Docker too', () => {
    const commands = { Install: [{ 'docker-start': { image: 'x' } }] };
    expect(completeCommands(service('docker', { commands }))).toEqual({
      Install: [{ 'docker-start': { image: 'x' }, name: 'Docker Start' }],
    });
  });
});

describe('the generated scripts, on a host', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'fairlead-definitions-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  const scriptOf = (of: LongService, command: string, name: string): string => {
    const unit = completeCommands(of)[command]?.find((each) => each['name'] === name);
    const exec = unit?.['exec'] as { script: string } | undefined;
    return String(exec?.script);
  };
  const run = (script: string, environment: Record<string, string> = {}) =>
    spawnSync('sh', ['-c', script], {
      cwd: directory,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], ...environment },
    });
  const stop = (script: string, ready: LongService['ready'] | null = null) =>
    run(scriptOf(service('tar', { stop: { script }, ...(ready === null ? {} : { ready }) }), 'Stop', 'Stop'));

  it.each([
    { given: 'nothing installed', files: [], script: 'exit 9', status: 0, says: 'nothing to stop' },
    {
      given: 'a stop script that is not there yet',
      files: ['a.tgz'],
      script: 'bin/stop',
      status: 0,
      says: 'nothing to stop',
    },
    { given: 'a stop script that works', files: ['a'], script: 'echo halted', status: 0, says: 'halted' },
    { given: 'a stop script that fails', files: ['a'], script: 'exit 9', status: 9, says: '' },
    {
      given: 'a stop script that leaves early, with a comment',
      files: ['a'],
      script: 'echo one; exit 0 # done',
      status: 0,
      says: 'one',
    },
  ])('stop: $given', ({ files, script, status, says }) => {
    for (const file of files) writeFileSync(path.join(directory, file), '');
    const ended = stop(script);
    expect(ended.status).toBe(status);
    expect(ended.stdout).toContain(says);
  });

  it('stop: where a port is known, the port decides and not the script', () => {
    writeFileSync(path.join(directory, 'a'), '');
    const ended = stop('set -e; false; echo not reached', { port: 80 });
    expect(ended).toMatchObject({ status: 0, stdout: expect.stringContaining('ended with 1') });
    expect(ended.stdout).not.toContain('not reached');
  });

  it.each([
    { file: 'web-1.tgz', flags: 'czf' },
    { file: 'web-1.tar.gz', flags: 'czf' },
    { file: 'web 1.tar', flags: 'cf' },
  ])('expands $file', ({ file, flags }) => {
    writeFileSync(path.join(directory, 'server.js'), 'hello');
    execFileSync('tar', [flags, file, 'server.js'], { cwd: directory });
    rmSync(path.join(directory, 'server.js'));
    const ended = run(scriptOf(service('tar'), 'Install', 'Expand Artifact'), { ARTIFACT_FILE_NAME: file });
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    expect(run('cat server.js').stdout).toBe('hello');
  });
});
