/** What a step can wait for that no agent does: people, peers, permits. While it waits its status is WAITING. */
import type { Failure } from '@fairlead/proto/model/failure.ts';

/** Every kind has a moment at which waiting is over; what follows then is the business of its own rule. */
export type Waiting =
  /** A failure that a person is to decide on (orchestration 9.4). */
  | {
      readonly on: 'INTERVENTION';
      readonly since: number;
      readonly until: number;
      readonly failure: Failure;
      /** Done when nobody has answered until then. */
      readonly afterTimeout: InterventionAction;
    }
  /** A person's approval (orchestration 12). */
  | {
      readonly on: 'APPROVAL';
      readonly since: number;
      readonly until: number;
      /** Members of any of them may answer. */
      readonly groups: readonly string[];
      /** What may be changed before approving, with its defaults. */
      readonly variables: Readonly<Record<string, string>>;
    }
  /** The others of its stage (orchestration 7). */
  | { readonly on: 'BARRIER'; readonly since: number; readonly until: number; readonly identifier: string }
  /** A guard's capacity (orchestration 8.2); its place in the queue is with the permits. */
  | { readonly on: 'PERMITS'; readonly since: number; readonly until: number; readonly requestId: string };

/** What a person may choose, and (all but RETRY) what may follow when nobody does. */
export const INTERVENTIONS = [
  'RETRY',
  'IGNORE',
  'MARK_SUCCESS',
  'END_EXECUTION',
  'ABORT',
  'ROLLBACK_WORKFLOW',
  'ROLLBACK_PROVISIONER_AFTER_PHASES',
] as const;
export type InterventionAction = (typeof INTERVENTIONS)[number];

/** What was decided on a step that waited for a person. */
export interface Intervention {
  readonly action: InterventionAction;
  /** Null: nobody answered in time. */
  readonly actor: string | null;
  readonly reason: string;
  readonly at: number;
}

export const APPROVAL_ANSWERS = ['APPROVE', 'REJECT', 'REJECT_AND_ROLLBACK'] as const;
export type ApprovalAnswer = (typeof APPROVAL_ANSWERS)[number];

export interface Approval {
  readonly answer: ApprovalAnswer;
  readonly actor: string;
  readonly comment: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly at: number;
  /** Older executions that waited at the same approval were rejected, where that is asked for. */
  readonly othersRejected: boolean;
}
