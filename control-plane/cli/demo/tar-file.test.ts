import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { tarGz } from './tar-file.ts';

it('makes what tar reads', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'fairlead-tar-'));
  const entries = [
    { name: 'empty', text: '' },
    { name: 'lib/grüße.txt', text: 'ein Block genau: '.padEnd(512, 'x') },
    { name: 'long', text: 'y'.repeat(5000) },
  ];
  writeFileSync(path.join(directory, 'a.tgz'), tarGz(entries));
  execFileSync('tar', ['-xzf', 'a.tgz'], { cwd: directory });
  for (const { name, text } of entries) expect(readFileSync(path.join(directory, name), 'utf8')).toBe(text);
  rmSync(directory, { recursive: true });
});

it('makes the same bytes for the same files, and refuses names that do not fit', () => {
  expect(tarGz([{ name: 'a', text: 'b' }])).toEqual(tarGz([{ name: 'a', text: 'b' }]));
  expect(() => tarGz([{ name: 'x'.repeat(101), text: '' }])).toThrow('too long');
});
