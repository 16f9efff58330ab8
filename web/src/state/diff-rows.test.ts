import type { ExecutionDiff } from '@fairlead/proto/diff.ts';
import { isToldApart } from '@fairlead/proto/diff.ts';
import { expect, it } from 'vitest';
import { definitionRows, hostRows, partingRows } from './diff-rows.ts';

const side = {
  executionId: 'e1',
  application: 'shop',
  name: 'ship',
  kind: 'WORKFLOW',
  status: 'SUCCESS',
  actor: 'ada',
  startedAt: 1_000,
  endedAt: 2_000,
  durationMs: 1_000,
  revision: 1,
} as const;
const nothing: ExecutionDiff = {
  a: side,
  b: side,
  definition: [],
  artifacts: [],
  variables: [],
  hosts: [],
  outputs: [],
  steps: [],
  decisions: null,
};

it('has no rows where nothing differs', () => {
  expect([definitionRows(nothing), hostRows(nothing), partingRows(nothing)]).toEqual([[], [], []]);
});

it('tells a changed path, and what only one of them has', () => {
  const changed = {
    kind: 'workflow',
    name: 'ship',
    change: 'CHANGED',
    paths: [{ path: 'batch', a: '1', b: '2' }],
  } as const;
  const only = { kind: 'service', name: 'api', change: 'ONLY_B', paths: [] } as const;
  expect(definitionRows({ ...nothing, definition: [changed, only] })).toEqual([
    { name: 'workflow ship: batch', a: '1', b: '2' },
    { name: 'service api', a: null, b: 'defined' },
  ]);
  expect(hostRows({ ...nothing, hosts: [{ phase: 'p1', onlyA: ['h1', 'h2'], onlyB: [] }] })).toEqual([
    { name: 'p1', a: 'h1, h2', b: null },
  ]);
});

it('tells where the paths part, and when', () => {
  const at = 61_000;
  const a = { seq: 4, at, input: 'finished', actor: 'its agent', event: 'StepEnded', node: null, text: 'FAILED' };
  expect(partingRows({ ...nothing, decisions: { where: 'Install', a, b: null } })).toEqual([
    { name: 'Install', a: 'StepEnded: FAILED\nfinished, by its agent, 1m 00s after its start', b: null },
  ]);
});

it.each([
  [{ status: 'SUCCESS', durationMs: 1_000, attempts: 1 }, { status: 'SUCCESS', durationMs: 1_900, attempts: 1 }, false],
  [{ status: 'SUCCESS', durationMs: 4_000, attempts: 1 }, { status: 'SUCCESS', durationMs: 5_500, attempts: 1 }, false],
  [{ status: 'SUCCESS', durationMs: 1_000, attempts: 1 }, { status: 'SUCCESS', durationMs: 2_000, attempts: 1 }, true],
  [{ status: 'SUCCESS', durationMs: 1_000, attempts: 1 }, { status: 'SUCCESS', durationMs: 1_000, attempts: 2 }, true],
  [{ status: 'SUCCESS', durationMs: 1_000, attempts: 1 }, null, true],
] as const)('of %j and %j says that they are told apart: %s', (a, b, told) => {
  expect(isToldApart({ node: 'n', name: 'n', a, b })).toBe(told);
});
