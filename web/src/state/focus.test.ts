import { failure } from '@fairlead/proto/model/failure.ts';
import { describe, expect, it } from 'vitest';
import { NAMED_HOSTS } from './execution-tree.ts';
import { causeOf, focusOf, logsOf } from './focus.ts';
import { aHeader, aNode, aTask, stateOf } from './sample-nodes.ts';

const early = aNode('step', 's1', null, { status: 'SUCCESS', startedAt: 1, endedAt: 2 });
const late = aNode('step', 's2', null, { status: 'RUNNING', startedAt: 3, order: 1 });
const why = failure('CHECK_FAILED', 'port 80 is closed');

describe('what is shown by itself', () => {
  it('is nothing before anything has started', () => {
    expect(focusOf(stateOf([aNode('step', 's1', null)]), null)).toBe(null);
  });

  it('is what runs, at a host that still runs', () => {
    const state = stateOf([early, late, aTask('s2', 'a', 'SUCCESS'), aTask('s2', 'b', 'RUNNING', { order: 1 })]);
    expect(focusOf(state, null)).toBe('s2@b');
  });

  it('stays where it is while that still runs', () => {
    const state = stateOf([late, aNode('step', 's3', null, { status: 'RUNNING', startedAt: 9 })]);
    expect(focusOf(state, 's2')).toBe('s2');
    expect(focusOf(state, null)).toBe('s3');
  });

  it('is what ran last when everything has ended', () => {
    const ended = { ...late, status: 'SUCCESS', endedAt: 4 } as const;
    expect(focusOf(stateOf([early, ended]), 's1')).toBe('s2');
  });

  it('is the step itself when its hosts are many', () => {
    const many = Array.from({ length: NAMED_HOSTS + 1 }, (_, index) => aTask('s2', `h${index}`, 'RUNNING'));
    expect(focusOf(stateOf([late, ...many]), null)).toBe('s2');
  });

  it('is the first cause as soon as there is one', () => {
    const header = aHeader({ failure: { ...why, node: 's1', target: 'b' } });
    const state = stateOf([early, late, aTask('s1', 'a', 'SUCCESS'), aTask('s1', 'b', 'FAILED')], header);
    expect(focusOf(state, 's2')).toBe('s1@b');
  });
});

describe('the first cause', () => {
  it.each([
    ['a step that runs once', [late], 's2', null, 's2'],
    ['a task', [late, aTask('s2', 'a', 'FAILED')], 's2@a', 'a', 's2@a'],
    ['an attempt', [late, aTask('s2', 'a', 'FAILED'), aNode('attempt', 's2@a#1', 's2@a')], 's2@a#1', 'a', 's2@a'],
    ['a node nobody has told of', [late], 'gone', null, null],
  ])('of %s', (_, nodes, node, target, expected) => {
    expect(causeOf(stateOf(nodes, aHeader({ failure: { ...why, node, target } })))).toBe(expected);
  });
});

describe('the logs of a node', () => {
  const task = aTask('s2', '-', 'RUNNING');
  const attempts = [1, 2].map((number) => aNode('attempt', `s2@-#${number}`, 's2@-', { order: number }));
  const ids = (node: Parameters<typeof logsOf>[1], nodes = [late, task, ...attempts]): readonly string[] =>
    logsOf(stateOf(nodes), node).map((each) => each.attemptId);

  it('are those of all its attempts, oldest first', () => {
    expect(ids(task)).toEqual(['s2@-#1', 's2@-#2']);
    expect(ids(late)).toEqual(['s2@-#1', 's2@-#2']);
  });

  it('are its own when it is an attempt', () => {
    expect(logsOf(stateOf([late, task, ...attempts]), aNode('attempt', 'x#1', null))[0]?.attemptId).toBe('x#1');
  });

  it('come from the id the node names when no attempt is told', () => {
    expect(ids({ ...task, attemptId: 's2@-#3' }, [late, task])).toEqual(['s2@-#3']);
    expect(ids({ ...late, attemptId: 's2@-#4' }, [late])).toEqual(['s2@-#4']);
  });

  it('are none for a step at hosts: choose a host first', () => {
    expect(ids(late, [late, aTask('s2', 'a', 'RUNNING'), aTask('s2', 'b', 'RUNNING')])).toEqual([]);
  });
});
