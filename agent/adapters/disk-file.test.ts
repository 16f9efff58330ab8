import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DiskFile } from './disk-file.ts';
import { DiskSpool } from './disk-spool.ts';

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'fairlead-disk-'))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('what is appended is there when the promise resolves, in order, also for the next process', async () => {
  const path = join(directory, 'ledger');
  const file = await DiskFile.open(path);
  await Promise.all(Array.from({ length: 100 }, (_, n) => file.append(bytes(`${n},`))));
  expect(readFileSync(path, 'utf8')).toBe(Array.from({ length: 100 }, (_, n) => `${n},`).join(''));
  await file.close();
  const again = await DiskFile.open(path);
  await again.append(bytes('more'));
  expect(new TextDecoder().decode(await again.read())).toMatch(/98,99,more$/);
  await again.close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('appends and replacements take effect in the order of their calls', async () => {
  const path = join(directory, 'ledger');
  const file = await DiskFile.open(path);
  const before = file.append(bytes('before'));
  const replaced = file.replace(bytes('whole'));
  const after = file.append(bytes('-after'));
  const more = file.append(bytes('-more'));
  await before;
  await Promise.all([replaced, after, more]);
  expect(readFileSync(path, 'utf8')).toBe('whole-after-more');
  await file.close();
});

test('after a failure nothing is written any more', async () => {
  const path = join(directory, 'ledger');
  const file = await DiskFile.open(path);
  await file.append(bytes('one'));
  rmSync(directory, { recursive: true, force: true });
  await expect(file.replace(bytes('two'))).rejects.toThrow('ENOENT');
  await expect(file.append(bytes('three'))).rejects.toThrow('ENOENT');
  await file.close();
});

test('a spool gives back what was put into its slots, and starts empty', async () => {
  const path = join(directory, 'spool');
  const spool = await DiskSpool.open(path, 4 * 65_536);
  expect(spool.slots).toBe(4);
  await Promise.all([spool.write(3, bytes('three')), spool.write(0, bytes('zero'))]);
  expect(new TextDecoder().decode(await spool.read(3, 5))).toBe('three');
  expect(new TextDecoder().decode(await spool.read(0, 4))).toBe('zero');
  await expect(spool.read(3, 6)).rejects.toThrow('5 of 6 bytes');
  await spool.close();
  const again = await DiskSpool.open(path, 4 * 65_536);
  await expect(again.read(0, 4)).rejects.toThrow('0 of 4 bytes');
  await again.close();
});
