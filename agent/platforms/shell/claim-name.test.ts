import fc from 'fast-check';
import { expect, test } from 'vitest';
import { claimName } from './claim-name.ts';

test('is a file name of bounded length that starts with no dot or dash', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (id) => {
      expect(claimName(id)).toMatch(/^[A-Za-z0-9][A-Za-z0-9_.-]{15,116}$/);
    }),
  );
});

test('differs for attempts that differ only in what a file name cannot hold', () => {
  const names = ['a/b@c#1', 'a_b@c#1', 'a/b@c#2', 'a/b@c#1 '].map((id) => claimName(id));
  expect(new Set(names).size).toBe(names.length);
});
