import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testAttempt } from '../../../test/support/ssh-host/attempt.ts';
import { createArtifacts, type Artifacts } from '../../artifacts/index.ts';
import { createCollectPlatform } from './index.ts';

let directory = '';
let artifacts: Artifacts;
const { system } = testAttempt({ task: { type: 'ARTIFACT_COLLECTION', parameters: {} } });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-collect-'));
  await writeFile(join(directory, 'web-7.tgz'), 'seven');
  const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  artifacts = await createArtifacts({
    directory: join(directory, 'agent'),
    system,
    logger: logger as never, // Nothing is logged here.
    secret: () => Promise.reject(new Error('no secret is needed')),
  });
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const collect = (more: object = {}, signal?: AbortSignal) => {
  const source = { kind: 'DIRECTORY', path: directory, match: String.raw`web-(?<build>\d+)\.tgz` };
  const parameters = { service: 'web', source, ...more };
  const attempt = testAttempt({ task: { type: 'ARTIFACT_COLLECTION', parameters } });
  return createCollectPlatform(artifacts).run(signal === undefined ? attempt : { ...attempt, signal });
};

describe('an artifact collection', () => {
  test('finds the newest build, or the one that is named', async () => {
    await writeFile(join(directory, 'web-6.tgz'), 'six');
    const newest = await collect();
    expect(newest).toMatchObject({ outcome: 'SUCCESS', touched: false, outputs: { service: 'web', build: '7' } });
    expect(await collect({ build: '6' })).toMatchObject({ outputs: { build: '6', fileName: 'web-6.tgz' } });
  });

  test('says which builds there are when the wanted one is not', async () => {
    const { failure } = await collect({ build: '9' });
    expect(failure).toMatchObject({ code: 'NO_ARTIFACT' });
    expect(failure?.message).toMatch(/^the service 'web' has no build '9'; it has 7/);
  });

  test('waits until it is there', async () => {
    const result = collect({ build: '8', withinMs: 20_000 });
    await writeFile(join(directory, 'web-8.tgz'), 'eight');
    expect(await result).toMatchObject({ outcome: 'SUCCESS', outputs: { build: '8' } });
  });

  test('stops looking when it is told to', async () => {
    const stop = new AbortController();
    const result = collect({ build: '10', withinMs: 60_000 }, stop.signal);
    stop.abort({ kind: 'cancel', graceMs: 0 });
    expect(await result).toMatchObject({ outcome: 'CANCELED', confirmed: true, touched: false });
  });

  test('fails as its source does, and refuses parameters that are none', async () => {
    const source = { kind: 'DIRECTORY', path: join(directory, 'nowhere'), match: '(?<build>.+)' };
    expect(await collect({ source })).toMatchObject({ failure: { code: 'ARTIFACT_UNAVAILABLE' } });
    expect(await collect({ source: { kind: 'NOTHING' } })).toMatchObject({ failure: { code: 'INVALID_INPUT' } });
  });
});
