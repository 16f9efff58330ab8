import { expect, test } from 'vitest';
import { Redactor } from '../../redact.ts';
import { explainExit, Tail } from './explain-exit.ts';

// Long, as a signed token is.
const SECRET = Array.from({ length: 800 }, (_each, index) => 'abcdefghijklmnop'.charAt((index * index) % 16)).join('');

function told(stderr: string, status = 1): string {
  const redactor = new Redactor();
  redactor.register(SECRET);
  const tail = new Tail((text) => redactor.text(text));
  tail.push(Buffer.from(stderr), 'stderr');
  const failure = explainExit({ end: 'exited', status, values: new Map() }, tail, 'web-1');
  return JSON.stringify({ ...failure, message: redactor.text(failure?.message ?? '') });
}

test.each([
  ['at the end of what is told', `curl: (22) refused with authorization: Bearer ${SECRET}`],
  ['longer than what is told', SECRET],
  ['at the start of what is kept', `${SECRET}${'.'.repeat(4_000)}`],
  ['taken for the name of a tool', `sh: 1: ${SECRET}: not found`],
])('of a secret nothing is told, also where it stands %s', (_where, stderr) => {
  const text = told(stderr, 127);
  for (let at = 0; at + 8 <= SECRET.length; at += 1) expect(text).not.toContain(SECRET.slice(at, at + 8));
});

test('the last line is told', () => {
  expect(told('one\ntwo\n')).toContain('exit status 1: two');
  expect(told(`${'.'.repeat(5_000)}\nlast`)).toContain('exit status 1: last');
});
