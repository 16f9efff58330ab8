import type { NodeView } from '@fairlead/proto/live.ts';
import { describe, expect, it } from 'vitest';
import { NAMED_HOSTS, type TreeRow, treeRows, type TreeShape } from './execution-tree.ts';
import { aNode, aTask, stateOf } from './sample-nodes.ts';

const shape: TreeShape = { toggled: new Map(), namedPerRow: 2, compactPerRow: 20 };

const run = aNode('run', 'e/r', null, { status: 'RUNNING' });
const step = 'e/r/p1/s1/t1';
const tree = (status: NodeView['status'], tasks: readonly NodeView[]): readonly NodeView[] => [
  run,
  aNode('phase', 'e/r/p1', 'e/r', { status }),
  aNode('section', 'e/r/p1/s1', 'e/r/p1', { status }),
  aNode('step', step, 'e/r/p1/s1', { status }),
  ...tasks,
];
const hosts = (count: number, status: NodeView['status']): readonly NodeView[] =>
  Array.from({ length: count }, (_, index) => aTask(step, `h${index}`, status, { order: index }));

const told = (rows: readonly TreeRow[]): readonly string[] =>
  rows.map((row) => {
    if (row.type === 'hosts') return `hosts ${row.tasks.map((task) => task.target).join(' ')}`;
    return row.type === 'rollback' ? 'rollback' : `${row.level} ${row.node.id.split('/').at(-1) ?? ''}`;
  });

describe('the rows of the tree', () => {
  it('leaves the only run out: the header speaks of it', () => {
    const rows = treeRows(stateOf(tree('RUNNING', hosts(3, 'RUNNING'))), shape);
    expect(told(rows)).toEqual(['1 p1', '2 s1', '3 t1', 'hosts h0 h1', 'hosts h2']);
  });

  it('shows the runs of a pipeline', () => {
    const rows = treeRows(stateOf([run, aNode('run', 'e/q', null, { order: 1 })]), shape);
    expect(told(rows)).toEqual(['1 r', '1 q']);
  });

  it('shows one of them alone, as if it were the only one', () => {
    const nodes = [run, aNode('run', 'e/q', null, { order: 1 }), aNode('phase', 'e/q/p1', 'e/q')];
    expect(told(treeRows(stateOf(nodes), shape, 'e/q'))).toEqual(['1 p1']);
  });

  it('draws many hosts as cells without a name', () => {
    const rows = treeRows(stateOf(tree('RUNNING', hosts(NAMED_HOSTS + 1, 'RUNNING'))), shape);
    const cells = rows.filter((row) => row.type === 'hosts');
    expect(cells.map((row) => row.tasks.length)).toEqual([20, NAMED_HOSTS + 1 - 20]);
    expect(cells.every((row) => row.compact)).toBe(true);
  });

  it('closes the hosts of a step that went well, and opens them for whoever asks', () => {
    const state = stateOf(tree('SUCCESS', hosts(2, 'SUCCESS')));
    expect(told(treeRows(state, shape))).toEqual(['1 p1', '2 s1', '3 t1']);
    const asked = treeRows(state, { ...shape, toggled: new Map([[step, true]]) });
    expect(told(asked)).toEqual(['1 p1', '2 s1', '3 t1', 'hosts h0 h1']);
  });

  it('closes a phase that went well when another one needs to be looked at', () => {
    const second = aNode('phase', 'e/r/p2', 'e/r', { order: 1, status: 'FAILED' });
    expect(told(treeRows(stateOf([...tree('SUCCESS', []), second]), shape))).toEqual(['1 p1', '1 p2']);
    const waits = { ...second, status: null };
    expect(told(treeRows(stateOf([...tree('SUCCESS', []), waits]), shape))).toEqual(['1 p1', '2 s1', '3 t1', '1 p2']);
  });

  it('has nothing to open at a step that runs once, at no host', () => {
    const rows = treeRows(stateOf(tree('RUNNING', [aTask(step, '-', 'RUNNING')])), shape);
    expect(rows.map((row) => (row.type === 'node' ? row.expanded : 'hosts'))).toEqual([true, true, null]);
  });

  it('marks once where the rollback path begins', () => {
    const undo = ['x', 'y'].map((id, index) =>
      aNode('phase', `e/r/${id}`, 'e/r', { order: 5 + index, rollback: true, status: 'RUNNING' }),
    );
    const rows = treeRows(stateOf([...tree('FAILED', []), ...undo]), shape);
    expect(told(rows)).toEqual(['1 p1', '2 s1', '3 t1', 'rollback', '1 x', '1 y']);
  });
});
