/**
 * Runs of one execution that wait for each other, at barriers, for permits of guards or for a lock (orchestration 7, 8):
 * only time would end it, so it ends at once, and the failure shows the cycle. Whoever queues for its lock has deployed
 * nothing: it alone fails, and the others go on or fail as its peers. Without such a one, all of the cycle fail. What
 * other executions hold comes free some day, so it counts as free here.
 */
import { failure } from '@fairlead/proto/model/failure.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import { groupAt } from '../barrier-group.ts';
import type { Execution, Permits, Run } from '../execution.ts';
import { lockNameOf } from '../lock-name.ts';
import { keyOfPermits, mayBeReleased } from '../permits.ts';
import { nameOfRun, planOfRun } from '../plan-of.ts';
import { findRun } from '../tree.ts';
import type { Turn } from '../turn.ts';
import { failStep } from './fail-step.ts';
import { refuseLock } from './refuse-lock.ts';
import { waitingSteps } from './waiting.ts';

/** One thing a run waits for that others of the execution can give. */
interface Wait {
  readonly run: Run;
  /** Null: for its lock. */
  readonly stepId: string | null;
  /** Those that keep it waiting if nobody of these goes on; empty: it is not held up by them. */
  heldUpBy(stuck: ReadonlySet<string>): readonly Holder[];
}

interface Holder {
  readonly runId: string;
  /** `waits at the barrier 'done' for API` */
  readonly text: string;
}

/** One run, and another one that must go on first. */
interface Edge extends Holder {
  readonly wait: Wait;
}

/** One cycle at a time: what another one is about may look different then. */
export function breakDeadlock(turn: Turn): void {
  const { execution } = turn;
  // Nothing follows from a failure while it is paused.
  if (execution.pause !== null) return;
  const waits = execution.runs.flatMap((run) => waitsOf(execution, run));
  const stuck = stuckIn(waits);
  const edges = waits.flatMap((wait) => wait.heldUpBy(stuck).map((holder): Edge => ({ ...holder, wait })));
  const cycle = cycleAmong(edges);
  if (cycle === null) return;
  const drawn = cycle.map(({ wait, text }) => `${nameOfRun(planOfRun(execution, wait.run))} ${text}`).join('; ');
  const details = { cycle: cycle.map(({ runId }) => runId) };
  const what = cycle.length === 1 ? 'it waits for its own end' : 'they wait for each other';
  const why = failure('DEADLOCK', `${what}: ${drawn}`, { details });
  const queued = cycle.find(({ wait }) => wait.stepId === null);
  if (queued !== undefined) return refuseLock(turn, queued.wait.run, why);
  for (const { wait } of cycle) {
    if (wait.stepId !== null) failStep(turn, wait.stepId, why);
  }
}

function waitsOf(execution: Execution, run: Run): readonly Wait[] {
  if (isTerminal(run.status) || run.abort !== null) return [];
  const ofSteps = waitingSteps(run).flatMap(({ id: stepId, waiting }): readonly Wait[] => {
    if (waiting.on === 'BARRIER') return [atBarrier(execution, run, stepId, waiting.identifier)];
    if (waiting.on !== 'PERMITS') return [];
    const asked = execution.permits.find((each) => each.requestId === waiting.requestId);
    return asked?.state === 'QUEUED' ? [forPermits(execution, run, asked)] : [];
  });
  return run.lock?.state === 'QUEUED' && run.rollback === null ? [forLock(execution, run), ...ofSteps] : ofSteps;
}

function atBarrier(execution: Execution, run: Run, stepId: string, identifier: string): Wait {
  const missing = groupAt(execution, run.stageId, identifier)
    .filter((each) => each.state === 'AWAITED')
    .map((each) => ({ runId: each.run.id, text: `waits at the barrier '${identifier}' for ${each.name}` }));
  return { run, stepId, heldUpBy: (stuck) => missing.filter(({ runId }) => stuck.has(runId)) };
}

function forLock(execution: Execution, run: Run): Wait {
  const plan = planOfRun(execution, run);
  const holders = execution.runs.flatMap((other): readonly Holder[] => {
    if (other.lock?.state !== 'HELD') return [];
    const key = run.lock?.keys.find((each) => other.lock?.keys.includes(each));
    if (key === undefined) return [];
    const name = nameOfRun(planOfRun(execution, other));
    return [
      { runId: other.id, text: `waits for the lock of ${lockNameOf(execution, plan, key)}, which ${name} holds` },
    ];
  });
  return { run, stepId: null, heldUpBy: (stuck) => holders.filter(({ runId }) => stuck.has(runId)) };
}

function forPermits(execution: Execution, run: Run, asked: Permits): Wait {
  const held = execution.permits
    .filter((each) => each.state === 'HELD' && keyOfPermits(each) === keyOfPermits(asked))
    .filter((each) => !mayBeReleased(execution, each))
    .map((each) => ({ ...holderOf(execution, run, each), permits: each.permits }));
  return {
    run,
    stepId: asked.stepId,
    heldUpBy: (stuck) => {
      const kept = held.filter(({ runId }) => stuck.has(runId));
      const sum = kept.reduce((total, { permits }) => total + permits, 0);
      return sum + asked.permits > asked.capacity ? kept : [];
    },
  };
}

function holderOf(execution: Execution, asking: Run, { owner, constraint }: Permits): Holder {
  const text = `waits for permits of '${constraint.name}', which`;
  const run = findRun(execution, owner);
  // What the execution keeps to its end is not given back before the run that asks has ended.
  if (run === undefined) return { runId: asking.id, text: `${text} are held until all of it ends` };
  return { runId: run.id, text: `${text} ${nameOfRun(planOfRun(execution, run))} holds` };
}

/** The most runs of which each waits for some of them. */
function stuckIn(waits: readonly Wait[]): ReadonlySet<string> {
  let stuck: ReadonlySet<string> = new Set(waits.map(({ run }) => run.id));
  for (;;) {
    const before = stuck;
    const still = waits.filter((wait) => wait.heldUpBy(before).length > 0);
    stuck = new Set(still.map(({ run }) => run.id));
    if (stuck.size === before.size) return stuck;
  }
}

/** One with somebody who queues for a lock, if there is any; else the first; null when nobody is stuck. */
function cycleAmong(edges: readonly Edge[]): readonly Edge[] | null {
  const queued = edges.filter(({ wait }) => wait.stepId === null);
  for (const first of [...queued, ...edges]) {
    const cycle = shortestCycle(edges, first.wait.run.id);
    if (cycle !== null) return cycle;
  }
  return null;
}

/** The shortest way from a run back to itself. */
function shortestCycle(edges: readonly Edge[], start: string): readonly Edge[] | null {
  const seen = new Set<string>();
  let ways: readonly { readonly to: string; readonly edges: readonly Edge[] }[] = [{ to: start, edges: [] }];
  while (ways.length > 0) {
    const longer = [];
    for (const way of ways) {
      for (const edge of edges) {
        const { wait, runId: to } = edge;
        if (wait.run.id !== way.to || seen.has(to)) continue;
        const taken = [...way.edges, edge];
        if (to === start) return taken;
        seen.add(to);
        longer.push({ to, edges: taken });
      }
    }
    ways = longer;
  }
  return null;
}
