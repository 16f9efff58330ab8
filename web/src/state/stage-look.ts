/** A stage is what its runs are. */
import type { StageRunView, StageView } from '@fairlead/proto/live.ts';
import { isFailed, isTerminal, type Status, worst } from '@fairlead/proto/model/status.ts';
import { isActive } from './status-look.ts';

/** While one of them goes on, that one counts; null: none was reached. */
export function statusOfStage({ runs }: StageView): Status | null {
  const reached = runs.filter(wasReached);
  const [first] = reached.filter((run) => isActive(run.status)).toSorted((one, other) => doing(one) - doing(other));
  if (first !== undefined) return first.status;
  return reached.length === 0 ? null : worst(reached.map((run) => run.status));
}

/** A run that waits for its turn has the status QUEUED as one that queues for a lock; only that one waits for something. */
export const wasReached = ({ status, startedAt, note }: StageRunView): boolean =>
  startedAt !== null || isTerminal(status) || note !== null;

/** What works stands before what waits. */
const doing = ({ note }: StageRunView): number => (note === null ? 0 : 1);

export function timesOfStage({ runs }: StageView): {
  readonly startedAt: number | null;
  readonly endedAt: number | null;
} {
  const began = runs.flatMap((run) => (run.startedAt === null ? [] : [run.startedAt]));
  const ended = runs.every((run) => isTerminal(run.status));
  return {
    startedAt: began.length === 0 ? null : Math.min(...began),
    endedAt: ended ? Math.max(...runs.map((run) => run.endedAt ?? 0)) : null,
  };
}

/** What goes on or went wrong lies open, what is skipped too: its reason wants to be read. */
export const opensItself = (stage: StageView): boolean =>
  stage.runs.some((run) => wasReached(run) && (isActive(run.status) || isFailed(run.status)));

/** Where a pipeline can be gone on with: any stage that was reached, and first of all the one that failed. */
export function resumableStages(stages: readonly StageView[]): {
  readonly names: readonly string[];
  readonly first: string | null;
} {
  const forward = stages.filter(
    (stage) => stage.takesBack === null && stage.runs.some((run) => run.startedAt !== null || isFailed(run.status)),
  );
  const failed = forward.find((stage) => stage.runs.some((run) => isFailed(run.status)));
  return { names: forward.map(({ name }) => name), first: failed?.name ?? forward.at(-1)?.name ?? null };
}
