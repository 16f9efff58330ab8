import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDirectory } from './make-directory.ts';

describe('making a directory', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'fairlead-directory-'));
  });
  afterEach(() => rm(root, { recursive: true }));

  it('makes all that is missing, for nobody else to read, and is content where it is there', async () => {
    const directory = join(root, 'a', 'b', 'c');
    await Promise.all([makeDirectory(directory, 0o700), makeDirectory(directory, 0o700)]);
    await makeDirectory(directory, 0o700);
    for (const each of ['a', 'a/b', 'a/b/c']) expect((await stat(join(root, each))).mode & 0o777).toBe(0o700);
  });

  it('says which of those above is no directory', async () => {
    await writeFile(join(root, 'file'), '');
    await expect(makeDirectory(join(root, 'file', 'a', 'b'), 0o700)).rejects.toThrow(`${root}/file is no directory`);
    await expect(makeDirectory(join(root, 'file'), 0o700)).rejects.toThrow(`${root}/file is no directory`);
  });

  it('says where nothing can be made', async () => {
    await symlink(join(root, 'nowhere'), join(root, 'link'));
    await expect(makeDirectory(join(root, 'link', 'a'), 0o700)).rejects.toThrow(`nothing can be made in ${root} (`);
  });

  it('comes to an end below /proc, which takes nothing new', async () => {
    await expect(makeDirectory('/proc/fairlead/a', 0o700)).rejects.toThrow('nothing can be made in /');
  });
});
