/**
 * Runs of one execution that wait for each other: one holds a lock and waits at a barrier for another, which queues for
 * that lock. Only time would end it. Whoever queues has deployed nothing and fails; the barrier then fails the rest.
 */
import { failure } from '@fairlead/proto/model/failure.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import { groupAt } from '../barrier-group.ts';
import type { Execution, Run } from '../execution.ts';
import { lockNameOf } from '../lock-name.ts';
import { planOfRun } from '../plan-of.ts';
import type { Turn } from '../turn.ts';
import { refuseLock } from './refuse-lock.ts';
import { waitingSteps } from './waiting.ts';

/** Why one run does not go on before another does. */
interface Wait {
  readonly on: Run;
  readonly text: string;
}

export function breakDeadlock(turn: Turn): void {
  const { execution } = turn;
  for (const run of execution.runs) {
    const cycle = isQueued(run) ? cycleThrough(execution, run, run, new Set()) : null;
    if (cycle === null) continue;
    const message = `they wait for each other: ${cycle.map((wait) => wait.text).join('; ')}`;
    const why = failure('DEADLOCK', message, { details: { cycle: cycle.map((wait) => wait.on.id) } });
    refuseLock(turn, run, why);
    // What follows from it may let the others go on.
    return;
  }
}

const goesForward = (run: Run): boolean => !isTerminal(run.status) && run.abort === null && run.rollback === null;

const isQueued = (run: Run): boolean => goesForward(run) && run.lock?.state === 'QUEUED';

/** The waits that lead from a run back to the first one. */
function cycleThrough(execution: Execution, first: Run, run: Run, seen: Set<string>): readonly Wait[] | null {
  if (seen.has(run.id)) return null;
  seen.add(run.id);
  for (const wait of waitsOf(execution, run)) {
    const rest = wait.on.id === first.id ? [] : cycleThrough(execution, first, wait.on, seen);
    if (rest !== null) return [wait, ...rest];
  }
  return null;
}

const waitsOf = (execution: Execution, run: Run): readonly Wait[] => {
  if (isQueued(run)) return waitsForLock(execution, run);
  return goesForward(run) ? waitsAtBarriers(execution, run) : [];
};

function waitsForLock(execution: Execution, run: Run): readonly Wait[] {
  return execution.runs
    .filter((other) => other.id !== run.id && other.lock?.state === 'HELD')
    .flatMap((other) => {
      const key = run.lock?.keys.find((each) => other.lock?.keys.includes(each));
      if (key === undefined) return [];
      const lock = lockNameOf(execution, planOfRun(execution, run), key);
      const text = `${nameOf(execution, run)} waits for the lock of ${lock}, which ${nameOf(execution, other)} holds`;
      return [{ on: other, text }];
    });
}

const waitsAtBarriers = (execution: Execution, run: Run): readonly Wait[] =>
  waitingSteps(run).flatMap(({ waiting }) => {
    if (waiting.on !== 'BARRIER') return [];
    const { identifier } = waiting;
    const awaited = groupAt(execution, run.stageId, identifier).filter((each) => each.state === 'AWAITED');
    return awaited.map((each) => ({
      on: each.run,
      text: `${nameOf(execution, run)} waits at the barrier '${identifier}' for ${each.name}`,
    }));
  });

function nameOf(execution: Execution, run: Run): string {
  const { name, workflow } = planOfRun(execution, run);
  return name ?? workflow.name;
}
