import { describe, expect, it } from 'vitest';
import { aHeader, aNode } from './sample-nodes.ts';
import { applyExecutionFrame, applyView, childrenOf, type ExecutionState, pathOf } from './execution-state.ts';

const nodes = [
  aNode('run', 'e/r', null),
  aNode('phase', 'e/r/p1', 'e/r', { order: 0 }),
  aNode('phase', 'e/r/p2', 'e/r', { order: 1 }),
];
const snapshot = { sub: 1, feed: 'execution', seq: 5, snapshot: true, header: aHeader(), nodes } as const;

function loaded(): ExecutionState {
  const { state } = applyExecutionFrame(null, snapshot);
  if (state === null) throw new Error('a snapshot always gives a state');
  return state;
}
const names = (state: ExecutionState, parent: string | null): readonly string[] =>
  childrenOf(state, parent).map((node) => node.id);

describe('frames of an execution', () => {
  it('takes a snapshot as it is, in the order of execution', () => {
    const mixed = { ...snapshot, nodes: nodes.toReversed() };
    const { state } = applyExecutionFrame(null, mixed);
    expect(state?.seq).toBe(5);
    expect(state === null ? [] : names(state, 'e/r')).toEqual(['e/r/p1', 'e/r/p2']);
  });

  it('wants a snapshot when the first frame is a change', () => {
    expect(applyExecutionFrame(null, { ...snapshot, snapshot: false })).toEqual({ state: null });
  });

  it('replaces changed nodes and leaves the others the same objects', () => {
    const before = loaded();
    const changed = aNode('phase', 'e/r/p1', 'e/r', { order: 0, status: 'SUCCESS' });
    const { state } = applyExecutionFrame(before, { ...snapshot, seq: 6, snapshot: false, nodes: [changed] });
    expect(state?.nodes.get('e/r/p1')?.status).toBe('SUCCESS');
    expect(state?.nodes.get('e/r/p2')).toBe(before.nodes.get('e/r/p2'));
    expect(state?.children).toBe(before.children);
    expect(before.nodes.get('e/r/p1')?.status).toBe(null);
  });

  it('puts new and moved nodes where their order says', () => {
    const between = aNode('phase', 'e/r/p1b', 'e/r', { order: 0.5 });
    const moved = aNode('phase', 'e/r/p1', 'e/r', { order: 9 });
    const { state } = applyExecutionFrame(loaded(), { ...snapshot, seq: 6, snapshot: false, nodes: [between, moved] });
    expect(state === null ? [] : names(state, 'e/r')).toEqual(['e/r/p1b', 'e/r/p2', 'e/r/p1']);
  });

  it('moves a node from one parent to another', () => {
    const moved = aNode('phase', 'e/r/p2', 'e/r/p1', { order: 0 });
    const { state } = applyExecutionFrame(loaded(), { ...snapshot, seq: 6, snapshot: false, nodes: [moved] });
    expect(state === null ? [] : [names(state, 'e/r'), names(state, 'e/r/p1')]).toEqual([['e/r/p1'], ['e/r/p2']]);
  });

  it('drops what a replica that lags behind tells, snapshots too', () => {
    const before = loaded();
    for (const asSnapshot of [true, false]) {
      const old = aNode('phase', 'e/r/p1', 'e/r', { status: 'RUNNING' });
      const applied = applyExecutionFrame(before, { ...snapshot, seq: 4, snapshot: asSnapshot, nodes: [old] });
      expect(applied).toEqual({ state: before, changed: false });
    }
  });

  it('is the same after a frame came twice', () => {
    const frame = { ...snapshot, seq: 6, snapshot: false, nodes: [aNode('phase', 'e/r/p3', 'e/r', { order: 2 })] };
    const once = applyExecutionFrame(loaded(), frame).state;
    const twice = applyExecutionFrame(once, frame).state;
    expect(twice).toEqual(once);
  });

  it('never lets a plain answer replace something newer', () => {
    const before = loaded();
    expect(applyView(before, { seq: 4, header: aHeader({ status: 'FAILED' }), nodes: [] })).toBe(before);
    expect(applyView(before, { seq: 6, header: aHeader({ status: 'FAILED' }), nodes: [] }).nodes.size).toBe(0);
  });

  it('knows the way to a node', () => {
    expect(pathOf(loaded(), 'e/r/p2').map((node) => node.id)).toEqual(['e/r', 'e/r/p2']);
    expect(pathOf(loaded(), 'nowhere')).toEqual([]);
  });
});
