import type { ArtifactRef } from '@fairlead/proto/model/task.ts';
import type { Execution } from '../engine/execution.ts';

/**
 * Service → what its stages deploy: chosen at the start, or when the first stage that needs it was planned. What a build
 * stage collected later replaces it for the stages after that one only.
 */
export function chosenArtifacts({ plan }: Execution): Readonly<Record<string, ArtifactRef>> {
  const phases = plan.stages.flatMap((stage) => stage.runs.flatMap((run) => run.phases));
  const planned = phases.flatMap(({ artifact }) => (artifact === null ? [] : [[artifact.service, artifact] as const]));
  return { ...Object.fromEntries(planned.toReversed()), ...plan.given?.artifacts };
}
