/**
 * What the families of expressions have besides what people name themselves (orchestration 4.5). A definition is checked
 * against it when it is applied, and a plan is made to have it, so what passes the check is there when it is read.
 */
import type { Json } from '@fairlead/proto/model/json.ts';

export const MEMBERS = {
  app: ['name', 'description'],
  pipeline: ['name', 'description'],
  workflow: [
    'name',
    'displayName',
    'description',
    'startTs',
    'pipelineDeploymentUuid',
    'pipelineResumeUuid',
    'releaseNo',
    'lastGoodReleaseNo',
    'lastGoodDeploymentDisplayName',
  ],
  env: ['name', 'description', 'environmentType'],
  service: ['name', 'description'],
  infra: ['name'],
  artifact: ['displayName', 'description', 'buildNo', 'buildFullDisplayName', 'fileName', 'artifactPath', 'url'],
} as const;

export type Members<F extends keyof typeof MEMBERS> = Readonly<Record<(typeof MEMBERS)[F][number], Json>>;
