/**
 * A task: one step on one target with everything its agent needs to do it. Made from the execution's state at each send
 * (so it may be made again), carried in an offer, written to the agent's ledger whole.
 */
import type { Layer, ResolvedText } from '../expressions/index.ts';
import type { AgentId, AttemptId, ExecutionId, LedgerId } from './ids.ts';
import type { Failure } from './failure.ts';
import type { Json, JsonObject } from './json.ts';
import type { AttemptResult } from './result.ts';

/** Where a host is and how to log in. Secrets are references the agent resolves (`file:` or `env:`). */
export interface HostTarget {
  /** As written in the infrastructure: the name shown everywhere. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly login: Login;
  /** Pinned host key (`SHA256:…`, or a full public key line); null: trust on first use, remembered by the agent. */
  readonly hostKey: string | null;
  /** Per-host values of the infrastructure, `${instance.variables.NAME}`. */
  readonly variables: Readonly<Record<string, string>>;
}

export interface Login {
  readonly user: string;
  readonly key?: SecretRef;
  readonly passphrase?: SecretRef;
  readonly password?: SecretRef;
}

/** `file:/path/on/the/agent` or `env:NAME`; resolved on the agent only. */
export interface SecretRef {
  readonly secret: string;
}

/** Text that may hold references only the agent can fill in. */
export type LateText = ResolvedText;

/** Which artifact, as the plan fixed it. */
export interface ArtifactRef {
  readonly service: string;
  readonly source: ArtifactSource;
  readonly build: string;
  readonly fileName: string;
  /** Where in the source: path below the directory, URL, or what the script printed. */
  readonly location: string;
  /** Hexadecimal; null until first fetched (then it is an output and pinned). */
  readonly sha256: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

export type ArtifactSource =
  | { readonly kind: 'DIRECTORY'; readonly path: string; readonly match: string }
  | {
      readonly kind: 'HTTP';
      readonly url: string;
      readonly match: string;
      readonly headers?: Readonly<Record<string, LateText>>;
    }
  | { readonly kind: 'SCRIPT'; readonly script: string };

/**
 * What the last command of a run takes away from its host when the deployment has succeeded: what releases left there that
 * are older than those to keep. An id starts with epoch milliseconds, and is the last part of the release's own directories.
 */
export interface Releases {
  /** Of this deployment. */
  readonly id: string;
  /** How many good ones stay, this one among them; the one before it always does, for a rollback. */
  readonly keep: number;
  /** Those that stay whatever their age, beside this one; newest first. */
  readonly good: readonly GoodRelease[];
  /** Older ones go: made at or after `since` and before `before`. Epoch milliseconds; nothing goes where both are equal. */
  readonly since: number;
  readonly before: number;
  /** What they brought to the runtime path: taken away there if it is still the same, byte by byte. */
  readonly files: readonly { readonly fileName: string; readonly sha256: string }[];
}

export interface GoodRelease {
  readonly id: string;
  readonly fileName: string;
  readonly sha256: string | null;
}

/** The names and values every script of the task sees, already in precedence order. */
export interface TaskContext {
  /** Exported to the process environment of scripts (service variables and the WINGS_* paths are added by the platform). */
  readonly environment: Readonly<Record<string, LateText>>;
  /**
   * What expressions evaluated on the agent (assertions, response variables) can see, innermost first; the platform puts
   * a layer of its own (the response) before them: `scope([{ httpResponseCode: … }, ...layers])`. Empty for steps without any.
   */
  readonly layers: readonly Layer[];
  /** Key of the service infrastructure mapping the artifact is pinned for; null outside a service's phase. */
  readonly mapping: string | null;
  readonly paths: { readonly runtime: string; readonly backup: string; readonly staging: string };
  readonly artifact: ArtifactRef | null;
  readonly configFiles: readonly { readonly path: string; readonly content: LateText; readonly mode: string }[];
  /** For commands of a deployment: so many builds of the mapping, and these in any case, stay in the agent's cache. */
  readonly keeps?: Pick<Releases, 'keep' | 'good'>;
  /** Only for what cleans up after a deployment, not for what takes one back. */
  readonly releases?: Releases;
}

export interface Task {
  readonly attemptId: AttemptId;
  readonly executionId: ExecutionId;
  /** Catalog type (`proto/steps`), which picks the platform code. */
  readonly type: string;
  /** For people and logs: `ship-web / Phase 1 / Deploy Service / Install on web-1`. */
  readonly title: string;
  /** The step's own parameters, validated by the catalog's schema after resolution. */
  readonly parameters: Json;
  readonly target: HostTarget | null;
  readonly context: TaskContext;
  /** The agent kills the work at the target when it has run so long. Milliseconds. */
  readonly timeoutMs: number;
  /** Between asking the process group to stop and killing it. Milliseconds. */
  readonly cancelGraceMs: number;
  /** May it be run again when nobody knows whether it ran? From the catalog. */
  readonly idempotent: boolean;
}

// ── control plane → agent, over the bus ───────────────────────────────────────────────────────────────────────────────

export interface Offer {
  readonly kind: 'offer';
  readonly attemptId: AttemptId;
  /** Which turn of which driver; lower epochs of an execution are refused. */
  readonly epoch: number;
  /** Counts the agents this attempt was given to; a later assignment makes an earlier one void. */
  readonly assignment: number;
  readonly ledgerId: LedgerId;
  /** The session the agent must still be in when it starts. */
  readonly sessionId: string;
  readonly task: Task;
}

export interface Cancel {
  readonly kind: 'cancel';
  readonly attemptId: AttemptId;
  readonly epoch: number;
  readonly graceMs: number;
  readonly reason: string;
}

/**
 * A question without effect: list builds, look at an attempt's marker on a host, look an attempt up in the ledger (one that
 * has ended is then reported again). Not durable, may be asked again.
 */
export interface Query {
  readonly kind: 'query';
  readonly query: 'artifactVersions' | 'probe' | 'recall';
  readonly arguments: JsonObject;
}

export type AgentRequest = Offer | Cancel | Query;

export type AgentAnswer =
  | { readonly answer: 'accepted' }
  /** Known from the ledger: how far it got. The result comes (again) as a report. */
  | { readonly answer: 'known'; readonly state: LedgerState }
  /** Tombstoned in the ledger when `final`: this attempt will never start here. */
  | { readonly answer: 'refused'; readonly final: boolean; readonly failure: Failure }
  /** A cancel took effect, or will; the outcome comes as a report. `tombstoned`: it was never seen here and now never starts. */
  | { readonly answer: 'canceling' | 'tombstoned' }
  | { readonly answer: 'result'; readonly value: Json };

export type LedgerState = 'ACCEPTED' | 'STARTED' | 'FINISHED' | 'TOMBSTONE';

// ── agent → control plane, over the session stream ────────────────────────────────────────────────────────────────────

/**
 * What happened to an attempt. Kept in the ledger until acknowledged; acknowledged only after the journal append; sent
 * again after every reconnect, so any of them may come twice.
 */
export type Report =
  /** May it start? The acknowledgement is the permission: it says that the journal has it as started. */
  | { readonly report: 'starting'; readonly attemptId: AttemptId; readonly assignment: number }
  /** The before-record of a step, acknowledged before its first mutation. */
  | { readonly report: 'checkpoint'; readonly attemptId: AttemptId; readonly name: string; readonly data: JsonObject }
  | { readonly report: 'finished'; readonly attemptId: AttemptId; readonly result: AttemptResult }
  /** It will never start here: canceled before the start, lease ran out, draining. */
  | {
      readonly report: 'released';
      readonly attemptId: AttemptId;
      readonly assignment: number;
      readonly failure: Failure;
    };

/** The answer to a report. `refused`: the journal says otherwise (canceled, moved, ended): do not start, or forget it. */
export interface Acknowledgement {
  readonly verdict: 'recorded' | 'refused';
  readonly reason?: string;
}

export interface Hello {
  readonly agentId: AgentId;
  readonly ledgerId: LedgerId;
  readonly version: string;
  readonly protocol: { readonly min: number; readonly max: number };
  /** Store incarnation of the last control plane it spoke to; null at first. */
  readonly incarnation: string | null;
  readonly hostname: string;
  readonly selectors: readonly string[];
  /** Step types it can do. */
  readonly capabilities: readonly string[];
  /** Tasks it is willing to run at once. */
  readonly capacity: number;
  /** Everything in its ledger that is not acknowledged as finished; and what an earlier incarnation of the store has acknowledged. */
  readonly open: readonly OpenAttempt[];
}

export interface OpenAttempt {
  readonly attemptId: AttemptId;
  readonly assignment: number;
  readonly state: LedgerState;
  /** It has ended here, and a store that was put back from a backup since had taken its end. Told again when asked for it. */
  readonly acknowledged?: true;
}

export interface Welcome {
  readonly sessionId: string;
  readonly incarnation: string;
  readonly protocol: number;
  /** From the sending of the heartbeat it answers, on the agent's monotonic clock. Milliseconds. */
  readonly leaseMs: number;
  readonly heartbeatMs: number;
  /** Where requests come from: this stream, or NATS at this URL. */
  readonly bus: { readonly kind: 'STREAM' } | { readonly kind: 'NATS'; readonly url: string };
}
