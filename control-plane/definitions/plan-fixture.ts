/** For tests: what a request brings along besides its names and values. */
import type { ArtifactRef } from '@fairlead/proto/model/task.ts';
import type { PlanRequest } from './plan.ts';

export const artifact = (service: string, build: string): ArtifactRef => ({
  service,
  source: { kind: 'DIRECTORY', path: '/builds', match: '' },
  build,
  fileName: `${service}-${build}.tgz`,
  location: `/builds/${service}-${build}.tgz`,
  sha256: null,
  metadata: {},
});

export const request = (more: Partial<PlanRequest> = {}): PlanRequest => ({
  executionId: 'x1',
  actor: 'ada',
  variables: {},
  artifacts: { web: artifact('web', '7'), worker: artifact('worker', '1') },
  rollbackArtifacts: {},
  now: 1_700_000_000_000,
  hash: (text) => `hash of ${text.length}`,
  ...more,
});
