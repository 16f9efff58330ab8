/** The bookkeeping of collected builds. */
import { changedExecution } from '../changed.ts';
import type { EventOf } from '../events.ts';
import type { Collected, Execution } from '../execution.ts';
import type { Plan } from '../plan.ts';
import { findRun } from '../tree.ts';

export const withCollected = (execution: Execution, event: EventOf<'ArtifactCollected'>): Execution => {
  const { stepId, artifact } = event;
  const runId = findRun(execution, stepId)?.id ?? '';
  return changedExecution(execution, { collected: [...execution.collected, { runId, stepId, artifact }] });
};

/** By the stages that are taken over. */
export const collectedBefore = ({ resumes, executionId }: Plan): readonly Collected[] =>
  (resumes?.collected ?? []).map(({ run, stepId, artifact }) => ({ runId: `${executionId}/${run}`, stepId, artifact }));
