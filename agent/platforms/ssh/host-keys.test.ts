import { expect, test } from 'vitest';
import { fingerprint, pinned, pinnedType } from './host-keys.ts';

const blob = Buffer.from('0000000b7373682d65643235353139', 'hex');
const line = `ssh-ed25519 ${blob.toString('base64')}`;

test.each([
  [fingerprint(blob), fingerprint(blob)],
  [`${fingerprint(blob)}=`, fingerprint(blob)],
  [line, fingerprint(blob)],
  [`${line} root@web-1`, fingerprint(blob)],
  [`web-1,10.0.0.1 ${line}`, fingerprint(blob)],
  ['MD5:aa:bb', null],
  ['', null],
])('the pin %j is %j', (pin, wanted) => {
  expect(pinned(pin)).toBe(wanted);
});

test('a key line also says which kind of key to ask for', () => {
  expect(pinnedType(line)).toBe('ssh-ed25519');
  expect(pinnedType(fingerprint(blob))).toBeNull();
});
