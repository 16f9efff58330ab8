import type { Execution } from '../../control-plane/engine/execution.ts';
import { stepsOf } from './actions.ts';
import type { Life } from './checker.ts';
import type { Episode } from './trouble.ts';

/** What a seed exercised: counts that add up over seeds. */
export type Statistics = Readonly<Record<string, number>>;

export interface Played {
  readonly executions: readonly Execution[];
  readonly lives: ReadonlyMap<string, Life>;
  readonly episodes: readonly Episode[];
  /** The table status × fault × action. */
  readonly cells: ReadonlyMap<string, number>;
  readonly steps: number;
  /** Executions that only waited for a while. */
  readonly waited: ReadonlySet<string>;
  /** Frames that watchers were sent, and how many of them were not all of it. */
  readonly frames: { readonly all: number; readonly changes: number };
  readonly elapsedMs: number;
}

export function statisticsOf({
  executions,
  lives,
  episodes,
  cells,
  steps,
  waited,
  frames,
  elapsedMs,
}: Played): Statistics {
  const counts: Record<string, number> = { steps, virtualSeconds: Math.round(elapsedMs / 1_000) };
  const count = (name: string, by = 1): void => void (counts[name] = (counts[name] ?? 0) + by);
  for (const [cell, times] of cells) count(cell, times);
  count('frames', frames.all);
  count('frames of changes', frames.changes);
  for (const { fault } of episodes) count(`fault ${fault}`);
  for (const execution of executions) {
    count('executions');
    if (waited.has(execution.id)) count('waited for seconds');
    count(`ended ${execution.status}`);
    if (execution.epoch > 1) count('taken over');
    // As `<what>: <how many>`, of which medians are made.
    count(`with steps: ${stepsOf(execution).length}`);
    count(`with faults: ${faultsDuring(lives.get(execution.id), episodes)}`);
    if (meetsOthers(execution)) count('with a barrier or a lock');
    if (execution.runs.some((run) => run.rollback !== null)) count('rolled back');
    for (const run of execution.runs) {
      if (run.lock !== null && Object.values(run.lock.fences).some((ticket) => ticket > 1)) count('lock contended');
    }
    const steps = stepsOf(execution);
    if (steps.some((step) => step.retries > 0)) count('retried');
    const attempts = steps.flatMap((step) => step.tasks).flatMap((task) => task.attempts);
    count('attempts', attempts.length);
    count('attempts moved', attempts.filter((attempt) => attempt.assignment > 1).length);
    const unknown = attempts.filter((attempt) => attempt.result?.failure?.code === 'OUTCOME_UNKNOWN');
    count('attempts unknown', unknown.length);
  }
  return counts;
}

/** In force at some time between its start and its settlement. */
const faultsDuring = (life: Life | undefined, episodes: readonly Episode[]): number =>
  life === undefined ? 0 : episodes.filter(({ from, until }) => from <= life.until && until >= life.from).length;

/** It asked for a lock, or came to a barrier. */
const meetsOthers = (execution: Execution): boolean =>
  execution.runs.some((run) => run.lock !== null) || execution.barriers.length > 0;
