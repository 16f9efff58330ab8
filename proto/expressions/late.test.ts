import { describe, expect, it } from 'vitest';
import {
  describeLate,
  lateReferencesIn,
  resolveLate,
  resolveLateValue,
  type LateReference,
  type ResolvedText,
} from './index.ts';
import { canonicalText, isLateText } from './late.ts';

const known = (reference: LateReference): string | undefined => {
  if (reference.late === 'secret' && reference.name === 'db') return 'pa${env.name}ss';
  return reference.late === 'instance' ? `<${reference.path}>` : undefined;
};
const db: LateReference = { late: 'secret', name: 'db' };

describe('resolveLate', () => {
  it.each<[ResolvedText, string]>([
    ['${untouched}', '${untouched}'],
    // What is found is inserted and never evaluated.
    [{ parts: ['a ', db, ' b'] }, 'a pa${env.name}ss b'],
    [
      { parts: [{ late: 'instance', path: 'hostName' }, ':', { late: 'instance', path: 'host.ip' }] },
      '<hostName>:<host.ip>',
    ],
  ])('%j', (text, expected) => expect(resolveLate(text, known)).toBe(expected));

  it('says which secret is missing', () => {
    expect(resolveLate({ parts: [{ late: 'secret', name: 'other' }] }, known)).toEqual({
      code: 'SECRET_UNAVAILABLE',
      message: "secret 'other' is not available on this agent",
    });
  });

  it('says what else is not known', () => {
    expect(resolveLate({ parts: [{ late: 'response', path: 'httpResponseCode' }] }, known)).toEqual({
      code: 'EXPRESSION',
      message: "'httpResponseCode' is not known here",
    });
  });

  it('accepts an empty value and refuses one that is too long', () => {
    expect(resolveLate({ parts: [db] }, () => '')).toBe('');
    expect(resolveLate({ parts: [db, db] }, () => 'x'.repeat(200_000))).toMatchObject({ code: 'EXPRESSION' });
  });
});

describe('resolveLateValue', () => {
  it('fills in everywhere', () => {
    const value = { list: [{ parts: ['x', db] }, 1, null], plain: '${env.name}' };
    expect(resolveLateValue(value, known)).toEqual({
      ok: true,
      value: { list: ['xpa${env.name}ss', 1, null], plain: '${env.name}' },
    });
  });

  it('tells everything that is missing, with its path', () => {
    const missing = { parts: [{ late: 'secret', name: 'no' }] };
    const outcome = resolveLateValue({ a: [missing], b: { c: missing } }, known, 'step');
    expect(outcome.ok ? [] : outcome.failures.map((each) => each.field)).toEqual(['step.a[0]', 'step.b.c']);
  });
});

describe('the canonical shape', () => {
  it.each<[readonly (string | LateReference)[], ResolvedText]>([
    [[], ''],
    [['a', '', 'b'], 'ab'],
    [['', db, ''], { parts: [db] }],
    [['a', 'b', db, 'c', 'd'], { parts: ['ab', db, 'cd'] }],
  ])('%j', (parts, expected) => expect(canonicalText(parts)).toEqual(expected));

  it.each([
    [{ parts: [{ late: 'secret', name: 'x' }] }, true],
    [{ parts: ['a'] }, false],
    [{ parts: [{ late: 'other' }] }, false],
    [{ parts: [{ late: 'secret', name: 'x' }], more: 1 }, false],
    [{ parts: 'x' }, false],
    [['a'], false],
    [null, false],
  ])('%j is a late text: %s', (value, expected) => expect(isLateText(value)).toBe(expected));
});

it.each<[LateReference, string]>([
  [db, "secret 'db'"],
  [{ late: 'secretOutput', name: 'login', path: 'token' }, "secret output 'login.token'"],
  [{ late: 'instance', path: 'host.ip' }, "'instance.host.ip'"],
  [{ late: 'response', path: 'httpResponseCode' }, "'httpResponseCode'"],
])('%j is described as %s', (reference, expected) => expect(describeLate(reference)).toBe(expected));

it('lists what a value needs from the agent', () => {
  const text: ResolvedText = { parts: ['a', db] };
  expect(lateReferencesIn(text)).toEqual([db]);
  expect(lateReferencesIn('x')).toEqual([]);
  expect(lateReferencesIn({ a: [text, null, 1], b: { c: { parts: [{ late: 'instance', path: 'name' }] } } })).toEqual([
    db,
    { late: 'instance', path: 'name' },
  ]);
});
