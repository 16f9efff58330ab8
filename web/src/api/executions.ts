import type { ExecutionListRow, ExecutionView } from '@fairlead/proto/live.ts';
import type { AttemptId, ExecutionId, NodeId } from '@fairlead/proto/model/ids.ts';
import type { Status } from '@fairlead/proto/model/status.ts';
import { request } from './http-client.ts';

export interface ExecutionPage {
  readonly rows: readonly ExecutionListRow[];
  readonly next: string | null;
}

export const PAGE_ROWS = 100;

export function listExecutions(query: {
  readonly cursor: string;
  readonly application: string;
  readonly statuses: readonly Status[];
  readonly text: string;
}): Promise<ExecutionPage> {
  const parameters = new URLSearchParams({ limit: String(PAGE_ROWS) });
  if (query.cursor !== '') parameters.set('cursor', query.cursor);
  if (query.application !== '') parameters.set('application', query.application);
  if (query.statuses.length > 0) parameters.set('status', query.statuses.join(','));
  if (query.text !== '') parameters.set('find', query.text.slice(0, 200));
  return request('GET', `/executions?${parameters.toString()}`);
}

const pathOf = (id: ExecutionId): string => `/executions/${encodeURIComponent(id)}`;

export const getExecution = (id: ExecutionId): Promise<ExecutionView> => request('GET', pathOf(id));

/** `run`: only this one of a pipeline. */
export const abortExecution = (id: ExecutionId, reason: string, run?: NodeId): Promise<unknown> =>
  request('POST', `${pathOf(id)}/abort`, run === undefined ? { reason } : { reason, runId: run });

/** A running one undoes what it did; an ended one is followed by another that puts back what it replaced. */
export const rollBackExecution = (
  id: ExecutionId,
  reason: string,
  run?: NodeId,
): Promise<{ readonly executionId: ExecutionId }> =>
  request('POST', `${pathOf(id)}/rollback`, run === undefined ? { reason } : { reason, runId: run });

/** The same once more: same inputs, same builds, same answers. */
export const rerun = (id: ExecutionId, key: string): Promise<{ readonly executionId: ExecutionId }> =>
  request('POST', `${pathOf(id)}/rerun`, {}, key);

/** Goes on with a pipeline that did not succeed; earlier stages are taken over. */
export const resumePipeline = (
  id: ExecutionId,
  stage: string,
  key: string,
): Promise<{ readonly executionId: ExecutionId }> => request('POST', `${pathOf(id)}/resume-pipeline`, { stage }, key);

/** What a rollback took back: no trigger deploys it again until the hold is lifted. */
export interface Hold {
  readonly id: string;
  readonly application: string;
  readonly workflow: string;
  readonly environment: string | null;
  readonly infrastructure: string | null;
  readonly service: string | null;
  readonly executionId: ExecutionId;
  readonly actor: string | null;
  readonly reason: string;
  readonly at: number;
}

interface Holds {
  readonly holds: readonly Hold[];
}

export const listHolds = (): Promise<Holds> => request('GET', '/holds');
export const liftHold = (id: string): Promise<Holds> => request('DELETE', `/holds/${encodeURIComponent(id)}`);

export const pauseExecution = (id: ExecutionId, reason: string): Promise<unknown> =>
  request('POST', `${pathOf(id)}/pause`, { reason });

export const resumeExecution = (id: ExecutionId): Promise<unknown> => request('POST', `${pathOf(id)}/resume`, {});

/** What follows from the failure of a step that waits for a person. */
export const intervene = (id: ExecutionId, step: NodeId, action: string, reason: string): Promise<unknown> =>
  request('POST', `${pathOf(id)}/intervene`, { step, action, reason });

/** A person says what became of an attempt nobody can find out about. */
export const resolveUnknown = (attempt: AttemptId, outcome: 'SUCCESS' | 'FAILED', note: string): Promise<unknown> =>
  request('POST', `/attempts/${encodeURIComponent(attempt)}/resolve`, { outcome, note });
