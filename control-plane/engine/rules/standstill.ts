/**
 * Runs of one execution that wait for each other by way of guards, or of barriers in different orders (orchestration 7,
 * 8); a queue for the lock of a peer is ended by `deadlock.ts` before. Neither would ever go on, so all of the cycle fail at once, each by its
 * own strategy; who only waits for one of them is left alone. What other executions hold comes free some day, so it
 * counts as free here.
 */
import { failure } from '@fairlead/proto/model/failure.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import { groupAt } from '../barrier-group.ts';
import type { Execution, Permits, Run } from '../execution.ts';
import { keyOfPermits, mayBeReleased } from '../permits.ts';
import { findRun } from '../tree.ts';
import { planOfRun } from '../plan-of.ts';
import type { Turn } from '../turn.ts';
import { refuseLock } from './refuse-lock.ts';
import { waitingSteps } from './waiting.ts';

/** One thing a run waits for that others of the execution can give. */
interface Wait {
  readonly run: Run;
  /** Null: for its infrastructure. */
  readonly stepId: string | null;
  readonly text: string;
  /** Those that keep it waiting, if nobody of these goes on; empty: it is not held up by them. */
  heldUpBy(stuck: ReadonlySet<string>): readonly Holder[];
}

interface Holder {
  readonly runId: string;
  /** What it holds; null: it is awaited. */
  readonly what: string | null;
}

export function breakStandstill(turn: Turn): void {
  const { execution } = turn;
  // Nothing follows from a failure while it is paused.
  if (execution.pause !== null || execution.endedAt !== null) return;
  const waits = execution.runs.flatMap((run) => waitsOf(execution, run));
  const stuck = stuckIn(waits);
  const next = edgesIn(waits, stuck);
  const cycle = [...stuck].filter((id) => reaches(next, id, id));
  const first = cycle[0];
  if (first === undefined) return;
  // One at a time: what another one is about may look different then.
  const together = new Set(
    cycle.filter((id) => id === first || (reaches(next, first, id) && reaches(next, id, first))),
  );
  const broken = waits.filter(
    ({ run, ...wait }) => together.has(run.id) && wait.heldUpBy(stuck).some(({ runId }) => together.has(runId)),
  );
  const why = failure('DEADLOCK', `they wait for each other: ${drawn(execution, broken, together, stuck)}`);
  for (const { run, stepId } of broken) {
    if (stepId === null) refuseLock(turn, turn.run(run.id), why);
    else turn.emit({ event: 'StepEnded', stepId, status: 'FAILED', failure: why, skipped: null });
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
  return run.lock?.state === 'QUEUED' && run.rollback === null ? [...ofSteps, forLock(execution, run)] : ofSteps;
}

function atBarrier(execution: Execution, run: Run, stepId: string, identifier: string): Wait {
  const missing = groupAt(execution, run.stageId, identifier).filter((each) => each.state === 'AWAITED');
  return {
    run,
    stepId,
    text: `waits at '${identifier}'`,
    heldUpBy: (stuck) =>
      missing.filter((each) => stuck.has(each.run.id)).map((each) => ({ runId: each.run.id, what: null })),
  };
}

function forPermits(execution: Execution, run: Run, asked: Permits): Wait {
  const held = execution.permits.filter(
    (each) => each.state === 'HELD' && keyOfPermits(each) === keyOfPermits(asked) && !mayBeReleased(execution, each),
  );
  const what = `'${asked.constraint.name}'`;
  return {
    run,
    stepId: asked.stepId,
    text: `waits for ${what}`,
    heldUpBy: (stuck) => {
      const kept = held.flatMap((each) => {
        // What the execution keeps to its end is not given back before this run has ended.
        const runId = each.owner === execution.id ? run.id : (findRun(execution, each.owner)?.id ?? '');
        return stuck.has(runId) ? [{ runId, what, permits: each.permits }] : [];
      });
      const sum = kept.reduce((total, { permits }) => total + permits, 0);
      return sum + asked.permits > asked.capacity ? kept : [];
    },
  };
}

function forLock(execution: Execution, run: Run): Wait {
  const keys = new Set(run.lock?.keys);
  const holders = execution.runs.filter(
    ({ id, lock }) => id !== run.id && lock?.state === 'HELD' && lock.keys.some((key) => keys.has(key)),
  );
  return {
    run,
    stepId: null,
    text: 'waits for its infrastructure',
    heldUpBy: (stuck) =>
      holders.filter(({ id }) => stuck.has(id)).map(({ id }) => ({ runId: id, what: 'the infrastructure' })),
  };
}

/** The most runs of which each waits for some of them. */
function stuckIn(waits: readonly Wait[]): ReadonlySet<string> {
  let stuck: ReadonlySet<string> = new Set(waits.map(({ run }) => run.id));
  for (;;) {
    const before = stuck;
    const still = waits.filter((wait) => before.has(wait.run.id) && wait.heldUpBy(before).length > 0);
    stuck = new Set(still.map(({ run }) => run.id));
    if (stuck.size === before.size) return stuck;
  }
}

type Edges = ReadonlyMap<string, ReadonlySet<string>>;

function edgesIn(waits: readonly Wait[], stuck: ReadonlySet<string>): Edges {
  const edges = new Map<string, Set<string>>();
  for (const wait of waits) {
    if (!stuck.has(wait.run.id)) continue;
    const to = edges.get(wait.run.id) ?? new Set();
    for (const { runId } of wait.heldUpBy(stuck)) to.add(runId);
    edges.set(wait.run.id, to);
  }
  return edges;
}

function reaches(edges: Edges, from: string, to: string): boolean {
  const open = [...(edges.get(from) ?? [])];
  const seen = new Set(open);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === to) return true;
    for (const next of edges.get(id) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return false;
}

/** `WEB: waits at 'done' (holds 'deploys'); API: waits for 'deploys'` */
function drawn(
  execution: Execution,
  broken: readonly Wait[],
  together: ReadonlySet<string>,
  stuck: ReadonlySet<string>,
): string {
  const held = broken.flatMap((wait) => wait.heldUpBy(stuck));
  const lines = [...together].flatMap((id) => {
    const run = findRun(execution, id);
    if (run === undefined) return [];
    const own = broken.filter((wait) => wait.run.id === id).map(({ text }) => text);
    const holds = new Set(held.flatMap(({ runId, what }) => (runId === id && what !== null ? what : [])));
    const name = planOfRun(execution, run).workflow.name;
    return [`${name}: ${own.join(' and ')}${holds.size === 0 ? '' : ` (holds ${[...holds].join(' and ')})`}`];
  });
  return lines.join('; ');
}
