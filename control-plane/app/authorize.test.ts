import { describe, expect, it } from 'vitest';
import { authorize, mayGive, type Actor, type Right, type Verb } from './authorize.ts';

const withRights = (...rights: readonly Right[]): Actor => ({ id: 'k', name: 'kim', kind: 'KEY', rights });
const may = (rights: readonly Right[], verb: Verb, executeImpliesAbort = true): string => {
  try {
    authorize(withRights(...rights), verb, 'x1', { executeImpliesAbort });
    return 'yes';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

describe('the gate', () => {
  it.each<readonly [readonly Right[], Verb, string]>([
    [['*'], 'rollback', 'yes'],
    [['rollback', 'manage'], 'rollback', 'yes'],
    [['rollback'], 'rollback', 'kim may not rollback x1: the right `manage` is missing'],
    [['manage', 'execute'], 'rollback', 'kim may not rollback x1: the right `rollback` is missing'],
    [['execute'], 'rollback', 'kim may not rollback x1: the rights `rollback` and `manage` are missing'],
    [['rollback', 'manage'], 'execute', 'kim may not execute x1: the right `execute` is missing'],
    [['rollback', 'manage'], 'abort', 'kim may not abort x1: the right `abort` is missing'],
    [['abort'], 'abort', 'yes'],
    [['abort'], 'execute', 'kim may not execute x1: the right `execute` is missing'],
    [['execute'], 'abort', 'yes'],
  ])('%j: may %s? %s', (rights, verb, answer) => {
    expect(may(rights, verb)).toBe(answer);
  });

  it('lets who may execute abort, unless that is switched off', () => {
    expect(may(['execute'], 'abort', false)).toBe('kim may not abort x1: the right `abort` is missing');
    expect(may(['execute', 'abort'], 'abort', false)).toBe('yes');
  });

  it('gives away no right that the giver does not have', () => {
    mayGive(withRights('*'), ['*']);
    mayGive(withRights('read', 'execute'), ['execute']);
    expect(() => mayGive(withRights('read'), ['read', 'rollback', '*'])).toThrow(/does not have: rollback, \*/);
  });
});
