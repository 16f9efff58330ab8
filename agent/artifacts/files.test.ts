import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FailureError } from '@fairlead/proto/model/failure.ts';
import { realSystem } from '../../test/support/ssh-host/system.ts';
import { ArtifactFiles } from './files.ts';

const LONG_AGO = new Date(0);
const MUCH = Number.MAX_SAFE_INTEGER;

let directory = '';
let files: ArtifactFiles;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-files-'));
  files = await ArtifactFiles.open(directory, realSystem.ids);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function* of(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}
const add = async (text: string): Promise<string> => (await files.add(of(text), () => undefined)).sha256;

test('what is neither kept nor in use goes when the disk has no room, however little there is', async () => {
  const [old, pinned, lately] = [await add('old'), await add('pinned'), await add('lately')];
  for (const each of [old, pinned]) await utimes(join(directory, each), LONG_AGO, LONG_AGO);
  await files.prune(MUCH, new Set([pinned]), Date.now(), 0);
  expect(await readdir(directory)).toHaveLength(3);
  await files.prune(MUCH, new Set([pinned]), Date.now(), MUCH);
  expect((await readdir(directory)).sort()).toEqual([pinned, lately].sort());
});

test.each(['ENOSPC', 'EDQUOT'])('%s is told as a full disk, and nothing is left of the file', async (errno) => {
  async function* full(): AsyncGenerator<Uint8Array> {
    yield* of('the first of it');
    throw Object.assign(new Error(`${errno}: write`), { code: errno });
  }
  const error: unknown = await files.add(full(), () => undefined).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FailureError);
  expect((error as FailureError).failures[0].code).toBe('DISK_FULL');
  expect(await readdir(directory)).toEqual([]);
});
