import { failure } from '@fairlead/proto/model/failure.ts';
import type { ExecutionId, NodeId } from '@fairlead/proto/model/ids.ts';
import type { ExecutionHeader, ExecutionListRow, ExecutionView, NodeView } from '@fairlead/proto/live.ts';
import type { Hold } from '../../../control-plane/app/holds.ts';
import type { OpenIntervention } from '../../../control-plane/app/use-cases.ts';

export function headerOf(executionId: ExecutionId, name: string, number: number): ExecutionHeader {
  return {
    executionId,
    application: 'shop',
    name,
    kind: 'WORKFLOW',
    status: 'RUNNING',
    settled: false,
    parked: null,
    environment: 'prod',
    actor: 'ada',
    startedAt: 1_700_000_000_000 + number,
    endedAt: null,
    revision: 3,
    artifacts: [{ service: 'web', build: '2', previous: '1' }],
    failure: null,
    rollback: null,
    rolledBack: null,
    unconfirmed: [],
    progress: { done: 0, total: 4 },
    waiting: null,
    people: [],
    stages: [],
    resumes: null,
  };
}

export function nodeOf(
  id: NodeId,
  parent: NodeId | null,
  kind: NodeView['kind'],
  more: Partial<NodeView> = {},
): NodeView {
  return {
    id,
    parent,
    kind,
    order: 0,
    name: id.split('/').at(-1) ?? id,
    status: 'RUNNING',
    startedAt: 1_700_000_000_000,
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

export function rowOf(view: ExecutionView): ExecutionListRow {
  const { executionId, application, name, kind, status, environment, startedAt, endedAt, actor } = view.header;
  const row = { executionId, application, name, kind, status, environment, startedAt, endedAt, actor };
  return { ...row, seq: view.seq, summary: { done: view.header.progress.done } };
}

/** Its step "Install", which has failed and waits for a person. */
export const interventionOf = (id: ExecutionId): OpenIntervention => ({
  stepId: `${id}/r1/p1.0/s3/t1`,
  name: 'Install',
  where: 'ship-web / Phase 1 / Deploy Service',
  since: 0,
  until: 60_000,
  failure: failure('COMMAND_FAILED', 'exit status 1'),
  choices: ['RETRY', 'END_EXECUTION'],
  afterTimeout: 'END_EXECUTION',
});

export const holdOf = (id: string, executionId: ExecutionId): Hold => ({
  id,
  application: 'shop',
  workflow: 'ship-web',
  environment: 'prod',
  infrastructure: 'dc1',
  service: 'web',
  executionId,
  actor: 'ada',
  reason: 'slow',
  at: 1_700_000_000_000,
});
