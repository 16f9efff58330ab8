/**
 * The state of one execution: what `evolve` folds its journal into. A tree; each event touches one path of it.
 */
import type { Failure } from '@fairlead/proto/model/failure.ts';
import type {
  AgentId,
  AttemptId,
  ExecutionId,
  LedgerId,
  NodeId,
  ReplicaId,
  TaskId,
} from '@fairlead/proto/model/ids.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { CollectedArtifact } from '@fairlead/proto/steps/artifact-collection.ts';
import type { Status } from '@fairlead/proto/model/status.ts';
import type { Approval, Intervention, Waiting } from './waiting.ts';
import type { GuardStrategy } from '@fairlead/proto/steps/flow.ts';
import type { Named, OutputScope, Plan } from './plan.ts';

export interface Execution {
  readonly id: ExecutionId;
  readonly plan: Plan;
  readonly status: Status;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** Nothing is wanted any more. */
  readonly settled: boolean;
  readonly driver: ReplicaId;
  readonly epoch: number;
  /** Time of the last event; decisions never happen before it. */
  readonly lastAt: number;
  /** Set when interpreting it threw: nothing but an abort is accepted. */
  readonly parked: string | null;
  /** Nothing begins in it but what takes back; what runs goes on to its end (orchestration 6.8). */
  readonly pause: { readonly actor: string; readonly reason: string; readonly at: number } | null;
  readonly runs: readonly Run[];
  readonly outputs: readonly Output[];
  /** What build workflows of it collected, in that order; `collectedArtifacts` has the last of each service. */
  readonly collected: readonly Collected[];
  /** Of every guard a step asked for, in that order; older ones of the same step were given up. */
  readonly permits: readonly Permits[];
  /** Somebody asked for all of a pipeline to be taken back. */
  readonly rollbackAsked: { readonly actor: string; readonly reason: string; readonly at: number } | null;
  /** Groups of barriers that were decided; the others follow from the runs. */
  readonly barriers: readonly Barrier[];
  readonly summaryWritten: boolean;
  /** Events so far; numbers the list rows. */
  readonly events: number;
}

/** A workflow run. */
export interface Run {
  readonly id: NodeId;
  readonly planId: string;
  readonly stageId: string;
  readonly status: Status;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly failure: Failure | null;
  readonly lock: Lock | null;
  /** In the order in which they were opened: pre, phases (and their batches), post, rollbacks. */
  readonly phases: readonly Phase[];
  readonly abort: { readonly actor: string; readonly reason: string; readonly at: number } | null;
  /** `cause`: the failing step, or null when a person asked for it. */
  readonly rollback: Rollback | null;
  /** A hold on triggers has been written for its rollback. */
  readonly held: boolean;
  /** Set when a run is reached that is planned late; what a person is asked for, and answered. */
  readonly inputs: RunInputs | null;
}

export interface RunInputs {
  /** Run of the plan that asked; the planned runs that took its place keep it. */
  readonly of: string;
  readonly since: number;
  /** Null: nobody is asked. */
  readonly until: number | null;
  /** `actor` is null when the time was over and defaults were taken. */
  readonly given: {
    readonly values: Readonly<Record<string, string>>;
    readonly actor: string | null;
    readonly at: number;
  } | null;
}

export interface Rollback {
  readonly cause: NodeId | null;
  readonly actor: string | null;
  readonly at: number;
  readonly scope: 'WORKFLOW' | 'PHASE';
  readonly provisioners: 'BEFORE' | 'AFTER';
  /** Null while it runs. */
  readonly result: 'SUCCESS' | 'PARTIAL' | 'FAILED' | 'NOTHING' | null;
}

export interface Lock {
  readonly requestId: string;
  readonly keys: readonly string[];
  readonly requestedAt: number;
  readonly state: 'REQUESTED' | 'QUEUED' | 'HELD' | 'RELEASED' | 'REFUSED';
  /** Place in the queue, 1 is next; only a hint. */
  readonly position: number | null;
  readonly fences: Readonly<Record<string, number>>;
}

/** What became of the runs of a stage that meet under one identifier (orchestration 7). */
export interface Barrier {
  readonly stageId: string;
  readonly identifier: string;
  readonly state: 'PASSED' | 'FAILED';
  readonly at: number;
  /** The run whose failure failed the others. */
  readonly peer: NodeId | null;
}

/** Part of a guard's capacity, asked for by a step and held until the end of its owner (orchestration 8.2). */
export interface Permits {
  readonly requestId: string;
  readonly stepId: NodeId;
  readonly constraint: Named;
  /** What the constraint is counted for; empty: one for all. */
  readonly unit: string;
  readonly permits: number;
  readonly capacity: number;
  readonly strategy: GuardStrategy;
  /** A phase run, a run, or the execution: with its end they are given back. */
  readonly owner: string;
  readonly state: 'REQUESTED' | 'QUEUED' | 'HELD' | 'REFUSED' | 'RELEASED';
  /** Place in the queue, 1 is next; only a hint. */
  readonly position: number | null;
}

/** CLEAN_UP: takes away older releases of the phase it names, when all the others have passed. */
export type PhaseKind = 'PRE' | 'FORWARD' | 'POST' | 'CLEAN_UP' | 'ROLLBACK';

/** A phase run: one pass over a phase of the plan (a rolling phase has one per batch). */
export interface Phase {
  readonly id: NodeId;
  readonly kind: PhaseKind;
  /** Of the plan; `pre` and `post` for those two sections. */
  readonly planId: string;
  readonly name: string;
  readonly iteration: number;
  /** ROLLBACK: the phase run it undoes. */
  readonly undoes: NodeId | null;
  readonly status: Status;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** Names of the hosts it works on; null until they are selected. */
  readonly hosts: readonly string[] | null;
  /** Why it had nothing to do; null when it had, or is not known yet. */
  readonly skipped: string | null;
  /** Hosts dropped by a tolerance. */
  readonly dropped: readonly string[];
  readonly sections: readonly Section[];
}

export interface Section {
  readonly id: NodeId;
  readonly planId: string;
  readonly status: Status;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** Steps may not start before (wait before execution). */
  readonly notBefore: number;
  readonly steps: readonly Step[];
}

export interface Step {
  readonly id: NodeId;
  readonly planId: string;
  readonly status: Status;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** Why it failed; of one that has not ended, why it could not go on. */
  readonly failure: Failure | null;
  /** Since when it has failed without having ended; null: it has not. */
  readonly failedAt: number | null;
  /** Why it was skipped. */
  readonly skipped: string | null;
  /** Shown as passed although it failed. */
  readonly ignored: boolean;
  /** How many times a strategy retried it. */
  readonly retries: number;
  /** What it waits for, apart from agents; its status is WAITING exactly while it does. */
  readonly waiting: Waiting | null;
  /** What was decided on it while it waited for a person. */
  readonly interventions: readonly Intervention[];
  /** What an approval was answered. */
  readonly approval: Approval | null;
  /** Its agents must carry all of them; absent: what the plan says. */
  readonly selectors?: readonly string[];
  readonly tasks: readonly Task[];
}

/** The step at one target. */
export interface Task {
  readonly id: TaskId;
  /** Host name, or `-`. */
  readonly target: string;
  readonly status: Status;
  readonly attempts: readonly Attempt[];
}

export type AttemptState =
  /** Wants an agent. */
  | 'PENDING'
  /** Given to an agent, which may or may not know; nothing was started. */
  | 'ASSIGNED'
  /** The journal allowed the start: from here on only evidence says what happened. */
  | 'STARTED'
  /** Its agent is gone. */
  | 'UNKNOWN'
  | 'ENDED';

export interface Attempt {
  readonly id: AttemptId;
  readonly state: AttemptState;
  readonly createdAt: number;
  /** Who answered that it be tried again; null: the plan asked for it. */
  readonly askedBy: string | null;
  /** Counts the agents it was given to. */
  readonly assignment: number;
  readonly agentId: AgentId | null;
  readonly ledgerId: LedgerId | null;
  readonly sessionId: string | null;
  /** Since when no agent may do it, and why. */
  readonly unassignable: { readonly since: number; readonly failure: Failure } | null;
  /** Agents that refused it. */
  readonly refusedBy: readonly AgentId[];
  readonly startedAt: number | null;
  /** When the agent itself will have killed it. */
  readonly deadline: number | null;
  readonly unknownSince: number | null;
  readonly cancel: { readonly reason: string; readonly at: number } | null;
  readonly checkpoints: readonly { readonly name: string; readonly data: JsonObject }[];
  readonly result: AttemptResult | null;
  readonly endedAt: number | null;
}

/** A published value (orchestration 4.8). */
export interface Output {
  readonly name: string;
  readonly scope: OutputScope;
  /** Run or phase run it belongs to; the execution's id for PIPELINE. */
  readonly owner: NodeId;
  readonly values: JsonObject;
  /** The step that published it, where that is known. */
  readonly by?: NodeId;
}

/** A build that a run found and registered (orchestration 2.2, Build). */
export interface Collected {
  readonly runId: NodeId;
  readonly stepId: NodeId;
  readonly artifact: CollectedArtifact;
}
