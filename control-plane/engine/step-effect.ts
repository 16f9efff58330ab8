/** What a step that succeeded did to what runs at its target. */
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import type { ArtifactRef } from '@fairlead/proto/model/task.ts';
import type { PhasePlan, RunPlan, StepPlan } from './plan.ts';

export interface Effect {
  readonly artifact: ArtifactRef;
  /** Nothing of it runs there any more. */
  readonly removed: boolean;
}

/** `back`: in a rollback, of this execution or of an earlier one. Null: it put nothing there and took nothing away. */
export function effectOf(step: StepPlan, phase: PhasePlan, run: RunPlan, back: boolean): Effect | null {
  if (step.artifact === null || !step.deploys) return null;
  const { artifact, rollbackArtifact } = phase;
  const put = (ref: ArtifactRef | null): Effect | null => (ref === null ? null : { artifact: ref, removed: false });
  if (step.type === 'SWAP_DIRECTORIES') {
    const direction = directionOf(step);
    return direction === 'prepare' ? null : put(direction === 'back' ? rollbackArtifact : artifact);
  }
  if (step.artifact === 'rollback') return put(rollbackArtifact);
  // The group that lost the traffic is stopped; the version that has it again was there all the time.
  if (back && run.type === 'BLUE_GREEN') return artifact === null ? null : { artifact, removed: true };
  // What a rollback does with the version that goes (it stops it) puts it nowhere.
  return back ? null : put(artifact);
}

/** With the checksum that the step which put it there has told (`outputs.artifact.sha256`), where none was known before. */
export function withChecksum(ref: ArtifactRef, outputs: JsonObject | undefined): ArtifactRef {
  const artifact = outputs?.['artifact'];
  const told = typeof artifact === 'object' && artifact !== null ? (artifact as JsonObject)['sha256'] : null;
  return { ...ref, sha256: ref.sha256 ?? (typeof told === 'string' ? told : null) };
}

// The catalog's schemas are all objects.
const directionOf = ({ parameters }: StepPlan): Json | undefined => (parameters as JsonObject)['direction'];
