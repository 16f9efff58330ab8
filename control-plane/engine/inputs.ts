/** What can happen to an execution. Recorded with the events that followed, so that decisions can be replayed. */
import type { Failure } from '@fairlead/proto/model/failure.ts';
import type { AgentId, AttemptId, LedgerId, NodeId, ReplicaId } from '@fairlead/proto/model/ids.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { FoundThere, Plan, RunPlan } from './plan.ts';
import type { ApprovalAnswer, InterventionAction } from './waiting.ts';

export type Input =
  | { readonly input: 'start'; readonly plan: Plan; readonly driver: ReplicaId; readonly epoch: number }
  /** Always the first input of a new driver. */
  | { readonly input: 'driverChanged'; readonly driver: ReplicaId; readonly epoch: number }
  /** Nothing but time has passed. */
  | { readonly input: 'tick' }
  // From the dispatcher.
  | {
      readonly input: 'agentChosen';
      readonly attemptId: AttemptId;
      readonly agentId: AgentId;
      readonly ledgerId: LedgerId;
      readonly sessionId: string;
    }
  /** Nobody may do it at present: why. */
  | { readonly input: 'noAgent'; readonly attemptId: AttemptId; readonly failure: Failure }
  /** An agent will never start this assignment: it refused, was canceled first, or its session ended unstarted. */
  | {
      readonly input: 'released';
      readonly attemptId: AttemptId;
      readonly assignment: number;
      readonly agentId: AgentId;
      readonly failure: Failure;
      /** Refused for good by this agent: do not choose it again for this attempt. */
      readonly final: boolean;
    }
  | {
      readonly input: 'starting';
      readonly attemptId: AttemptId;
      readonly assignment: number;
      readonly agentId: AgentId;
    }
  /** `agentId`, here and below: the agent that says it. Older journals lack it, and what the control plane says itself. */
  | {
      readonly input: 'checkpoint';
      readonly attemptId: AttemptId;
      readonly agentId?: AgentId;
      readonly name: string;
      readonly data: JsonObject;
    }
  | {
      readonly input: 'finished';
      readonly attemptId: AttemptId;
      readonly agentId?: AgentId;
      readonly result: AttemptResult;
    }
  /** Its agent is gone, or came back with an empty ledger. */
  | { readonly input: 'agentLost'; readonly attemptId: AttemptId; readonly agentId: AgentId; readonly reason: string }
  /** The agent is back and still has it. */
  | { readonly input: 'agentBack'; readonly attemptId: AttemptId; readonly agentId: AgentId }
  /** Somebody looked at the target, or a person says what happened. */
  | {
      readonly input: 'outcomeFound';
      readonly attemptId: AttemptId;
      readonly by: string;
      readonly result: AttemptResult;
    }
  // From the lock store.
  | {
      readonly input: 'lockAnswered';
      readonly runId: NodeId;
      readonly requestId: string;
      readonly answer:
        | {
            readonly state: 'HELD';
            readonly fences: Readonly<Record<string, number>>;
            /** What has been deployed there since the run was planned. */
            readonly found?: readonly FoundThere[];
          }
        | { readonly state: 'QUEUED'; readonly position: number }
        | { readonly state: 'REFUSED'; readonly failure: Failure };
    }
  | { readonly input: 'lockReleased'; readonly runId: NodeId; readonly requestId: string }
  | {
      readonly input: 'permitsAnswered';
      readonly stepId: NodeId;
      readonly requestId: string;
      readonly answer:
        | { readonly state: 'HELD'; readonly ticket: number }
        | { readonly state: 'QUEUED'; readonly position: number }
        | { readonly state: 'REFUSED'; readonly failure: Failure };
    }
  | { readonly input: 'permitsReleased'; readonly stepId: NodeId; readonly requestId: string }
  // From the planner: what `planRun` asked for.
  | { readonly input: 'runPlanned'; readonly runId: NodeId; readonly plans: readonly RunPlan[] }
  | { readonly input: 'runUnplannable'; readonly runId: NodeId; readonly failures: readonly Failure[] }
  /** What `rejectOthers` asked for was done. */
  | { readonly input: 'othersRejected'; readonly stepId: NodeId }
  // From the projector.
  | { readonly input: 'holdWritten'; readonly runId: NodeId }
  | { readonly input: 'summaryWritten' }
  // From people.
  | { readonly input: 'abort'; readonly actor: string; readonly reason: string; readonly runId?: NodeId }
  | { readonly input: 'pause'; readonly actor: string; readonly reason: string }
  | { readonly input: 'resume'; readonly actor: string }
  /** What shall follow from the failure of a step that waits for a person. */
  | {
      readonly input: 'intervene';
      readonly stepId: NodeId;
      readonly action: InterventionAction;
      readonly actor: string;
      readonly reason: string;
    }
  | {
      readonly input: 'approve';
      readonly stepId: NodeId;
      readonly answer: ApprovalAnswer;
      readonly actor: string;
      readonly comment: string;
      /** Those that are left out keep their defaults. */
      readonly variables: Readonly<Record<string, string>>;
    }
  | {
      readonly input: 'giveInputs';
      readonly runId: NodeId;
      readonly values: Readonly<Record<string, string>>;
      readonly actor: string;
    }
  | { readonly input: 'rollback'; readonly actor: string; readonly reason: string; readonly runId?: NodeId };

export type InputKind = Input['input'];
