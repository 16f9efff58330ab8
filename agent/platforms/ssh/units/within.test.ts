/** Some hosts have a `sleep` that takes whole seconds only. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkPort } from './port-check.ts';
import { checkProcess } from './process-check.ts';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'fairlead-within-'));
  const sleep = join(directory, 'sleep');
  writeFileSync(sleep, '#!/bin/sh\ncase $1 in *.*) exit 1 ;; esac\necho "$1" >> "$fairlead_claim"/slept\n');
  chmodSync(sleep, 0o755);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const slept = (script: string): Promise<number> =>
  new Promise((resolve) => {
    const env = { PATH: `${directory}:${process.env['PATH'] ?? ''}`, fairlead_claim: directory };
    const body = `: > "$fairlead_claim"/slept\n(${script}\n)\nwc -l < "$fairlead_claim"/slept`;
    const count = (_: unknown, stdout: string): void => resolve(Number(stdout.trim().split('\n').at(-1)));
    // Not as an argument: the pattern would stand in a command line.
    execFile('sh', [], { env }, count).stdin?.end(body);
  });

test('a check waits no longer than it was told to, however the host sleeps', async () => {
  // The first port: nothing listens there.
  expect(await slept(checkPort({ port: 1, withinMs: 5_000 }, 'listening').script)).toBe(5);
  expect(await slept(checkProcess({ pattern: 'nobody-is-called-this', withinMs: 5_000 }, 'running').script)).toBe(5);
});
