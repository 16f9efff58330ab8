import type { NodeView } from '@fairlead/proto/live.ts';
import type { Status } from '@fairlead/proto/model/status.ts';

export type AgentName = (agentId: string) => string;

export interface Times {
  readonly status: Status | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
}

export const AHEAD: Times = { status: null, startedAt: null, endedAt: null };

export function node(
  id: string,
  parent: string | null,
  kind: NodeView['kind'],
  order: number,
  name: string,
  { status, startedAt, endedAt }: Times,
  more: Partial<NodeView> = {},
): NodeView {
  return {
    id,
    parent,
    kind,
    order,
    name,
    status,
    startedAt,
    endedAt,
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
