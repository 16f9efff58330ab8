import type { Failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptId } from '@fairlead/proto/model/ids.ts';
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import type { ArtifactRef, HostTarget, LateText, SecretRef, Task } from '@fairlead/proto/model/task.ts';

/** What a platform is given for one attempt. Everything it does goes through here or to the target. */
export interface Attempt {
  readonly id: AttemptId;
  readonly task: Task;
  readonly system: System;
  readonly log: AttemptLog;
  /** Aborted when the work is to stop: a cancel or the attempt's own deadline. `reason` is a CancelReason. */
  readonly signal: AbortSignal;
  /**
   * What this attempt recorded before, oldest first: empty on a first run. Not empty means that an agent process died
   * while the work was under way: look at the target before doing anything again.
   */
  readonly recorded: readonly LedgerRecord[];
  /** True when the ledger says that this attempt was started before by a process that is gone. */
  readonly resumed: boolean;
  /** Durable in the ledger when it resolves. Call it with the intent before, and the result after, every mutating call. */
  record(name: string, data: JsonObject): Promise<void>;
  /** As `record`, and acknowledged by the control plane: for the before-record of a step. */
  checkpoint(name: string, data: JsonObject): Promise<void>;
  /** The value of a secret, registered for masking before it is returned. */
  secret(reference: SecretRef | string): Promise<string>;
  /** Text with its late references filled in; secrets in it are registered for masking. `values` answers the others. */
  text(late: LateText, values?: (path: string) => string | undefined): Promise<string>;
  /** Text without the secrets handed out so far: for whatever is cut before it is told, as part of one is not masked later. */
  mask(text: string): string;
  /** A local file holding the artifact, checked against its checksum and pinned; fetched unless cached. */
  artifact(reference: ArtifactRef): Promise<LocalArtifact>;
}

export interface LedgerRecord {
  readonly name: string;
  readonly data: JsonObject;
}

export interface LocalArtifact {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** The attempt's log, masked before it leaves the process. Never blocks: beyond the spool's limit the middle is dropped. */
export interface AttemptLog {
  /** A line of the platform's own. */
  info(line: string): void;
  /** Raw output of the work; may end anywhere, also inside a character. */
  output(bytes: Uint8Array, stream: 'stdout' | 'stderr'): void;
}

export type CancelReason =
  { readonly kind: 'cancel'; readonly graceMs: number } | { readonly kind: 'timeout'; readonly graceMs: number };

/** What another agent (or this one, later) can say about an attempt by looking at its target. */
export type Probe =
  | { readonly seen: 'never-started' }
  | { readonly seen: 'running' }
  | { readonly seen: 'ended'; readonly result: AttemptResult }
  | { readonly seen: 'unknown'; readonly failure: Failure };

/**
 * How the steps of one kind of target are done. One folder each, the same shape in each: `index.ts` exports the platform.
 *
 * - `run` resolves with a result for everything that can be expected; it throws only bugs (which the executor turns
 *   into a failed result of code INTERNAL with a stack in the agent's log).
 * - When `signal` aborts, it stops the work at the target (ask, wait the grace, kill), and resolves CANCELED with
 *   `confirmed` saying whether the end was seen, within the grace plus one second, host reachable or not.
 * - With `resumed`, nothing that was started is started again: it looks at the target, follows what still runs, and
 *   reports the outcome; what it cannot find out it answers with the failure OUTCOME_UNKNOWN.
 */
export interface Platform {
  readonly name: string;
  /** Step types of the catalog it does. */
  readonly types: readonly string[];
  run(attempt: Attempt): Promise<AttemptResult>;
  /** Looks without touching. Absent where the platform cannot tell. */
  probe?(
    target: HostTarget,
    /** `outputs`: names of the variables that a script was to set. */
    attempt: { readonly attemptId: AttemptId; readonly outputs: readonly string[] },
    secret: (reference: SecretRef) => Promise<string>,
  ): Promise<Probe>;
  /** Lets go of pooled connections. */
  close(): Promise<void>;
}

export type QueryHandler = (argument: JsonObject) => Promise<Json>;
