import { z } from 'zod';
import { publish } from './general.ts';
import { text, type StepType } from './step-type.ts';

/** Where builds are listed, as the agent is told. */
export const artifactSourceParameter = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('DIRECTORY'), path: z.string().min(1), match: z.string().min(1) }),
  z.strictObject({
    kind: z.literal('HTTP'),
    url: z.string().min(1),
    match: z.string().min(1),
    headers: z.record(z.string(), text).optional(),
  }),
  z.strictObject({ kind: z.literal('SCRIPT'), script: z.string().min(1) }),
]);

export const artifactCollectionParameters = z.strictObject({
  /** Name of the service whose build it is. */
  service: z.string().min(1),
  /** Of that service. Filled in by the plan. */
  source: artifactSourceParameter,
  /** Which build; the newest when left out. */
  build: z.string().min(1).optional(),
  /** Keep looking until the build is there or this much time has passed; 0 looks once. */
  withinMs: z.number().int().nonnegative().default(0),
  publish: publish.optional(),
});
export type ArtifactCollectionParameters = z.infer<typeof artifactCollectionParameters>;

/** What the step gives: the build as it was found. The engine journals it as collected by the run. */
export const collectedArtifact = z.strictObject({
  service: z.string().min(1),
  build: z.string().min(1),
  fileName: z.string(),
  location: z.string(),
  sha256: z.string().nullable(),
  metadata: z.record(z.string(), z.string()),
});
export type CollectedArtifact = Readonly<z.infer<typeof collectedArtifact>>;

export const artifactCollection: StepType = {
  type: 'ARTIFACT_COLLECTION',
  key: 'collect',
  title: 'Artifact Collection',
  summary: "Looks for a build where the service's builds are published and registers it for what follows.",
  parameters: artifactCollectionParameters,
  shortForm: 'service',
  runs: 'agent',
  idempotent: true,
  deploys: false,
  defaultTimeoutMs: 600_000,
  onAgent: [],
};
