import { expect, it } from 'vitest';
import { treeRows } from '../state/execution-tree.ts';
import { aNode, aTask, stateOf } from '../state/sample-nodes.ts';
import { moveFocus } from './tree-keys.ts';

const rows = treeRows(
  stateOf([
    aNode('phase', 'p', null, { status: 'RUNNING' }),
    aNode('step', 's', 'p', { status: 'RUNNING' }),
    aTask('s', 'web-1', 'RUNNING'),
    aNode('phase', 'q', null, { order: 1 }),
    aNode('section', 'z', 'q'),
  ]),
  { toggled: new Map(), namedPerRow: 4, compactPerRow: 4 },
);
const [phase, , hosts, last] = [0, 1, 2, 3];

it('is the tree it is meant to be', () => {
  expect(rows.map((row) => row.key)).toEqual(['p', 's', 's:hosts:0', 'q']);
  expect(rows[hosts]?.type).toBe('hosts');
});

it.each([
  ['p', 'ArrowDown', { type: 'focus', index: 1 }],
  ['s', 'ArrowDown', { type: 'focus', index: last }],
  ['q', 'ArrowUp', { type: 'focus', index: 1 }],
  ['q', 'ArrowDown', null],
  ['q', 'Home', { type: 'focus', index: phase }],
  ['p', 'End', { type: 'focus', index: last }],
  [null, 'ArrowDown', { type: 'focus', index: phase }],
  ['p', 'ArrowLeft', { type: 'toggle', node: 'p', open: false }],
  ['q', 'ArrowRight', { type: 'toggle', node: 'q', open: true }],
  ['p', 'ArrowRight', { type: 'focus', index: 1 }],
  ['q', 'ArrowLeft', null],
  ['s', 'Enter', { type: 'activate', index: 1 }],
  [null, 'Enter', null],
  ['s', 'x', null],
])('from %s, %s does %j', (focused, key, move) => {
  expect(moveFocus(rows, focused, key)).toEqual(move);
});
