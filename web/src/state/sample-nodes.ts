/** Nodes and headers for tests, complete but for what the test is about. */
import type { ExecutionHeader, NodeKind, NodeView } from '@fairlead/proto/live.ts';
import type { Status } from '@fairlead/proto/model/status.ts';
import { applyExecutionFrame, type ExecutionState } from './execution-state.ts';

export function aNode(kind: NodeKind, id: string, parent: string | null, more: Partial<NodeView> = {}): NodeView {
  return {
    id,
    parent,
    kind,
    order: 0,
    name: id,
    status: null,
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
  };
}

export function aTask(step: string, host: string, status: Status | null, more: Partial<NodeView> = {}): NodeView {
  return aNode('task', `${step}@${host}`, step, { target: host, name: host, status, ...more });
}

export function aHeader(more: Partial<ExecutionHeader> = {}): ExecutionHeader {
  return {
    executionId: 'e',
    application: 'shop',
    name: 'ship-web',
    kind: 'WORKFLOW',
    status: 'RUNNING',
    settled: false,
    parked: null,
    environment: 'prod',
    actor: 'maria',
    startedAt: 0,
    endedAt: null,
    revision: 1,
    artifacts: [],
    failure: null,
    rollback: null,
    rolledBack: null,
    unconfirmed: [],
    progress: { done: 0, total: 1 },
    waiting: null,
    people: [],
    stages: [],
    resumes: null,
    ...more,
  };
}

export function stateOf(nodes: readonly NodeView[], header: ExecutionHeader = aHeader()): ExecutionState {
  const { state } = applyExecutionFrame(null, { sub: 1, feed: 'execution', seq: 1, snapshot: true, header, nodes });
  if (state === null) throw new Error('a snapshot always gives a state');
  return state;
}
