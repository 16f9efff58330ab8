/**
 * Everything a caller can ask of the control plane, one method a use case; the HTTP API, the live socket and (through
 * them) the CLI and the page know nothing else. Expected failures are thrown as `FailureError`, all problems at once.
 */
import type { Failure } from '@fairlead/proto/model/failure.ts';
import type { AgentId, AttemptId, ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import type { Status } from '@fairlead/proto/model/status.ts';
import type { ExecutionDiff } from '@fairlead/proto/diff.ts';
import type { ExecutionListRow, ExecutionView, JournalView, ListFilter, Moment } from '@fairlead/proto/live.ts';
import type { Problem, SourceFile } from '../definitions/problem.ts';
import type { LogChunk } from '../ports/logs.ts';
import type { InstanceFilter, InstanceRow } from '../ports/rows.ts';
import type { Actor } from './authorize.ts';
import type { Credentials } from './credentials.ts';
import type { Hold } from './holds.ts';
import type { Pipelines } from './pipelines.ts';
import type { Steering } from './steering.ts';

export type { OpenIntervention } from './intervene.ts';
export type { ForcedSettlement } from './settle-by-force.ts';

export type { Problem, SourceFile };

export type ApplyResult =
  | {
      readonly applied: boolean;
      readonly revision: number;
      readonly changes: readonly {
        readonly change: 'create' | 'update' | 'delete';
        readonly kind: string;
        readonly name: string;
      }[];
    }
  | { readonly problems: readonly Problem[] };

export interface DeployRequest {
  /** May be left out when there is one application. */
  readonly application?: string;
  /** Workflow (or pipeline) name; may be left out when there is one. */
  readonly name?: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Service → build number; others take the latest. */
  readonly artifacts: Readonly<Record<string, string>>;
  /** Only these hosts, in the first phase; whatever the workflow selects. */
  readonly hosts?: readonly string[];
  /** Hosts that have the build already are left out. */
  readonly skipSameVersion?: boolean;
  /** The same key and the same request give the same execution; another request is refused. */
  readonly idempotencyKey?: string;
}

export interface AgentView {
  readonly id: AgentId;
  readonly name: string;
  readonly status: 'CONNECTED' | 'DISCONNECTED' | 'DRAINING' | 'REVOKED';
  readonly hostname: string | null;
  readonly version: string | null;
  readonly selectors: readonly string[];
  readonly capabilities: readonly string[];
  readonly running: number;
  readonly waiting: number;
  readonly capacity: number;
  readonly lastHeartbeatAt: number | null;
}

export interface Why {
  readonly executionId: ExecutionId;
  readonly status: Status;
  readonly cause: Failure | null;
  /** `ship-web / Phase 1 / Verify Service / check` */
  readonly where: string | null;
  readonly target: string | null;
  readonly attemptId: AttemptId | null;
  /** The last lines of that attempt's log. */
  readonly log: readonly string[];
  /** Bytes of it that its agent wrote and that have not arrived, 0 normally: the lines may not be the last ones. */
  readonly logMissing: number;
  readonly help: string | null;
  readonly rollback: string | null;
}

export interface Replay {
  readonly executionId: ExecutionId;
  readonly records: number;
  readonly events: number;
  /** Folding the journal gives what is served now. */
  readonly stateMatches: boolean;
  /** Where deciding the recorded inputs again gave other events than the recorded ones. */
  readonly differences: readonly { readonly seq: number; readonly input: string; readonly reason: string }[];
}

export const INSTANCE_STATES = ['RUNNING', 'REMOVED', 'UNDONE', 'UNSURE'] as const;

/** A service at a host, as the last thing done there left it. */
export interface Instance extends InstanceRow {
  /**
   * REMOVED: the definitions know the place no more. UNDONE: a rollback took it away and nothing was there before.
   * UNSURE: whatever was last to put a build there broke off in the middle of it.
   */
  readonly state: (typeof INSTANCE_STATES)[number];
  /** Why it is not RUNNING. */
  readonly note: string | null;
}

export interface InstanceQuery {
  readonly filter: InstanceFilter;
  readonly state?: Instance['state'];
  readonly cursor?: string;
  readonly limit: number;
}

/** Something that was done at a host. */
export interface Deployment extends InstanceRow {
  readonly action: 'DEPLOYED' | 'ROLLED_BACK' | 'REMOVED' | 'BROKE_OFF' | 'SWAPPED_IN' | 'SWAPPED_OUT';
}

export interface DoctorLine {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do about it; where nothing is wrong, what to do next. */
  readonly mend: string | null;
}

/** Somebody who holds a lock or permits, or waits for them. */
export interface LockWaiterView {
  readonly executionId: ExecutionId;
  /** The workflow run or step that asked. */
  readonly by: string;
  readonly ticket: number;
  readonly permits: number;
  /** When it got what it holds, or asked for what it waits for; null: not known. */
  readonly since: number | null;
}

export interface LockView {
  readonly key: string;
  /** `shop/prod/dc1/web`: application, environment, infrastructure and service. */
  readonly name: string;
  readonly active: readonly LockWaiterView[];
  /** The first is next. */
  readonly blocked: readonly LockWaiterView[];
}

export interface GuardView {
  readonly name: string;
  readonly capacity: number;
  readonly strategy: 'FIFO' | 'ASAP';
  /** Those in use or waited for. */
  readonly units: readonly {
    /** Empty: the one for all. */
    readonly unit: string;
    readonly used: number;
    readonly active: readonly LockWaiterView[];
    readonly blocked: readonly LockWaiterView[];
  }[];
}

/** With the names people know it by; null: nothing is known of it any more. */
export interface QueuePlaceView extends LockWaiterView {
  readonly execution: { readonly name: string; readonly application: string; readonly actor: string } | null;
}

/** Something that executions take turns with. */
export interface QueueView {
  readonly kind: 'INFRASTRUCTURE' | 'GUARD';
  readonly name: string;
  /** Of a guard: what it is counted for; empty: one for all. */
  readonly unit: string;
  readonly capacity: number;
  readonly used: number;
  readonly strategy: 'FIFO' | 'ASAP';
  readonly holders: readonly QueuePlaceView[];
  /** The first is next. */
  readonly waiting: readonly QueuePlaceView[];
}

export interface UseCases extends Steering, Pipelines, Credentials {
  apply(
    actor: Actor,
    request: { readonly files: readonly SourceFile[]; readonly dryRun: boolean; readonly prune?: boolean },
  ): Promise<ApplyResult>;
  /** Canonical text of given files, or of what is stored, with every generated default. */
  explain(
    actor: Actor,
    request: { readonly files?: readonly SourceFile[] },
  ): Promise<{ readonly text: string } | { readonly problems: readonly Problem[] }>;
  /** Authored form; `kind` one of applications, services, environments, workflows, pipelines, provisioners. */
  getDefinitions(
    actor: Actor,
    query: { readonly kind?: string; readonly name?: string },
  ): Promise<{ readonly revision: number; readonly text: string; readonly items: readonly JsonObject[] }>;
  listBuilds(
    actor: Actor,
    query: { readonly application?: string; readonly service: string },
  ): Promise<readonly { readonly build: string; readonly fileName: string }[]>;
  deploy(
    actor: Actor,
    request: DeployRequest,
  ): Promise<{
    readonly executionId: ExecutionId;
    readonly created: boolean;
    /** Holds on what it deploys: they keep triggers away, not people. */
    readonly holds: readonly Hold[];
  }>;
  listHolds(actor: Actor): Promise<readonly Hold[]>;
  /** By id, or all of a workflow by its name; answers those that were lifted. */
  liftHold(actor: Actor, text: string): Promise<readonly Hold[]>;
  listExecutions(
    actor: Actor,
    query: {
      readonly filter: ListFilter;
      readonly cursor?: string;
      readonly limit: number;
      /** With executions that another goes on with; otherwise only the newest of a chain. */
      readonly resumed?: boolean;
    },
  ): Promise<{ readonly rows: readonly ExecutionListRow[]; readonly next: string | null }>;
  /** Full id from a full one, a unique prefix, or `last`. */
  resolveExecution(actor: Actor, text: string): Promise<ExecutionId>;
  /** As it is, or as it was: `at` is a sequence of its journal, a time, or `+90s` after its start. */
  getExecution(actor: Actor, id: ExecutionId, at?: string): Promise<ExecutionView>;
  /** Records after a sequence; `next` is the one to go on after, or null. */
  getJournal(
    actor: Actor,
    id: ExecutionId,
    query: { readonly after: number; readonly limit: number },
  ): Promise<{ readonly records: readonly JournalView[]; readonly next: number | null }>;
  /** What happened, decision by decision, after a sequence of its journal. */
  listMoments(
    actor: Actor,
    id: ExecutionId,
    query: { readonly after: number; readonly limit: number },
  ): Promise<{ readonly moments: readonly Moment[]; readonly next: number | null }>;
  diff(actor: Actor, a: ExecutionId, b: ExecutionId): Promise<ExecutionDiff>;
  readLog(actor: Actor, attempt: AttemptId, from: number, limit?: number): Promise<readonly LogChunk[]>;
  /** Of an attempt that has ended: waits, not for long, until its log is whole. How many bytes of it are missing then. */
  awaitLog(actor: Actor, attempt: AttemptId, signal?: AbortSignal): Promise<number>;
  /** `run`: only this one of it, by its id or name. */
  abort(actor: Actor, id: ExecutionId, reason: string, run?: string): Promise<void>;
  /** `run`: only this one of an execution that runs, by its id or name. */
  rollback(actor: Actor, id: ExecutionId, reason: string, run?: string): Promise<{ readonly executionId: ExecutionId }>;
  /** A person says what became of an attempt nobody can find out about. */
  resolveUnknown(actor: Actor, attempt: AttemptId, outcome: 'SUCCESS' | 'FAILED', note: string): Promise<void>;
  replay(actor: Actor, id: ExecutionId): Promise<Replay>;
  why(actor: Actor, id: ExecutionId): Promise<Why>;
  whatRunsWhere(
    actor: Actor,
    query: InstanceQuery,
  ): Promise<{ readonly instances: readonly Instance[]; readonly next: string | null }>;
  /** Everything that was done at hosts, newest first. */
  listDeployments(
    actor: Actor,
    query: { readonly filter: InstanceFilter; readonly cursor?: string; readonly limit: number },
  ): Promise<{ readonly deployments: readonly Deployment[]; readonly next: string | null }>;
  /** Guards of the account with what is used of them and who waits. */
  listGuards(actor: Actor): Promise<readonly GuardView[]>;
  /** Infrastructure somebody holds or waits for. */
  listLocks(actor: Actor): Promise<readonly LockView[]>;
  /** Both in one: what executions take turns with and who waits; those that somebody waits for first. */
  listQueues(actor: Actor): Promise<readonly QueueView[]>;
  listAgents(actor: Actor): Promise<readonly AgentView[]>;
  createJoinToken(actor: Actor, name: string): Promise<{ readonly name: string; readonly token: string }>;
  listJoinTokens(
    actor: Actor,
  ): Promise<readonly { readonly name: string; readonly createdAt: number; readonly revoked: boolean }[]>;
  revokeJoinToken(actor: Actor, name: string): Promise<void>;
  revokeAgent(actor: Actor, name: string): Promise<void>;
  doctor(actor: Actor): Promise<readonly DoctorLine[]>;
  /**
   * Wakes a live socket: calls `onChange` when something about the execution (or, with null, any) may have changed,
   * and at least once a second while the execution lives. Ends when the returned function is called.
   */
  watch(
    topic: { readonly executionId: ExecutionId } | { readonly attemptId: AttemptId } | { readonly list: true },
    onChange: () => void,
  ): () => void;
}

export type { Json };
