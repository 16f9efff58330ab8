import type { ExecutionView, NodeView } from '@fairlead/proto/live.ts';
import { describe, expect, it } from 'vitest';
import { loggedAttempts } from './logged-attempts.ts';
import type { LogChoice } from './logged-attempts.ts';
import { treeOf } from './view-tree.ts';

const node = (kind: NodeView['kind'], id: string, parent: string | null, more: Partial<NodeView> = {}): NodeView => ({
  id,
  parent,
  kind,
  order: 0,
  name: id,
  status: 'SUCCESS',
  startedAt: null,
  endedAt: null,
  rollback: false,
  target: null,
  agent: null,
  failure: null,
  note: null,
  outputs: null,
  attemptId: null,
  ...more,
});
const tried = (id: string, target: string, startedAt: number | null): Partial<NodeView> => ({
  target,
  startedAt,
  attemptId: id,
});

/** Install was tried once on web-1 and twice on web-2; Start has begun on web-1 only. */
const nodes = [
  node('run', 'run', null),
  node('step', 'install', 'run', { name: 'Install' }),
  node('task', 'i1', 'install', tried('i1#1', 'web-1', 10)),
  node('task', 'i2', 'install', tried('i2#2', 'web-2', 30)),
  node('attempt', 'i2#1', 'i2', { ...tried('i2#1', 'web-2', 20), order: 0 }),
  node('attempt', 'i2#2', 'i2', { ...tried('i2#2', 'web-2', 30), order: 1 }),
  node('step', 'start', 'run', { name: 'Start', order: 1 }),
  node('task', 's1', 'start', tried('s1#1', 'web-1', 40)),
  node('task', 's2', 'start', tried('s2#1', 'web-2', null)),
];
// Nothing of the header is looked at.
const view = { seq: 1, nodes } as unknown as ExecutionView;
const ids = (choice: LogChoice): readonly string[] =>
  loggedAttempts(view, treeOf(view), choice).map(({ attemptId }) => attemptId);

describe('the attempts whose logs are shown', () => {
  it('are all that have begun, also of tasks tried once beside others tried again', () => {
    expect(ids({})).toEqual(['i1#1', 'i2#1', 'i2#2', 's1#1']);
  });

  it('say which attempt it was where there are several', () => {
    expect(loggedAttempts(view, treeOf(view), { step: 'install' }).map(({ title }) => title)).toEqual([
      'Install @ web-1',
      'Install @ web-2, attempt 1 of 2',
      'Install @ web-2, attempt 2 of 2',
    ]);
  });

  it('are those of a step, a host, an attempt', () => {
    expect(ids({ host: 'web-2' })).toEqual(['i2#1', 'i2#2']);
    expect(ids({ attempt: 2 })).toEqual(['i2#2']);
    expect(ids({ step: 'INSTALL', attempt: 1 })).toEqual(['i1#1', 'i2#1']);
    expect(ids({ attempt: 3 })).toEqual([]);
  });
});
