/**
 * evolve(execution, event): bookkeeping. Total and exhaustive; it decides nothing, so old journals fold the same for ever.
 */
import { changedExecution } from './changed.ts';
import { evolveAttempt } from './evolve/attempt.ts';
import { withBarrier } from './evolve/barrier.ts';
import { collectedBefore, withCollected } from './evolve/collected.ts';
import { withHosts } from './evolve/hosts.ts';
import { withFound } from './evolve/found-there.ts';
import { withLock } from './evolve/lock.ts';
import { withPermits } from './evolve/permits.ts';
import { evolvePipeline, plannedRuns } from './evolve/pipeline.ts';
import { evolveStep } from './evolve/step.ts';
import type { Event, EventOf } from './events.ts';
import type { Execution, Output } from './execution.ts';
import { newPhase, newSection } from './nodes.ts';
import type { Plan } from './plan.ts';
import { updatePhase, updateRun, updateSection } from './tree.ts';

/**
 * A decision evolves the state it is made on, and whoever folds its events next comes to the same states again: the last
 * few are remembered. A few only, because whatever is kept here is kept alive.
 */
const KEPT = 16;
const recent: { readonly before: Execution; readonly event: Event; readonly after: Execution }[] = [];
let newest = -1;

export function evolve(execution: Execution | null, event: Event): Execution {
  if (event.event === 'ExecutionStarted') return started(event);
  if (execution === null) throw new Error(`${event.event} before ExecutionStarted`);
  for (const known of recent) if (known.event === event && known.before === execution) return known.after;
  const after = changedExecution(applied(execution, event), { lastAt: event.at, events: execution.events + 1 });
  newest = (newest + 1) % KEPT;
  recent[newest] = { before: execution, event, after };
  return after;
}

function started(event: EventOf<'ExecutionStarted'>): Execution {
  return {
    id: event.plan.executionId,
    plan: event.plan,
    status: 'RUNNING',
    startedAt: event.at,
    endedAt: null,
    settled: false,
    driver: event.driver,
    epoch: event.epoch,
    lastAt: event.at,
    parked: null,
    pause: null,
    runs: plannedRuns(event.plan),
    collected: collectedBefore(event.plan),
    permits: [],
    rollbackAsked: null,
    outputs: inherited(event.plan),
    barriers: [],
    summaryWritten: false,
    events: 1,
  };
}

/** What the stages that are taken over published for all of the pipeline. */
function inherited({ resumes, executionId }: Plan): readonly Output[] {
  const owner: string = executionId;
  return (resumes?.outputs ?? []).map(({ name, values }) => ({ name, scope: 'PIPELINE', owner, values }));
}

function applied(execution: Execution, event: Exclude<Event, { event: 'ExecutionStarted' }>): Execution {
  switch (event.event) {
    case 'DriverChanged':
      return changedExecution(execution, { driver: event.driver, epoch: event.epoch });
    case 'Parked':
      return changedExecution(execution, { parked: event.reason });
    case 'PauseRequested':
      return changedExecution(execution, { pause: { actor: event.actor, reason: event.reason, at: event.at } });
    case 'Resumed':
      return changedExecution(execution, { pause: null });
    case 'RunStarted': {
      const started = event.found === undefined ? execution : withFound(execution, event.runId, event.found);
      return updateRun(started, event.runId, () => ({ status: 'RUNNING', startedAt: event.at }));
    }
    case 'RunEnded':
      return updateRun(execution, event.runId, (run) => ({
        status: event.status,
        failure: event.failure ?? run.failure,
        endedAt: event.at,
      }));
    case 'AbortRequested':
      return updateRun(execution, event.runId, () => ({
        status: 'ABORTING',
        abort: { actor: event.actor, reason: event.reason, at: event.at },
      }));
    case 'RollbackStarted':
      return updateRun(execution, event.runId, () => ({
        status: 'ROLLING_BACK',
        failure: event.failure,
        rollback: {
          cause: event.cause,
          actor: event.actor,
          at: event.at,
          scope: event.scope,
          provisioners: event.provisioners ?? 'BEFORE',
          result: null,
        },
      }));
    case 'RollbackEnded':
      return updateRun(execution, event.runId, (run) =>
        run.rollback === null ? {} : { rollback: { ...run.rollback, result: event.result } },
      );
    case 'HoldWritten':
      return updateRun(execution, event.runId, () => ({ held: true }));
    case 'LockRequested':
    case 'LockQueued':
    case 'LockGranted':
    case 'LockRefused':
    case 'LockReleased':
      return withLock(execution, event);
    case 'RunReached':
    case 'InputsGiven':
    case 'RunPlanned':
    case 'RollbackAsked':
    case 'StageAppended':
    case 'ApprovalAnswered':
    case 'OthersRejected':
      return evolvePipeline(execution, event);
    case 'PhaseStarted':
      return updateRun(execution, event.phaseId, (run) => ({ phases: [...run.phases, newPhase(event)] }));
    case 'PhaseEnded':
      return updatePhase(execution, event.phaseId, () => ({
        status: event.status,
        endedAt: event.at,
        skipped: event.skipped ?? null,
      }));
    case 'HostsProvided':
      return withHosts(execution, event);
    case 'HostsSelected':
      return updatePhase(execution, event.phaseId, () => ({ hosts: event.hosts }));
    case 'HostsDropped':
      return updatePhase(execution, event.phaseId, (node) => ({ dropped: [...node.dropped, ...event.hosts] }));
    case 'SectionStarted':
      return updatePhase(execution, event.sectionId, (node) => ({
        sections: [...node.sections, newSection(event)],
      }));
    case 'SectionEnded':
      return updateSection(execution, event.sectionId, () => ({
        status: event.status,
        endedAt: event.at,
      }));
    case 'StepStarted':
    case 'StepRetried':
    case 'StepWaiting':
    case 'InterventionAnswered':
    case 'StepEnded':
    case 'StepIgnored':
    case 'StepFailed':
      return evolveStep(execution, event);
    case 'PermitsRequested':
    case 'PermitsQueued':
    case 'PermitsGranted':
    case 'PermitsRefused':
    case 'PermitsReleased':
      return withPermits(execution, event);
    case 'BarrierPassed':
    case 'BarrierFailed':
      return withBarrier(execution, event);
    case 'OutputsPublished': {
      const { name, scope, owner, values, by } = event;
      const others = execution.outputs.filter((each) => !(each.name === name && each.owner === owner));
      return changedExecution(execution, {
        outputs: [...others, { name, scope, owner, values, ...(by === undefined ? {} : { by }) }],
      });
    }
    case 'ArtifactCollected':
      return withCollected(execution, event);
    case 'AttemptAssigned':
    case 'AttemptUnassignable':
    case 'AttemptReleased':
    case 'AttemptStarted':
    case 'AttemptCheckpointed':
    case 'AttemptLost':
    case 'AttemptFound':
    case 'CancelRequested':
    case 'AttemptEnded':
      return evolveAttempt(execution, event);
    case 'ExecutionEnded':
      return changedExecution(execution, { status: event.status, endedAt: event.at });
    case 'SummaryWritten':
      return changedExecution(execution, { summaryWritten: true });
    case 'Settled':
    case 'SettledByForce':
      return changedExecution(execution, { settled: true });
    case 'InputRejected':
      return execution;
  }
}
