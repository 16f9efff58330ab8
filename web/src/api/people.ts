/** What waits for a person, and the answers. */
import type { WaitingView } from '@fairlead/proto/live.ts';
import type { ExecutionId, NodeId } from '@fairlead/proto/model/ids.ts';
import { request } from './http-client.ts';

export interface WaitingExecution {
  readonly executionId: ExecutionId;
  readonly name: string;
  readonly application: string;
  readonly waiting: WaitingView;
}

export const listWaiting = (): Promise<{ readonly waiting: readonly WaitingExecution[] }> => request('GET', '/waiting');

export type ApprovalAnswer = 'APPROVE' | 'REJECT' | 'REJECT_AND_ROLLBACK';
export type Values = Readonly<Record<string, string>>;

export const answerApproval = (
  id: ExecutionId,
  body: {
    readonly step: NodeId;
    readonly answer: ApprovalAnswer;
    readonly comment: string;
    readonly variables: Values;
  },
): Promise<unknown> => request('POST', `/executions/${encodeURIComponent(id)}/approvals`, body);

export const giveInputs = (
  id: ExecutionId,
  body: { readonly run: NodeId; readonly values: Values },
): Promise<unknown> => request('POST', `/executions/${encodeURIComponent(id)}/inputs`, body);
