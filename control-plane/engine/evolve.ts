/**
 * evolve(execution, event): bookkeeping. Total and exhaustive; it decides nothing, so old journals fold the same for ever.
 */
import type { AttemptId } from '@fairlead/proto/model/ids.ts';
import type { Status } from '@fairlead/proto/model/status.ts';
import { evolvePipeline, plannedRuns } from './evolve/pipeline.ts';
import { evolveStep } from './evolve/step.ts';
import type { Event, EventOf } from './events.ts';
import type { Attempt, Execution, Output, Run } from './execution.ts';
import { newPhase, newSection } from './nodes.ts';
import type { Plan } from './plan.ts';
import { withBarrier } from './evolve/barrier.ts';
import { collectedBefore, endedPhase, withCollected } from './evolve/workflow.ts';
import { withPermits } from './evolve/permits.ts';
import { replace, updateAttempt, updatePhase, updateRun, updateSection, updateTask } from './tree.ts';

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
  const after = { ...applied(execution, event), lastAt: event.at, events: execution.events + 1 };
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
      return { ...execution, driver: event.driver, epoch: event.epoch };
    case 'Parked':
      return { ...execution, parked: event.reason };
    case 'PauseRequested':
      return { ...execution, pause: { actor: event.actor, reason: event.reason, at: event.at } };
    case 'Resumed':
      return { ...execution, pause: null };
    case 'RunStarted':
      return updateRun(execution, event.runId, (run) => ({ ...run, status: 'RUNNING', startedAt: event.at }));
    case 'RunEnded':
      return updateRun(execution, event.runId, (run) => ({
        ...run,
        status: event.status,
        failure: event.failure ?? run.failure,
        endedAt: event.at,
      }));
    case 'AbortRequested':
      return updateRun(execution, event.runId, (run) => ({
        ...run,
        status: 'ABORTING',
        abort: { actor: event.actor, reason: event.reason, at: event.at },
      }));
    case 'RollbackStarted':
      return updateRun(execution, event.runId, (run) => ({
        ...run,
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
        run.rollback === null ? run : { ...run, rollback: { ...run.rollback, result: event.result } },
      );
    case 'HoldWritten':
      return updateRun(execution, event.runId, (run) => ({ ...run, held: true }));
    case 'LockRequested':
    case 'LockQueued':
    case 'LockGranted':
    case 'LockRefused':
    case 'LockReleased':
      return updateRun(execution, event.runId, (run) => withLock(run, event));
    case 'RunReached':
    case 'InputsGiven':
    case 'RunPlanned':
    case 'RollbackAsked':
    case 'StageAppended':
    case 'ApprovalAnswered':
    case 'OthersRejected':
      return evolvePipeline(execution, event);
    case 'PhaseStarted':
      return updateRun(execution, event.phaseId, (run) => ({ ...run, phases: [...run.phases, newPhase(event)] }));
    case 'PhaseEnded':
      return updatePhase(execution, event.phaseId, (node) => endedPhase(node, event));
    case 'HostsSelected':
      return updatePhase(execution, event.phaseId, (node) => ({ ...node, hosts: event.hosts }));
    case 'HostsDropped':
      return updatePhase(execution, event.phaseId, (node) => ({ ...node, dropped: [...node.dropped, ...event.hosts] }));
    case 'SectionStarted':
      return updatePhase(execution, event.sectionId, (node) => ({
        ...node,
        sections: [...node.sections, newSection(event)],
      }));
    case 'SectionEnded':
      return updateSection(execution, event.sectionId, (node) => ({
        ...node,
        status: event.status,
        endedAt: event.at,
      }));
    case 'StepStarted':
    case 'StepRetried':
    case 'StepWaiting':
    case 'InterventionAnswered':
    case 'StepEnded':
    case 'StepIgnored':
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
      return {
        ...execution,
        outputs: [...others, { name, scope, owner, values, ...(by === undefined ? {} : { by }) }],
      };
    }
    case 'ArtifactCollected':
      return withCollected(execution, event);
    case 'AttemptAssigned':
      return updateAttempt(execution, event.attemptId, (attempt) => ({
        ...attempt,
        state: 'ASSIGNED',
        assignment: attempt.assignment + 1,
        agentId: event.agentId,
        ledgerId: event.ledgerId,
        sessionId: event.sessionId,
        unassignable: null,
      }));
    case 'AttemptUnassignable':
      return updateAttempt(execution, event.attemptId, (attempt) => ({
        ...attempt,
        unassignable: { since: attempt.unassignable?.since ?? event.at, failure: event.failure },
      }));
    case 'AttemptReleased':
      return withTaskStatus(execution, event.attemptId, 'QUEUED', (attempt) => ({
        ...attempt,
        state: 'PENDING',
        startedAt: null,
        deadline: null,
        unknownSince: null,
        agentId: null,
        ledgerId: null,
        sessionId: null,
        refusedBy:
          event.final && attempt.agentId !== null ? [...attempt.refusedBy, attempt.agentId] : attempt.refusedBy,
      }));
    case 'AttemptStarted':
      return withTaskStatus(execution, event.attemptId, 'RUNNING', (attempt) => ({
        ...attempt,
        state: 'STARTED',
        startedAt: event.at,
        deadline: event.deadline,
      }));
    case 'AttemptCheckpointed':
      return updateAttempt(execution, event.attemptId, (attempt) => ({
        ...attempt,
        checkpoints: [...attempt.checkpoints, { name: event.name, data: event.data }],
      }));
    case 'AttemptLost':
      return withTaskStatus(execution, event.attemptId, 'UNKNOWN', (attempt) => ({
        ...attempt,
        state: 'UNKNOWN',
        unknownSince: event.at,
      }));
    case 'AttemptFound':
      return withTaskStatus(execution, event.attemptId, 'RUNNING', (attempt) => ({
        ...attempt,
        state: 'STARTED',
        unknownSince: null,
      }));
    case 'CancelRequested':
      return updateAttempt(execution, event.attemptId, (attempt) => ({
        ...attempt,
        cancel: { reason: event.reason, at: event.at },
      }));
    case 'AttemptEnded':
      return withTaskStatus(execution, event.attemptId, ENDED_AS[event.result.outcome], (attempt) => ({
        ...attempt,
        state: 'ENDED',
        result: event.result,
        endedAt: event.at,
      }));
    case 'ExecutionEnded':
      return { ...execution, status: event.status, endedAt: event.at };
    case 'SummaryWritten':
      return { ...execution, summaryWritten: true };
    case 'Settled':
    case 'SettledByForce':
      return { ...execution, settled: true };
    case 'InputRejected':
      return execution;
  }
}

const ENDED_AS = { SUCCESS: 'SUCCESS', FAILED: 'FAILED', CANCELED: 'ABORTED' } as const satisfies Record<
  string,
  Status
>;

function withTaskStatus(
  execution: Execution,
  id: AttemptId,
  status: Status,
  change: (attempt: Attempt) => Attempt,
): Execution {
  return updateTask(execution, id, (task) => ({ ...task, status, attempts: replace(task.attempts, id, change) }));
}

type LockEvent = EventOf<'LockRequested' | 'LockQueued' | 'LockGranted' | 'LockRefused' | 'LockReleased'>;

function withLock(run: Run, event: LockEvent): Run {
  if (event.event === 'LockRequested') {
    const { requestId, keys, at } = event;
    return { ...run, lock: { requestId, keys, requestedAt: at, state: 'REQUESTED', position: null, fences: {} } };
  }
  if (run.lock === null) return run;
  switch (event.event) {
    case 'LockQueued':
      return { ...run, lock: { ...run.lock, state: 'QUEUED', position: event.position } };
    case 'LockGranted':
      return { ...run, lock: { ...run.lock, state: 'HELD', position: null, fences: event.fences } };
    case 'LockRefused':
      return { ...run, lock: { ...run.lock, state: 'REFUSED', position: null } };
    case 'LockReleased':
      return { ...run, lock: { ...run.lock, state: 'RELEASED' } };
  }
}
