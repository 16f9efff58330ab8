/**
 * What the page, the CLI and other watchers see: the view of an execution as flat nodes, and the frames of the live
 * socket `/api/v1/live`. Three feeds: an execution (journal sequence, gap-free), a log (byte offset), the list
 * (convergent: rows carry their sequence, older ones are dropped).
 */
import type { Failure } from './model/failure.ts';
import type { AttemptId, ExecutionId, NodeId } from './model/ids.ts';
import type { Json, JsonObject } from './model/json.ts';
import type { Status } from './model/status.ts';

export type NodeKind = 'run' | 'phase' | 'section' | 'step' | 'task' | 'attempt';

export interface NodeView {
  readonly id: NodeId;
  readonly parent: NodeId | null;
  readonly kind: NodeKind;
  /** Among its siblings, in the order of execution. */
  readonly order: number;
  readonly name: string;
  /** Null: not reached yet (or never will be, once its parent has ended). */
  readonly status: Status | null;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Part of the rollback path. */
  readonly rollback: boolean;
  /** Host name, for tasks and attempts at a host. */
  readonly target: string | null;
  readonly agent: string | null;
  readonly failure: Failure | null;
  /** Why it waits, why it was skipped, "ignored", "not confirmed" … one line for people. */
  readonly note: string | null;
  /** Steps that wait: when that ends by itself. */
  readonly until?: number;
  /** Steps that wait for a decision: what may be chosen. */
  readonly choices?: readonly string[];
  readonly outputs: JsonObject | null;
  /** Steps: attempts have a log under this id. */
  readonly attemptId: AttemptId | null;
}

export interface AskedVariable {
  readonly name: string;
  readonly type: 'text' | 'number' | 'email' | 'service' | 'environment' | 'infrastructure';
  readonly required: boolean;
  readonly default: string | null;
  /** Empty: any. */
  readonly values: readonly string[];
  /** The whole value must match; null: anything does. */
  readonly pattern: string | null;
  readonly description: string;
}

/** Something that goes on only when a person answers. */
export interface WaitingView {
  /** APPROVAL_STAGE: a stage of a pipeline, which has nothing of its own to roll back. */
  readonly kind: 'APPROVAL' | 'APPROVAL_STAGE' | 'INPUTS' | 'INTERVENTION';
  /** The step; for inputs, the run. */
  readonly id: NodeId;
  readonly name: string;
  /** Name of the workflow or stage. */
  readonly where: string;
  readonly since: number;
  readonly until: number;
  readonly groups: readonly string[];
  /** What follows when nobody answers until then; null: what its definition says for that failure. */
  readonly onTimeout: 'EXPIRES' | 'DEFAULTS' | null;
  /** What may be given. */
  readonly variables: readonly AskedVariable[];
  readonly message: string | null;
}

/** A run of a stage, whether it was reached or not. */
export interface StageRunView {
  readonly id: NodeId;
  readonly name: string;
  readonly status: Status;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** It ran in the execution that is resumed. */
  readonly takenOver: boolean;
  /** Nothing but a person's answer. */
  readonly isApproval: boolean;
  /** What it waits for and who is missing, why it failed, or why it is skipped. */
  readonly note: string | null;
  /** When what it waits for ends by itself. */
  readonly until: number | null;
}

/** Stages run one after the other, the runs of a stage together. */
export interface StageView {
  readonly id: string;
  readonly name: string;
  /** Name of the stage whose runs it takes back. */
  readonly takesBack: string | null;
  readonly runs: readonly StageRunView[];
}

/** The execution that one goes on with. */
export interface ResumedView {
  /** The first of the chain. */
  readonly chain: ExecutionId;
  readonly from: ExecutionId;
  readonly stage: string;
}

export interface ExecutionHeader {
  readonly executionId: ExecutionId;
  readonly application: string;
  readonly name: string;
  readonly kind: 'WORKFLOW' | 'PIPELINE';
  readonly status: Status;
  readonly settled: boolean;
  readonly parked: string | null;
  readonly environment: string | null;
  readonly actor: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly revision: number;
  /** `service` → build deployed by this execution, and the one a rollback restores. */
  readonly artifacts: readonly { readonly service: string; readonly build: string; readonly previous: string | null }[];
  /** First cause of the failure, where there is one. */
  readonly failure: (Failure & { readonly node: NodeId; readonly target: string | null }) | null;
  readonly rollback: 'RUNNING' | 'SUCCESS' | 'PARTIAL' | 'FAILED' | 'NOTHING' | null;
  /** Who takes back what, and why. `of`: the earlier execution that this one takes back; null: what it did itself. */
  readonly rolledBack: {
    readonly of: ExecutionId | null;
    /** Null: a failure did. */
    readonly actor: string | null;
    readonly reason: string;
    readonly at: number;
  } | null;
  /** Targets where work was canceled without seeing its end, or whose state nobody knows. */
  readonly unconfirmed: readonly { readonly target: string; readonly attemptId: AttemptId; readonly why: string }[];
  /** Steps done and in all, over the forward path as far as it is known. */
  readonly progress: { readonly done: number; readonly total: number };
  /** One line: "waiting for the lock of prod/dc1, 2 before it". */
  readonly waiting: string | null;
  readonly people: readonly WaitingView[];
  /** Of a pipeline, every one of them; empty for a workflow. */
  readonly stages: readonly StageView[];
  readonly resumes: ResumedView | null;
}

export interface ExecutionView {
  readonly seq: number;
  readonly header: ExecutionHeader;
  readonly nodes: readonly NodeView[];
}

/** A line of the executions list: derived from the journal, may be rebuilt at any time. */
export interface ExecutionListRow {
  readonly executionId: ExecutionId;
  /** Journal sequence it reflects. */
  readonly seq: number;
  readonly application: string;
  readonly name: string;
  readonly kind: 'WORKFLOW' | 'PIPELINE';
  readonly status: Status;
  readonly environment: string | null;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** Who started it. */
  readonly actor: string;
  /** For the page: progress counts, artifacts, failure, waiting reason … */
  readonly summary: JsonObject;
}

export interface ListFilter {
  readonly application?: string;
  readonly name?: string;
  readonly environment?: string;
  readonly statuses?: readonly Status[];
  /** Started at or after, and before. */
  readonly from?: number;
  readonly to?: number;
  /** Words that all occur in its id, names, actor or builds. */
  readonly text?: string;
}

/** Client → server. `sub` is the client's own number for a subscription. */
export type ClientFrame =
  | {
      readonly type: 'subscribe';
      readonly sub: number;
      readonly feed: 'execution';
      readonly executionId: ExecutionId;
      readonly after?: number;
    }
  | {
      readonly type: 'subscribe';
      readonly sub: number;
      readonly feed: 'log';
      readonly attemptId: AttemptId;
      readonly from: number;
      /** Only what the agent read until then, in epoch milliseconds: the log as it was. */
      readonly until?: number;
    }
  | {
      readonly type: 'subscribe';
      readonly sub: number;
      readonly feed: 'list';
      readonly filter: ListFilter;
      readonly limit: number;
    }
  | { readonly type: 'unsubscribe'; readonly sub: number };

/** Server → client, several in one message: `{"frames": […]}`, at most one message every 50 ms. */
export type ServerFrame =
  /** `snapshot`: replaces all nodes; otherwise the nodes that changed with this and no other journal sequence since the last frame. */
  | {
      readonly sub: number;
      readonly feed: 'execution';
      readonly seq: number;
      readonly snapshot: boolean;
      readonly header: ExecutionHeader;
      readonly nodes: readonly NodeView[];
    }
  /** `offset` is where the text starts; `next` where the following frame will. `gap` bytes before it were dropped at the agent. */
  | {
      readonly sub: number;
      readonly feed: 'log';
      readonly offset: number;
      readonly next: number;
      readonly gap: number;
      readonly text: string;
    }
  | {
      readonly sub: number;
      readonly feed: 'list';
      readonly snapshot: boolean;
      readonly rows: readonly ExecutionListRow[];
    }
  | { readonly sub: number; readonly error: Failure };

export interface ServerMessage {
  readonly frames: readonly ServerFrame[];
}

/** One journal record as the API shows it (`executions show --events`, replay). */
export interface JournalView {
  readonly seq: number;
  readonly epoch: number;
  readonly now: number;
  readonly decisions: readonly { readonly input: Json; readonly events: readonly Json[] }[];
}

/** One decision of an execution, as people read it: what came, from whom, and what followed. */
export interface Moment {
  /** Journal sequence; several decisions may stand in one record. */
  readonly seq: number;
  readonly at: number;
  readonly input: string;
  /** A person, `agent NAME` or `its agent`, `control plane ID`; null: time, or the control plane itself. */
  readonly actor: string | null;
  /** What it is about: a node's id without the execution's own. */
  readonly node: string | null;
  readonly events: readonly { readonly event: string; readonly node: string | null; readonly text: string }[];
}
