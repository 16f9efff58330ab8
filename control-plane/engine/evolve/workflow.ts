import type { EventOf } from '../events.ts';
import type { Execution, Phase } from '../execution.ts';
import { findRun } from '../tree.ts';

export const endedPhase = (phase: Phase, event: EventOf<'PhaseEnded'>): Phase => ({
  ...phase,
  status: event.status,
  endedAt: event.at,
  skipped: event.skipped ?? null,
});

export const withCollected = (execution: Execution, event: EventOf<'ArtifactCollected'>): Execution => {
  const { stepId, artifact } = event;
  const runId = findRun(execution, stepId)?.id ?? '';
  return { ...execution, collected: [...execution.collected, { runId, stepId, artifact }] };
};
