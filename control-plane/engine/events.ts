/** What the engine decided. The journal holds nothing else that counts; old ones replay for ever. */
import type { Failure } from '@fairlead/proto/model/failure.ts';
import type { AgentId, AttemptId, LedgerId, NodeId, ReplicaId } from '@fairlead/proto/model/ids.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { CollectedArtifact } from '@fairlead/proto/steps/artifact-collection.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { Status } from '@fairlead/proto/model/status.ts';
import type { HostTarget } from '@fairlead/proto/model/task.ts';
import type { PhaseKind } from './execution.ts';
import type { GuardStrategy } from '@fairlead/proto/steps/flow.ts';
import type { FoundThere, Named, OutputScope, Plan, RunPlan, StagePlan } from './plan.ts';
import type { ApprovalAnswer, InterventionAction, Waiting } from './waiting.ts';

type Body =
  | { readonly event: 'ExecutionStarted'; readonly plan: Plan; readonly driver: ReplicaId; readonly epoch: number }
  | { readonly event: 'DriverChanged'; readonly driver: ReplicaId; readonly epoch: number }
  | { readonly event: 'Parked'; readonly reason: string }
  | { readonly event: 'PauseRequested'; readonly actor: string; readonly reason: string }
  | { readonly event: 'Resumed'; readonly actor: string }
  // Workflow runs.
  | {
      readonly event: 'RunStarted';
      readonly runId: NodeId;
      /** What earlier stages of the execution have put where it goes. */
      readonly found?: readonly FoundThere[];
    }
  | { readonly event: 'RunEnded'; readonly runId: NodeId; readonly status: Status; readonly failure: Failure | null }
  | {
      readonly event: 'LockRequested';
      readonly runId: NodeId;
      readonly requestId: string;
      readonly keys: readonly string[];
    }
  | { readonly event: 'LockQueued'; readonly runId: NodeId; readonly position: number }
  | {
      readonly event: 'LockGranted';
      readonly runId: NodeId;
      readonly fences: Readonly<Record<string, number>>;
      /** What a rollback goes back to from now on; absent: to what was there when the run was planned. */
      readonly found?: readonly FoundThere[];
    }
  | { readonly event: 'LockRefused'; readonly runId: NodeId; readonly failure: Failure }
  | { readonly event: 'LockReleased'; readonly runId: NodeId }
  | { readonly event: 'AbortRequested'; readonly runId: NodeId; readonly actor: string; readonly reason: string }
  | {
      readonly event: 'RollbackStarted';
      readonly runId: NodeId;
      readonly cause: NodeId | null;
      readonly actor: string | null;
      readonly scope: 'WORKFLOW' | 'PHASE';
      readonly failure: Failure;
      /** What was provisioned goes before the phases, in the order of creation, or after them, reversed. Absent: before. */
      readonly provisioners?: 'BEFORE' | 'AFTER';
    }
  | {
      readonly event: 'RollbackEnded';
      readonly runId: NodeId;
      readonly result: 'SUCCESS' | 'PARTIAL' | 'FAILED' | 'NOTHING';
    }
  /** What a rollback forbids to triggers stands in the store. */
  | { readonly event: 'HoldWritten'; readonly runId: NodeId }
  // Pipelines. A run that is planned late was reached; until then a person may give its inputs (null: nobody is asked).
  | { readonly event: 'RunReached'; readonly runId: NodeId; readonly until: number | null }
  | {
      readonly event: 'InputsGiven';
      readonly runId: NodeId;
      readonly values: Readonly<Record<string, string>>;
      /** Null: its time was over, and these are the defaults. */
      readonly actor: string | null;
    }
  /** These take its place, in the plan and in the state. */
  | { readonly event: 'RunPlanned'; readonly runId: NodeId; readonly plans: readonly RunPlan[] }
  | { readonly event: 'RollbackAsked'; readonly actor: string; readonly reason: string }
  | { readonly event: 'StageAppended'; readonly stage: StagePlan }
  | {
      readonly event: 'ApprovalAnswered';
      readonly stepId: NodeId;
      readonly answer: ApprovalAnswer;
      readonly actor: string;
      readonly comment: string;
      readonly variables: Readonly<Record<string, string>>;
    }
  | { readonly event: 'OthersRejected'; readonly stepId: NodeId }
  // Phases, sections, steps.
  | {
      readonly event: 'PhaseStarted';
      readonly phaseId: NodeId;
      readonly kind: PhaseKind;
      readonly planId: string;
      readonly name: string;
      readonly iteration: number;
      readonly undoes: NodeId | null;
      readonly hosts: readonly string[] | null;
    }
  /** `skipped`: why it had nothing to do. */
  | { readonly event: 'PhaseEnded'; readonly phaseId: NodeId; readonly status: Status; readonly skipped?: string }
  /** A provisioner has told the hosts of these phases of the plan: from here on they stand in it like any others. */
  | {
      readonly event: 'HostsProvided';
      readonly stepId: NodeId;
      readonly phases: readonly string[];
      readonly hosts: readonly HostTarget[];
    }
  | { readonly event: 'HostsSelected'; readonly phaseId: NodeId; readonly hosts: readonly string[] }
  | { readonly event: 'HostsDropped'; readonly phaseId: NodeId; readonly hosts: readonly string[] }
  | { readonly event: 'SectionStarted'; readonly sectionId: NodeId; readonly notBefore: number }
  | { readonly event: 'SectionEnded'; readonly sectionId: NodeId; readonly status: Status }
  /** Its tasks are the phase's hosts, or `-`, as the plan says, each with a first attempt; none where the engine waits itself. */
  | {
      readonly event: 'StepStarted';
      readonly stepId: NodeId;
      readonly targets: readonly string[];
      /** What the selectors of its plan have come to; absent: they stand there as they are. */
      readonly selectors?: readonly string[];
    }
  | {
      readonly event: 'StepRetried';
      readonly stepId: NodeId;
      readonly targets: readonly string[];
      /** The person who asked for it; absent: a strategy did. */
      readonly actor?: string;
    }
  /** Of a step that has started; its answer, StepRetried or StepEnded ends the waiting. */
  | { readonly event: 'StepWaiting'; readonly stepId: NodeId; readonly waiting: Waiting }
  | {
      readonly event: 'InterventionAnswered';
      readonly stepId: NodeId;
      readonly action: InterventionAction;
      /** Null: nobody did in time. */
      readonly actor: string | null;
      readonly reason: string;
    }
  | {
      readonly event: 'StepEnded';
      readonly stepId: NodeId;
      readonly status: Status;
      readonly failure: Failure | null;
      readonly skipped: string | null;
    }
  | { readonly event: 'StepIgnored'; readonly stepId: NodeId }
  /** It failed without an agent's report, and has not ended: a strategy has its say about it. */
  | { readonly event: 'StepFailed'; readonly stepId: NodeId; readonly failure: Failure }
  // Permits of a guard, asked for and held across executions.
  | {
      readonly event: 'PermitsRequested';
      readonly stepId: NodeId;
      readonly requestId: string;
      readonly constraint: Named;
      readonly unit: string;
      readonly permits: number;
      readonly capacity: number;
      readonly strategy: GuardStrategy;
      readonly owner: string;
    }
  | { readonly event: 'PermitsQueued'; readonly requestId: string; readonly position: number }
  | { readonly event: 'PermitsGranted'; readonly requestId: string; readonly ticket: number }
  | { readonly event: 'PermitsRefused'; readonly requestId: string; readonly failure: Failure }
  | { readonly event: 'PermitsReleased'; readonly requestId: string }
  // Barriers: decided for all who meet there at once.
  | {
      readonly event: 'BarrierPassed';
      readonly stageId: string;
      readonly identifier: string;
      readonly stepIds: readonly NodeId[];
    }
  | {
      readonly event: 'BarrierFailed';
      readonly stageId: string;
      readonly identifier: string;
      readonly peer: NodeId;
      readonly failure: Failure;
    }
  | {
      readonly event: 'OutputsPublished';
      readonly name: string;
      readonly scope: OutputScope;
      readonly owner: NodeId;
      readonly values: JsonObject;
      /** The step; absent: told by a release that did not look who else publishes. */
      readonly by?: NodeId;
    }
  /** A build was found and registered: later runs of the execution that deploy the service deploy this one. */
  | { readonly event: 'ArtifactCollected'; readonly stepId: NodeId; readonly artifact: CollectedArtifact }
  // Attempts.
  | {
      readonly event: 'AttemptAssigned';
      readonly attemptId: AttemptId;
      readonly agentId: AgentId;
      readonly ledgerId: LedgerId;
      readonly sessionId: string;
    }
  /** No agent there is may do it; the failure says why each may not. */
  | { readonly event: 'AttemptUnassignable'; readonly attemptId: AttemptId; readonly failure: Failure }
  | {
      readonly event: 'AttemptReleased';
      readonly attemptId: AttemptId;
      readonly failure: Failure;
      readonly final: boolean;
    }
  | { readonly event: 'AttemptStarted'; readonly attemptId: AttemptId; readonly deadline: number }
  | {
      readonly event: 'AttemptCheckpointed';
      readonly attemptId: AttemptId;
      readonly name: string;
      readonly data: JsonObject;
    }
  | { readonly event: 'AttemptLost'; readonly attemptId: AttemptId; readonly reason: string }
  | { readonly event: 'AttemptFound'; readonly attemptId: AttemptId }
  | { readonly event: 'CancelRequested'; readonly attemptId: AttemptId; readonly reason: string }
  | { readonly event: 'AttemptEnded'; readonly attemptId: AttemptId; readonly result: AttemptResult }
  // The end.
  | { readonly event: 'ExecutionEnded'; readonly status: Status }
  | { readonly event: 'SummaryWritten' }
  | { readonly event: 'Settled' }
  /** An operator has seen what stays unconfirmed, because it cannot be decided on any more. */
  | {
      readonly event: 'SettledByForce';
      readonly actor: string;
      readonly reason: string;
      readonly unconfirmed: readonly AttemptId[];
    }
  /** An input that is illegal now: nothing changed. */
  | { readonly event: 'InputRejected'; readonly input: string; readonly failure: Failure };

/** `at`: milliseconds since the epoch, never less than that of the event before. */
export type Event = Body & { readonly at: number };
export type EventBody = Body;
export type EventKind = Event['event'];
export type EventOf<K extends EventKind> = Extract<Event, { readonly event: K }>;
