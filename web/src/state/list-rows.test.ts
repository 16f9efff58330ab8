import type { ExecutionListRow } from '@fairlead/proto/live.ts';
import { describe, expect, it } from 'vitest';
import { matches, mergeRows, shownRows, summaryOf } from './list-rows.ts';

const row = (executionId: string, seq: number, more: Partial<ExecutionListRow> = {}): ExecutionListRow => ({
  executionId,
  seq,
  application: 'shop',
  name: 'ship-web',
  kind: 'WORKFLOW',
  status: 'RUNNING',
  environment: 'prod',
  startedAt: 0,
  endedAt: null,
  actor: 'maria',
  summary: {},
  ...more,
});
const everything = { group: null, application: '', text: '' } as const;

describe('the list', () => {
  it('is the same in whatever order rows arrive: the newest of each stays', () => {
    const rows = [row('a', 1), row('a', 3, { status: 'SUCCESS' }), row('a', 2), row('b', 1)];
    for (const order of [rows, rows.toReversed()]) {
      const merged = mergeRows(new Map(), order);
      expect(merged.get('a')?.status).toBe('SUCCESS');
      expect(merged.size).toBe(2);
    }
  });

  it('is newest first, ids deciding between equals', () => {
    const rows = mergeRows(new Map(), [row('a', 1), row('c', 1), row('b', 1, { startedAt: 5 })]);
    expect(shownRows(rows, everything).map((each) => each.executionId)).toEqual(['b', 'c', 'a']);
  });

  it('lets a row go that no longer matches', () => {
    const running = mergeRows(new Map(), [row('a', 1)]);
    const query = { ...everything, group: 'active' } as const;
    expect(shownRows(running, query)).toHaveLength(1);
    expect(shownRows(mergeRows(running, [row('a', 2, { status: 'FAILED' })]), query)).toHaveLength(0);
  });

  it('finds every word, in name, person, place and build', () => {
    const shipped = row('e1', 1, { summary: { artifacts: [{ service: 'web', build: '43' }] } });
    const finds = (text: string): boolean => matches(shipped, { ...everything, text });
    expect(['web 43', 'MARIA prod', 'e1', '  '].map(finds)).toEqual([true, true, true, true]);
    expect(['web 44', 'jonas'].map(finds)).toEqual([false, false]);
    expect(matches(shipped, { ...everything, application: 'other' })).toBe(false);
  });
});

describe('the summary of a row', () => {
  it('is shown where it is there', () => {
    const people = [{ kind: 'APPROVAL', name: 'Sign-off', groups: ['release', 'qa'] }];
    const known = { progress: { done: 2, total: 5 }, failure: { message: 'no route' }, waiting: 'for a lock' };
    expect(summaryOf({ ...known, people })).toEqual({
      artifacts: [],
      progress: { done: 2, total: 5 },
      failure: 'no route',
      waiting: 'for a lock',
      people: ['Approval ‘Sign-off’ by release or qa'],
    });
    expect(summaryOf({ failure: 'no route' }).failure).toBe('no route');
  });

  it('is left out where it is something else', () => {
    const odd = { artifacts: [null, 3, { service: 'web' }], progress: [], failure: 7, waiting: '' };
    const nothing = { artifacts: [], progress: null, failure: null, waiting: null, people: [] };
    expect(summaryOf(odd)).toEqual(nothing);
    expect(summaryOf({ ...odd, people: [null, { kind: 'toString', name: 'x' }, { kind: 'INPUTS' }] })).toEqual(nothing);
  });
});
