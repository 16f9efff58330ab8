/** Everything that follows from the state by itself: stages, runs, the end, and what is left to settle after it. */
import { isFailed, isTerminal, worst, type Status } from '@fairlead/proto/model/status.ts';
import type { Run } from '../execution.ts';
import type { StagePlan } from '../plan.ts';
import type { Turn } from '../turn.ts';
import { advanceAbort } from './abort.ts';
import { wantsOthersRejected } from './approval.ts';
import { advanceBarriers } from './barrier.ts';
import { beginRun } from './begin.ts';
import { breakDeadlock } from './deadlock.ts';
import { openAttempts } from '../open-attempts.ts';
import { advanceForward } from './forward.ts';
import { wantsHold } from './hold.ts';
import { advanceRollback } from './rollback.ts';
import { appendBackwardStages, backwardStages, forwardStages } from './take-back.ts';

/** Far beyond any plan: a decision that still moves after so many rounds goes round in circles, which is a bug. */
const MAX_ROUNDS = 100_000;

export function advance(turn: Turn): void {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const before = turn.events.length;
    for (const run of runsToAdvance(turn)) advanceRun(turn, run);
    advanceBarriers(turn);
    if (turn.events.length === before) {
      breakDeadlock(turn);
      endExecution(turn);
      settle(turn);
      if (turn.events.length === before) return;
    }
  }
  throw new Error(`execution ${turn.execution.id} does not come to rest`);
}

function advanceRun(turn: Turn, run: Run): void {
  if (isTerminal(run.status)) return;
  if (run.abort !== null) advanceAbort(turn, run);
  else if (run.startedAt === null) beginRun(turn, run);
  else if (run.rollback !== null) advanceRollback(turn, run);
  else advanceForward(turn, run);
}

const runsOf = (turn: Turn, stage: StagePlan): readonly Run[] =>
  turn.execution.runs.filter((run) => run.stageId === stage.id);

/** Those of the current stage; and those being aborted, which wait for no stage. */
function runsToAdvance(turn: Turn): readonly Run[] {
  const current = currentRuns(turn);
  const aborting = turn.execution.runs.filter((run) => run.abort !== null && !current.includes(run));
  return [...current, ...aborting];
}

/** Runs of the first stage that has not ended; once a stage has failed, of those that take back. */
function currentRuns(turn: Turn): readonly Run[] {
  for (const stage of forwardStages(turn.execution)) {
    const runs = runsOf(turn, stage);
    if (runs.some((run) => !isTerminal(run.status))) return runs;
    if (runs.some((run) => isFailed(run.status))) break;
  }
  for (const stage of backwardStages(turn.execution)) {
    const runs = runsOf(turn, stage);
    if (runs.some((run) => !isTerminal(run.status))) return runs;
  }
  return [];
}

function endExecution(turn: Turn): void {
  const { execution } = turn;
  if (execution.endedAt !== null) return;
  const failed = execution.runs.some((run) => isFailed(run.status));
  const waiting = execution.runs.filter((run) => !isTerminal(run.status));
  if (waiting.length > 0) {
    if (!failed || currentRuns(turn).length > 0) return;
    // Stages after a failed one never start.
    for (const run of waiting) turn.emit({ event: 'RunEnded', runId: run.id, status: 'SKIPPED', failure: null });
  }
  if (!appendBackwardStages(turn)) turn.emit({ event: 'ExecutionEnded', status: endOf(turn) });
}

/** What takes back is not what was asked for: only an abort of it counts. */
function endOf({ execution }: Turn): Status {
  const backward = new Set(backwardStages(execution).map((stage) => stage.id));
  const counting = execution.runs.filter((run) => run.status === 'ABORTED' || !backward.has(run.stageId));
  return worst(counting.map((run) => run.status));
}

/** Ended is not settled: locks freed, the fate of every attempt known, the summary written. */
function settle(turn: Turn): void {
  const { execution } = turn;
  if (execution.endedAt === null || execution.settled || !execution.summaryWritten) return;
  if (execution.runs.some((run) => ownsLock(run) || wantsHold(execution, run) || openAttempts(run).length > 0)) return;
  if (execution.permits.some((each) => each.state !== 'RELEASED')) return;
  if (wantsOthersRejected(execution)) return;
  turn.emit({ event: 'Settled' });
}

export const ownsLock = (run: Run): boolean => run.lock !== null && run.lock.state !== 'RELEASED';
