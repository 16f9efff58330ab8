/**
 * What should be outstanding in a state. A command is wanted again and again until an input makes the state move on, so
 * whoever carries it out must not mind to be asked twice. `id` names the same wish in every release.
 */
import type { AgentId, AttemptId, LedgerId, NodeId } from '@fairlead/proto/model/ids.ts';
import type { HostTarget } from '@fairlead/proto/model/task.ts';
import type { GuardStrategy } from '@fairlead/proto/steps/flow.ts';
import type { Named } from './plan.ts';

export type Command =
  /** Choose an agent: answer with `agentChosen`. */
  | {
      readonly command: 'assign';
      readonly id: string;
      readonly attemptId: AttemptId;
      readonly type: string;
      readonly selectors: readonly string[];
      readonly avoid: readonly AgentId[];
    }
  | {
      readonly command: 'offer';
      readonly id: string;
      readonly attemptId: AttemptId;
      readonly agentId: AgentId;
      readonly ledgerId: LedgerId;
      readonly sessionId: string;
      readonly assignment: number;
    }
  | {
      readonly command: 'cancel';
      readonly id: string;
      readonly attemptId: AttemptId;
      readonly agentId: AgentId;
      readonly ledgerId: LedgerId;
      readonly assignment: number;
      readonly graceMs: number;
      readonly reason: string;
    }
  /** Look at the target of an attempt whose agent is gone: answer with `outcomeFound` when it can be told. */
  | {
      readonly command: 'probe';
      readonly id: string;
      readonly attemptId: AttemptId;
      readonly target: HostTarget;
      readonly selectors: readonly string[];
      readonly type: string;
    }
  | {
      readonly command: 'acquireLock';
      readonly id: string;
      readonly runId: NodeId;
      readonly requestId: string;
      readonly keys: readonly string[];
      /** What people call them. */
      readonly names: Readonly<Record<string, string>>;
      readonly queueLimit: number;
    }
  | {
      readonly command: 'releaseLock';
      readonly id: string;
      readonly runId: NodeId;
      readonly requestId: string;
      readonly keys: readonly string[];
    }
  /** Keep triggers from deploying again what a rollback takes back: answer with `holdWritten`. */
  | { readonly command: 'writeHold'; readonly id: string; readonly runId: NodeId }
  /** Ask for permits of a guard: answer with `permitsAnswered`. */
  | {
      readonly command: 'acquirePermits';
      readonly id: string;
      readonly stepId: NodeId;
      readonly requestId: string;
      readonly key: string;
      readonly constraint: Named;
      readonly permits: number;
      /** As the plan has them; what is defined now counts, where it still is. */
      readonly capacity: number;
      readonly strategy: GuardStrategy;
    }
  | {
      readonly command: 'releasePermits';
      readonly id: string;
      readonly stepId: NodeId;
      readonly requestId: string;
      readonly key: string;
    }
  /** Plan a run that was reached, from the revision of its plan: answer with `runPlanned` or `runUnplannable`. */
  | { readonly command: 'planRun'; readonly id: string; readonly runId: NodeId }
  /** Reject older executions that wait at the approval this step has passed: answer with `othersRejected`. */
  | { readonly command: 'rejectOthers'; readonly id: string; readonly stepId: NodeId }
  | { readonly command: 'writeSummary'; readonly id: string };

export type CommandKind = Command['command'];
export type CommandOf<K extends CommandKind> = Extract<Command, { readonly command: K }>;
