import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { FailureError } from '@fairlead/proto/model/failure.ts';
import { quote, quotePath } from './quote.ts';

const shell = (words: string): string =>
  execFileSync('/bin/sh', ['-c', `printf '%s' ${words}`], { encoding: 'utf8', env: { HOME: '/srv/de ploy' } });

test.each(['', 'plain', "it's", '$HOME `x` "y" \\ !', 'a\nb', '-n', '*', '~', "'''"])(
  'one word stays one word: %j',
  (text) => {
    expect(shell(quote(text))).toBe(text);
  },
);

test('a NUL cannot be in a word', () => {
  expect(() => quote('a\0b')).toThrow(FailureError);
  expect(() => quote('a\0b')).toThrow('NUL');
});

test.each([
  ['$HOME/my app/x', '/srv/de ploy/my app/x'],
  ['${HOME}/x', '/srv/de ploy/x'],
  ['~/x', '/srv/de ploy/x'],
  ['~', '/srv/de ploy'],
  ['/srv/~x/$OTHER/${UNSET}', '/srv/~x/$OTHER/${UNSET}'],
  ['$WINGS_RUNTIME_PATH/web apps', '/srv/de ploy/shop/run time/web apps'],
  ['/x/$(rm -rf .)/`id`', '/x/$(rm -rf .)/`id`'],
  ['$LOOP', '$LOOP'],
  ['', ''],
])('the path %s is %s', (written, meant) => {
  const known = { WINGS_RUNTIME_PATH: '$HOME/shop/run time', LOOP: '$LOOP' };
  expect(shell(quotePath(written, known))).toBe(meant);
});
