/** Keeps the list and what-runs-where true: rows derived from executions, written behind their journals. */
import type { ExecutionListRow } from '@fairlead/proto/live.ts';
import { executionOf, type ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { Scheduler, Timer } from '@fairlead/proto/model/system.ts';
import type { ArtifactRef } from '@fairlead/proto/model/task.ts';
import type { CommandOf } from '../engine/commands.ts';
import type { Event } from '../engine/events.ts';
import type { Execution, Phase } from '../engine/execution.ts';
import type { Input } from '../engine/inputs.ts';
import type { PhasePlan, Restored, RunPlan, StepPlan } from '../engine/plan.ts';
import { planOfPhase, planOfRun, stepPlanOf } from '../engine/plan-of.ts';
import { lastAttempt } from '../engine/tree.ts';
import type { InstanceRow, Rows, Success } from '../ports/rows.ts';
import type { Decision } from './deliberate.ts';
import { headerOf } from './execution-header.ts';
import { isPassing } from './insist.ts';
import { releasesIn } from './releases-in.ts';
import { releaseIn } from './release-numbers.ts';
import { restoresIn } from './restores.ts';
import { effectOf } from '../engine/step-effect.ts';
import { withTraffic } from './traffic.ts';

/** Rows of one execution within this time are one write; and within this, where it only got on. Milliseconds. */
const COALESCE_MS = 200;
const PROGRESS_MS = 1_000;
/** A store that was away is tried again: an execution may wait for days before its next change. Milliseconds. */
const AGAIN_MS = 2_000;

/** Of these a list shows no more than how far it is. */
const PROGRESS: ReadonlySet<Event['event']> = new Set([
  'SectionStarted',
  'SectionEnded',
  'StepStarted',
  'StepEnded',
  'AttemptAssigned',
  'AttemptStarted',
  'AttemptCheckpointed',
  'AttemptEnded',
]);

interface Waiting {
  readonly execution: Execution;
  readonly seq: number;
  readonly timer: Timer;
  readonly isUrgent: boolean;
}

export class Projector {
  readonly #rows: Rows;
  readonly #scheduler: Scheduler;
  readonly #onError: (error: unknown) => void;
  readonly #waiting = new Map<ExecutionId, Waiting>();
  #stopped = false;

  constructor(rows: Rows, scheduler: Scheduler, onError: (error: unknown) => void) {
    this.#rows = rows;
    this.#scheduler = scheduler;
    this.#onError = onError;
  }

  /** What is not written by then is written by whoever takes the execution up. */
  stop(): void {
    this.#stopped = true;
    for (const { timer } of this.#waiting.values()) timer.cancel();
    this.#waiting.clear();
  }

  follow(execution: Execution, seq: number, decisions: readonly Decision[]): void {
    const { id } = execution;
    if (this.#stopped) return;
    const isUrgent = !decisions.every(({ events }) => events.every(({ event }) => PROGRESS.has(event)));
    const before = this.#waiting.get(id);
    const inTime = before !== undefined && (before.isUrgent || !isUrgent);
    if (!inTime) before?.timer.cancel();
    const delayMs = seq === 1 ? 0 : isUrgent ? COALESCE_MS : PROGRESS_MS;
    const timer = inTime ? before.timer : this.#scheduler.after(delayMs, () => this.#write(id));
    this.#waiting.set(id, { execution, seq, timer, isUrgent: isUrgent || before?.isUrgent === true });
  }

  #write(id: ExecutionId): void {
    const last = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (last !== undefined) void this.#put(last);
  }

  async #put(last: Waiting): Promise<void> {
    const { id } = last.execution;
    try {
      await this.#rows.putExecution(rowOf(last.execution, last.seq));
    } catch (error) {
      this.#onError(error);
      // What came since will be written, and says all of it.
      if (this.#stopped || !isPassing(error) || this.#waiting.has(id)) return;
      this.#waiting.set(id, { ...last, timer: this.#scheduler.after(AGAIN_MS, () => this.#write(id)) });
    }
  }

  async writeNow(execution: Execution, seq: number): Promise<void> {
    await this.#rows.putExecution(rowOf(execution, seq));
  }

  /** Carries out `writeSummary`: everything anybody will ask about an execution that has ended. */
  async writeSummary(
    command: CommandOf<'writeSummary'>,
    execution: Execution,
    seq: number,
    give: (id: ExecutionId, input: Input) => Promise<unknown>,
  ): Promise<number> {
    const instances = await withTraffic(execution, seq, instancesOf(execution, seq), this.#rows);
    if (instances.length > 0) await this.#rows.putInstances(instances);
    await this.#rows.putExecution(rowOf(execution, seq));
    await give(executionOf(command.id), { input: 'summaryWritten' });
    return 1_000;
  }
}

export function rowOf(execution: Execution, seq: number): ExecutionListRow {
  const header = headerOf(execution);
  const { executionId, application, name, kind, status, environment, startedAt, endedAt, actor } = header;
  const { artifacts, failure, rollback, rolledBack, progress, waiting, unconfirmed, revision } = header;
  const deployed = deployedArtifacts(execution);
  const details = {
    artifacts,
    failure,
    rollback,
    rolledBack,
    progress,
    waiting,
    unconfirmed: unconfirmed.length,
    people: header.people,
    resumes: header.resumes,
    revision,
    successes: successesIn(execution),
    deployed,
    restored: restoredIn(execution),
    releases: releasesIn(execution, deployedBy(execution)),
  };
  const summary = details as unknown as JsonObject; // Plain data.
  return { executionId, seq, application, name, kind, status, environment, startedAt, endedAt, actor, summary };
}

interface Installed {
  readonly phase: Phase;
  readonly plan: PhasePlan;
  readonly run: RunPlan;
  readonly step: StepPlan;
  readonly host: string;
  readonly endedAt: number;
  readonly artifact: ArtifactRef;
  readonly removed: boolean;
}

/** Every successful step that put an artifact on a host, in the order in which they ended. */
function installs(execution: Execution): readonly Installed[] {
  const found: Installed[] = [];
  for (const run of execution.runs) {
    const runPlan = planOfRun(execution, run);
    for (const phase of run.phases) {
      const plan = planOfPhase(runPlan, phase);
      if (plan === null) continue;
      for (const step of phase.sections.flatMap((section) => section.steps)) {
        const stepPlan = stepPlanOf(execution, step.id);
        const effect = effectOf(stepPlan, plan, runPlan, isBack(execution, runPlan, phase));
        if (effect === null) continue;
        const { artifact: ref, removed } = effect;
        for (const task of step.tasks) {
          const attempt = lastAttempt(task);
          if (attempt?.result?.outcome !== 'SUCCESS' || attempt.endedAt === null) continue;
          const artifact = { ...ref, sha256: ref.sha256 ?? sha256In(attempt.result.outputs) };
          found.push({
            phase,
            plan,
            run: runPlan,
            step: stepPlan,
            host: task.target,
            endedAt: attempt.endedAt,
            artifact,
            removed,
          });
        }
      }
    }
  }
  return found.toSorted((a, b) => a.endedAt - b.endedAt);
}

const isBack = ({ plan }: Execution, run: RunPlan, phase: Phase): boolean =>
  phase.kind === 'ROLLBACK' || run.undoing === true || plan.rollbackOf !== undefined;

/** Told by the step that put it there (`outputs.artifact.sha256`). */
function sha256In(outputs: JsonObject | undefined): string | null {
  const artifact = outputs?.['artifact'];
  const value = typeof artifact === 'object' && artifact !== null ? (artifact as JsonObject)['sha256'] : null;
  return typeof value === 'string' ? value : null;
}

/** Mapping → what a later rollback goes back to. Only of runs that succeeded. */
function deployedArtifacts(execution: Execution): Readonly<Record<string, ArtifactRef>> {
  const entries = deployedBy(execution).flatMap(({ plan, artifact }) =>
    plan.mapping === null ? [] : [[plan.mapping, artifact] as const],
  );
  return Object.fromEntries(entries);
}

function successesIn(execution: Execution): readonly Success[] {
  const found = new Map<string, Success>();
  for (const { run, plan } of deployedBy(execution)) {
    const { mapping } = plan;
    if (mapping === null) continue;
    const { name } = run.workflow;
    const at = execution.runs.find((each) => each.planId === run.id)?.endedAt ?? execution.lastAt;
    const before = found.get(`${name}/${mapping}`);
    found.set(`${name}/${mapping}`, { name, mapping, at: Math.max(at, before?.at ?? 0), ...releaseIn(run) });
  }
  return [...found.values()];
}

type Deployed = Pick<Installed, 'run' | 'plan' | 'artifact'>;

/** What a run has deployed stands as soon as it has succeeded, whatever becomes of the pipeline it is part of. */
function deployedBy(execution: Execution): readonly Deployed[] {
  const successful = execution.runs.filter((run) => run.status === 'SUCCESS');
  if (successful.length === 0) return [];
  const ids = new Set(successful.map((run) => run.planId));
  const put = installs(execution).filter(({ run, removed }) => ids.has(run.id) && !removed);
  return [...put, ...successful.flatMap((run) => swappedBack(planOfRun(execution, run)))];
}

/** Nothing had to be put anywhere for it: the version before was there all the time, and has the traffic again. */
function swappedBack(run: RunPlan): readonly Deployed[] {
  if (run.undoing !== true || run.type !== 'BLUE_GREEN') return [];
  return run.phases.flatMap((plan) => {
    const { rollbackArtifact: artifact } = plan;
    return artifact === null ? [] : [{ run, plan, artifact }];
  });
}

/** What was not deployed but brought back, and whose deployment that had been. */
function restoredIn(execution: Execution): readonly Restored[] {
  const undoing = deployedBy(execution).flatMap(({ run, plan }) =>
    run.undoing === true ? [{ ...run, phases: [plan] }] : [],
  );
  return restoresIn(execution.plan, undoing);
}

/** Everything that was put anywhere or taken away, oldest first: the rows of what runs, and their history. */
export function instancesOf(execution: Execution, seq: number): readonly InstanceRow[] {
  const done = [...installs(execution), ...removals(execution)].toSorted((a, b) => a.endedAt - b.endedAt);
  const application = execution.plan.application.name;
  return done.map(({ phase, plan, run, host, endedAt, artifact, removed }) => {
    const service = plan.service?.name ?? '-';
    const environment = run.environment?.name ?? '-';
    const infrastructure = plan.infrastructure?.name ?? '-';
    const id = [application, service, environment, infrastructure, host].join('/');
    const { build, fileName, sha256 } = artifact;
    const how = { rollback: isBack(execution, run, phase), removed };
    const details = { fileName, sha256, workflow: run.workflow.name, actor: execution.plan.actor, ...how };
    const place = { application, service, environment, infrastructure, host };
    return { id, at: endedAt, seq, ...place, build, executionId: execution.id, details };
  });
}

/** Where a first deployment was undone nothing is left: its rollback stopped what it had started. */
function removals(execution: Execution): readonly Installed[] {
  const there = installs(execution);
  return execution.runs.flatMap((run) =>
    run.phases.flatMap((phase) => {
      const { endedAt, undoes } = phase;
      const plan = planOfPhase(planOfRun(execution, run), phase);
      if (undoes === null || endedAt === null || phase.status !== 'SUCCESS' || plan?.rollbackArtifact !== null)
        return [];
      const undone = there.filter((each) => each.phase.id === undoes && phase.hosts?.includes(each.host) === true);
      return undone.map((each) => ({ ...each, phase, endedAt, removed: true }));
    }),
  );
}
