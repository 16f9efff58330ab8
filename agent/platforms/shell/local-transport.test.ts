import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** Uses up every descriptor of its process, asks for a shell, frees them and asks again. */
const PROGRAM = `
import { closeSync, openSync } from 'node:fs';
import { localTransport } from '${new URL('local-transport.ts', import.meta.url).href}';
const transport = localTransport();
const open = () => transport.open('exit 3').then(
  (channel) => (channel.stdout.resume(), channel.stderr.resume(), channel.ended),
  (error) => error.failures[0],
);
const before = await open();
const held = [];
try {
  for (;;) held.push(openSync('/dev/null', 'r'));
} catch {}
const without = await open();
// With room for some of its pipes only.
for (let n = 0; n < 3; n += 1) closeSync(held.pop());
const short = await open();
for (const each of held) closeSync(each);
process.stdout.write(JSON.stringify({ before, without, short, after: await open() }));
`;

test('an agent that has no descriptor left says so of the step, and lives on', async () => {
  const command = 'ulimit -n 256; exec "$0" --import tsx --input-type=module -e "$1"';
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command, process.execPath, PROGRAM]);
  const refused = { code: 'OVERLOADED', details: { errno: 'EMFILE' } };
  const exited = { end: 'exit', status: 3 };
  expect(JSON.parse(stdout)).toMatchObject({ before: exited, without: refused, short: refused, after: exited });
}, 30_000);
