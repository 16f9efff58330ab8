import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, sameJson, type Json } from './json.ts';

const values = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;

/** The same, made anew, with the keys of every object in the opposite order. */
const turned = (value: Json): Json => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(turned);
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, each]) => [name, turned(each)]),
  );
};

describe('two values', () => {
  it('are the same exactly when their canonical texts are', () => {
    fc.assert(
      fc.property(values, values, (one, other) => {
        expect(sameJson(one, other)).toBe(canonicalJson(one) === canonicalJson(other));
      }),
    );
  });

  it('are the same in whatever order their keys stand', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(sameJson(value, turned(value))).toBe(true);
        expect(sameJson([value, { a: value }], [turned(value), { a: turned(value) }])).toBe(true);
      }),
    );
  });

  it.each([
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: 1, b: 2 }, { a: 1 }],
    [{ a: 1 }, { b: 1 }],
    [{ a: null }, {}],
    [{}, { a: null }],
    [
      [1, 2],
      [2, 1],
    ],
    [[1], [1, 2]],
    [[], {}],
    [{}, []],
    [{ a: { b: [1, { c: 2 }] } }, { a: { b: [1, { c: 3 }] } }],
    [null, {}],
    ['1', 1],
  ])('are not the same: %j and %j', (one, other) => {
    expect(sameJson(one, other)).toBe(false);
  });

  it('are the same when a field is absent in one and undefined in the other', () => {
    expect(sameJson({ a: 1, b: undefined }, { a: 1 })).toBe(true);
    expect(sameJson({ a: 1 }, { b: undefined, a: 1 })).toBe(true);
    expect(sameJson({ a: undefined }, { a: 1 })).toBe(false);
    expect(sameJson({ a: 1 }, { a: undefined })).toBe(false);
  });
});
