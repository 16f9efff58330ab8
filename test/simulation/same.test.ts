import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalJson, type Json } from '@fairlead/proto/model/json.ts';
import { same } from './same.ts';

it('is so exactly when the canonical texts are', () => {
  const value = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>;
  fc.assert(
    fc.property(value, value, (one, other) => {
      expect(same(one, other)).toBe(canonicalJson(one) === canonicalJson(other));
      expect(same(one, structuredClone(one))).toBe(true);
    }),
  );
});

it.each<readonly [unknown, unknown, boolean]>([
  [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
  [{ a: 1, b: undefined }, { a: 1 }, true],
  [{ a: null }, {}, false],
  [[undefined], [null], true],
  [{}, [], false],
  [[1], [1, 2], false],
  [{ a: 1 }, { b: 1 }, false],
  ['1', 1, false],
  [Number.NaN, Number.NaN, true],
])('%j and %j: %j', (one, other, expected) => {
  expect(same(one, other)).toBe(expected);
  expect(same(other, one)).toBe(expected);
});
