/** What a step can wait for that no agent does: people, peers, permits. While it waits its status is WAITING. */
import type { Failure } from '@fairlead/proto/model/failure.ts';
import type { FailureAction } from './plan.ts';

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
  /** The others of its stage (orchestration 7). */
  | { readonly on: 'BARRIER'; readonly since: number; readonly until: number; readonly identifier: string };

/** What a person may choose, and what may follow when nobody does (all but RETRY). */
export type InterventionAction = Exclude<FailureAction, 'MANUAL_INTERVENTION' | 'ROLLBACK_PHASE'>;
