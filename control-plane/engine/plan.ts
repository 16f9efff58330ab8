/**
 * What an execution is going to do, fixed before it starts: made from exactly one definition revision, resolved artifacts
 * and variables, so editing a workflow never changes a running one. Few events change it: `RunPlanned` puts planned runs in
 * the place of a deferred one, from the same revision, `HostsProvided` tells the hosts that a provisioner has made,
 * `RunStarted` and `LockGranted` what earlier stages, and others, have put where a run goes, and `StageAppended` adds stages that take others back.
 *
 * Ids of phases, sections and steps (`p1`, `s3`, `t2`) are unique within their parent and made of `a-z0-9`; together with
 * the execution's id they form every node id.
 */
import type { FailureType } from '@fairlead/proto/model/failure.ts';
import type { ExecutionId, NodeId } from '@fairlead/proto/model/ids.ts';
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import type { Status } from '@fairlead/proto/model/status.ts';
import type { ArtifactRef, HostTarget, Login, Releases } from '@fairlead/proto/model/task.ts';
import type { CollectedArtifact } from '@fairlead/proto/steps/artifact-collection.ts';
import type { InputsPlan } from './inputs-plan.ts';
import type { RunOptions } from './run-options.ts';
import type { InterventionAction } from './waiting.ts';

export interface Named {
  readonly id: string;
  readonly name: string;
}

export interface Plan {
  readonly executionId: ExecutionId;
  readonly kind: 'WORKFLOW' | 'PIPELINE';
  readonly application: Named;
  /** Of the workflow or pipeline. */
  readonly name: string;
  readonly definition: { readonly revision: number; readonly hash: string };
  readonly actor: string;
  /** The successful execution this one takes back. */
  readonly rollbackOf?: ExecutionId;
  /** Why it was asked for, in the words of who did; absent or empty: nothing was said. */
  readonly reason?: string;
  /** Which executions deployed what a rollback of it brings back, where a run does not say otherwise; absent: not known. */
  readonly restores?: readonly Restored[];
  /** A rollback in it writes a hold for triggers. Absent: planned by a release that knew none. */
  readonly holds?: boolean;
  /** A workflow is a pipeline of one stage with one run. Runs of a stage go together; stages one after the other. */
  readonly stages: readonly StagePlan[];
  /** Pipelines: what was given at the start, for planning deferred runs, for resume and for rerun. */
  readonly given?: GivenPlan;
  /** What was said for that start, for rerun; of a pipeline, also for resume and for runs that are planned late. */
  readonly options?: RunOptions;
  /** A failure rolls back the stages before it, by stages that are appended. */
  readonly rollbackOnFailure?: boolean;
  readonly resumes?: Resumed;
}

export interface GivenPlan {
  readonly variables: Readonly<Record<string, string>>;
  /** Service → build that was asked for. */
  readonly builds: Readonly<Record<string, string>>;
  /** Service → what was chosen at the start; every stage deploys it. */
  readonly artifacts: Readonly<Record<string, ArtifactRef>>;
  /** Run of the plan → what was answered when it asked before, in the execution that is done again. */
  readonly answers?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The execution that this one goes on with (orchestration 6.6). */
export interface Resumed {
  /** The first of the chain. */
  readonly chain: ExecutionId;
  readonly from: ExecutionId;
  /** Name of the first stage that runs again. */
  readonly stage: string;
  /** What the stages before it published for all of the pipeline. */
  readonly outputs: readonly { readonly name: string; readonly values: JsonObject }[];
  /** What they collected, in that order; absent: nothing, or planned by a release that did not carry it over. */
  readonly collected?: readonly CollectedBefore[];
}

export interface CollectedBefore {
  /** Run of the plan. */
  readonly run: string;
  /** The step that found it, in the execution it belongs to. */
  readonly stepId: NodeId;
  readonly artifact: CollectedArtifact;
}

/** A run of an earlier execution that is not run again. */
export interface TakenOver {
  /** Of the plan. */
  readonly runId: string;
  /** Whose run it was; absent: planned by a release that did not tell. */
  readonly executionId?: ExecutionId;
  readonly status: Status;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** What takes it back; null: it changed nothing. */
  readonly rollback: RunPlan | null;
}

export interface Restored {
  readonly workflow: string;
  readonly mapping: string;
  readonly executionId: ExecutionId;
}

export interface StagePlan {
  readonly id: string;
  readonly name: string;
  readonly runs: readonly RunPlan[];
  /** It ran in the execution that is resumed, and is taken over as it is. */
  readonly takenOver?: readonly TakenOver[];
  /** An appended stage: the one whose runs it takes back. */
  readonly takesBack?: string;
}

/** What a phase finds deployed where it goes, which is what its rollback goes back to. */
export interface FoundThere {
  /** Of the plan. */
  readonly phaseId: string;
  readonly rollbackArtifact: ArtifactRef;
  /** What expressions call `rollbackArtifact`. */
  readonly family: JsonObject;
  /** The execution that is current there again after the rollback. */
  readonly deployedBy: ExecutionId;
}

export const WORKFLOW_TYPES = ['BASIC', 'ROLLING', 'CANARY', 'BLUE_GREEN', 'MULTI_SERVICE', 'BUILD'] as const;
export type WorkflowType = (typeof WORKFLOW_TYPES)[number];

/** A workflow inside an execution; or an approval, which has no phases and one step in `pre`. */
export interface RunPlan {
  readonly id: string;
  readonly workflow: Named;
  /** Shown instead of the workflow's name. */
  readonly name?: string;
  readonly type: WorkflowType | 'APPROVAL';
  /** Evaluated before the run starts; true (or `always`) skips it. */
  readonly skip?: string | null;
  /** What a person gives when the run is reached. */
  readonly inputs?: InputsPlan | null;
  /** Its phases are planned when it is reached, from the same revision of the definitions. */
  readonly deferred?: boolean;
  /** Of one that was planned when it was reached, or has found something else than was planned: before `Plan.restores`. */
  readonly restores?: readonly Restored[];
  readonly environment: (Named & { readonly type: 'PRODUCTION' | 'NON_PRODUCTION' }) | null;
  /** Expression families known to all of the run: app, env, workflow, pipeline … */
  readonly families: JsonObject;
  readonly pre: SectionPlan | null;
  readonly phases: readonly PhasePlan[];
  readonly post: SectionPlan | null;
  readonly failureStrategies: readonly FailureStrategy[];
  /** What the run that this one takes back had published: its rollback steps read it. */
  readonly inherits?: readonly Published[];
  /** Infrastructure lock taken after pre-deployment and held until the run is settled; null: no queueing. */
  readonly lock: { readonly keys: readonly string[]; readonly queueLimit: number; readonly timeoutMs: number } | null;
  /**
   * What takes back the provisioners of `pre`: steps under the ids of those they undo, in the order of creation. Absent
   * or null: there are none.
   */
  readonly undoPre?: SectionPlan | null;
  /**
   * Its phases take back those of another run (`rollbackRunOf`): a failing step ends its phase, the next older phase has
   * its turn all the same, and nothing of it is ever rolled back itself (orchestration 10.2).
   */
  readonly undoing?: boolean;
}

/** An output of a provisioner that lists hosts, and how all of them are entered. */
export interface HostsFrom {
  readonly provisioner: string;
  readonly output: string;
  readonly login: Login;
}

export interface PhasePlan {
  readonly id: string;
  readonly name: string;
  readonly deploymentType: string;
  readonly service: (Named & { readonly artifactType: string }) | null;
  readonly infrastructure: Named | null;
  /** Key of the service infrastructure mapping: for locks, and for finding the last good release. */
  readonly mapping: string | null;
  /** Every host the infrastructure offers, in its order, without those of `leftOut`. */
  readonly hosts: readonly HostTarget[];
  /** They are told by a provisioner of pre-deployment, and are none until its step has succeeded. Absent: known at once. */
  readonly hostsFrom?: HostsFrom;
  /** Named groups of the hosts, where the infrastructure has them. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  /** Hosts that have this build already, and were not to get it again. */
  readonly leftOut?: readonly string[];
  /** Why the phase does not run at all: only named hosts were asked for, which are those of the first phase. */
  readonly skipped?: string;
  /** Agents must carry all of them. */
  readonly selectors: readonly string[];
  /** Families added for this phase: service, serviceVariable, infra, artifact, rollbackArtifact, configFile. */
  readonly families: JsonObject;
  /** As that of its run: what the phase that this one takes back had published for itself. */
  readonly inherits?: readonly Published[];
  /** Process environment of scripts: names and templates. */
  readonly environment: Readonly<Record<string, string>>;
  readonly paths: { readonly runtime: string; readonly backup: string; readonly staging: string };
  readonly configFiles: readonly { readonly path: string; readonly content: string; readonly mode: string }[];
  readonly artifact: ArtifactRef | null;
  /** Of the last successful execution on this mapping; null when there was none. */
  readonly rollbackArtifact: ArtifactRef | null;
  /** How many good releases stay on its hosts; absent: nothing is ever taken away. */
  readonly keep?: number;
  /** The releases that were good when this was planned, and what is older; absent: nothing is taken away. */
  readonly releases?: Omit<Releases, 'id' | 'keep'>;
  /** Takes away what is older, at the end of the run. Absent: the last command of the phase does, as an older release planned it. */
  readonly cleanUp?: SectionPlan;
  /** True in a rolling workflow: the phase is repeated, batch after batch, until every host had its turn. */
  readonly rolling: boolean;
  readonly sections: readonly SectionPlan[];
  readonly rollback: readonly SectionPlan[];
}

export interface SectionPlan {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly parallel: boolean;
  readonly steps: readonly StepPlan[];
  /** Rollback sections: the forward section they undo; they run only when that one was reached. */
  readonly undoes: string | null;
  /** True skips the section. */
  readonly skip: string | null;
  readonly waitMs: number;
  readonly failureStrategies: readonly FailureStrategy[];
}

export interface StepPlan {
  readonly id: string;
  readonly name: string;
  /** Catalog type. */
  readonly type: string;
  /** With templates still in it; resolved when the step starts, per target. */
  readonly parameters: Json;
  /** Decided by the engine, once on an agent, or on every host of the phase. */
  readonly runs: 'decided' | 'agent' | 'hosts';
  readonly timeoutMs: number;
  readonly cancelGraceMs: number;
  readonly waitMs: number;
  readonly skip: string | null;
  /** Starts together with the step before it. */
  readonly withPrevious: boolean;
  /** Its agent must carry all of them; those of its phase govern instead, where it has any. */
  readonly selectors: readonly string[];
  /** Its own selectors count whatever the phase has: those of the phase are among them. */
  readonly selectorsStand?: boolean;
  readonly publish: { readonly name: string; readonly scope: OutputScope } | null;
  /** Which artifact its scripts see; a step that needs the rollback artifact is skipped when there is none. */
  readonly artifact: 'current' | 'rollback' | null;
  readonly idempotent: boolean;
  readonly deploys: boolean;
  /** In a rollback section: takes back every phase of its mapping at once; those that follow have nothing to do (10.1). */
  readonly rollsBackAll?: boolean;
}

export interface Published {
  readonly name: string;
  readonly values: JsonObject;
}

export type OutputScope = 'PHASE' | 'WORKFLOW' | 'PIPELINE';

/** Every action of orchestration 9.3. */
export const FAILURE_ACTIONS = [
  'RETRY',
  'IGNORE',
  'MARK_SUCCESS',
  'MANUAL_INTERVENTION',
  'ROLLBACK_PHASE',
  'ROLLBACK_WORKFLOW',
  'ROLLBACK_PROVISIONER_AFTER_PHASES',
  'END_EXECUTION',
  'ABORT',
] as const;
export type FailureAction = (typeof FAILURE_ACTIONS)[number];

export interface FailureStrategy {
  /** Empty: any. */
  readonly types: readonly FailureType[];
  /** Ids of steps of the section; empty: all. Section level only. */
  readonly steps: readonly string[];
  readonly scope: 'WORKFLOW' | 'PHASE';
  readonly action: FailureAction;
  /** RETRY only: how many times again, and how long to wait before each (the last repeats). */
  readonly retry: { readonly count: number; readonly intervalsMs: readonly number[] } | null;
  /** Hosts that may fail before the action applies; they are dropped from the phase. */
  readonly tolerate: { readonly count: number } | { readonly percent: number } | null;
  /** MANUAL_INTERVENTION only: how long a person is waited for, and what is done then. Absent: the defaults. */
  readonly manual?: { readonly timeoutMs: number; readonly afterTimeout: InterventionAction } | null;
}
