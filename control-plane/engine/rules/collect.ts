/**
 * What a build workflow collects. An Artifact Collection that has succeeded is journaled as `ArtifactCollected`, beside
 * whatever its step publishes; the state keeps it in `Execution.collected`. It is everything of an `ArtifactRef` but the
 * source, which whoever plans a later run of the pipeline takes from the pinned definitions: its `Need` of that service.
 */
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import {
  artifactCollection,
  collectedArtifact,
  type CollectedArtifact,
} from '@fairlead/proto/steps/artifact-collection.ts';
import type { Execution, Step } from '../execution.ts';
import type { StepPlan } from '../plan.ts';
import { lastAttempt } from '../tree.ts';
import type { Turn } from '../turn.ts';

/** The last build of each service that any run of the execution has collected so far. */
export const collectedArtifacts = (execution: Execution): ReadonlyMap<string, CollectedArtifact> =>
  new Map(execution.collected.map(({ artifact }) => [artifact.service, artifact]));

/** Null when all is well; a step without a build has collected nothing, whatever its agent says. */
export function collect(turn: Turn, plan: StepPlan, step: Step): Failure | null {
  if (plan.type !== artifactCollection.type) return null;
  for (const task of step.tasks) {
    const parsed = collectedArtifact.safeParse(lastAttempt(task)?.result?.outputs);
    if (!parsed.success) return failure('OUTPUT_MISSING', 'the agent did not say which build it has found');
    turn.emit({ event: 'ArtifactCollected', stepId: step.id, artifact: parsed.data });
  }
  return null;
}
