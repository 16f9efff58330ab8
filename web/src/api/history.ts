/** What happened to an execution, how it was then, and how two of them differ. */
import type { ExecutionDiff } from '@fairlead/proto/diff.ts';
import type { ExecutionListRow, ExecutionView, Moment } from '@fairlead/proto/live.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import { request } from './http-client.ts';

const MOST = 5_000;
const pathOf = (id: ExecutionId): string => `/executions/${encodeURIComponent(id)}`;

interface MomentPage {
  readonly moments: readonly Moment[];
  readonly next: number | null;
}

/** Everything after a sequence of the journal, however many pages it takes. */
export async function listMoments(id: ExecutionId, after: number): Promise<readonly Moment[]> {
  const found: Moment[] = [];
  for (let from: number | null = after; from !== null;) {
    const page: MomentPage = await request('GET', `${pathOf(id)}/moments?after=${from}&limit=${MOST}`);
    found.push(...page.moments);
    from = page.next;
  }
  return found;
}

export const getExecutionAt = (id: ExecutionId, seq: number): Promise<ExecutionView> =>
  request('GET', `${pathOf(id)}?at=${seq}`);

export const diffExecutions = (a: ExecutionId, b: ExecutionId): Promise<ExecutionDiff> =>
  request('GET', `${pathOf(a)}/diff/${encodeURIComponent(b)}`);

/** Of the same workflow or pipeline, newest first. */
export const listAlike = (application: string, name: string): Promise<{ readonly rows: readonly ExecutionListRow[] }> =>
  request('GET', `/executions?${new URLSearchParams({ application, name, limit: '50' }).toString()}`);
