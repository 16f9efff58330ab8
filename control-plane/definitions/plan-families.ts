/** The values that expressions of a plan see. Secrets are in it as expressions, so that they stay references. */
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { ArtifactRef } from '@fairlead/proto/model/task.ts';
import { encodeBase64 } from './base64.ts';
import { accountDefaults, type Catalog, type Entity } from './catalog.ts';
import { completeApplication, completeFile } from './complete.ts';
import { mapValues, own } from './json-values.ts';
import type { Members } from './family-members.ts';
import type { LongConfigFiles, Values } from './long-form.ts';
import type { ChosenPhase, ChosenRun } from './plan-request.ts';
import { secretAsTemplate } from './secret.ts';

export interface RunFacts {
  readonly actor: string;
  readonly now: number;
  readonly timestampId: string;
  readonly url: string | null;
}

/** Known to all of a run, and to every stage of a pipeline. */
export const accountFamily = (catalog: Catalog): JsonObject => ({ defaults: templates(accountDefaults(catalog)) });

export function runFamilies(chosen: ChosenRun, catalog: Catalog, facts: RunFacts): JsonObject {
  const { application, environment, workflow, inputs } = chosen;
  const startedAt = new Date(facts.now).toISOString();
  const ofWorkflow: Members<'workflow'> = {
    ...described(workflow),
    displayName: `${workflow.name} ${startedAt}`,
    startTs: String(facts.now),
    pipelineDeploymentUuid: null,
    pipelineResumeUuid: null,
    // Counted when everything else about the plan is settled.
    releaseNo: null,
    lastGoodReleaseNo: null,
    lastGoodDeploymentDisplayName: null,
  };
  return {
    account: accountFamily(catalog),
    app: applicationFamily(application),
    ...(environment === null ? {} : environmentFamilies(environment)),
    workflow: { ...ofWorkflow, variables: inputs },
    deploymentTriggeredBy: facts.actor,
    timestampId: facts.timestampId,
    ...(facts.url === null ? {} : { deploymentUrl: facts.url }),
  };
}

interface Described {
  readonly name: string;
  readonly spec: { readonly description?: string | undefined };
}

/** What every family of something people have named begins with. */
export const described = ({ name, spec }: Described): Members<'app'> => ({
  name,
  description: spec.description ?? '',
});

export const applicationFamily = (application: Entity<'application'>): JsonObject => ({
  ...described(application),
  defaults: templates(completeApplication(application.spec).defaults),
});

function environmentFamilies(environment: Entity<'environment'>): JsonObject {
  const environmentType = environment.spec.type === 'production' ? 'PROD' : 'NON_PROD';
  const env: Members<'env'> = { ...described(environment), environmentType };
  return { env, environmentVariable: templates(environment.spec.variables ?? {}) };
}

export interface Artifacts {
  readonly artifact: ArtifactRef | null;
  readonly rollbackArtifact: ArtifactRef | null;
}

export function phaseFamilies(chosen: ChosenPhase, { artifact, rollbackArtifact }: Artifacts): JsonObject {
  const { service, infrastructure } = chosen;
  const infra: Members<'infra'> = { name: infrastructure.name };
  return {
    service: described(service),
    serviceVariable: serviceVariables(chosen),
    infra,
    artifact: artifact === null ? null : artifactFamily(artifact),
    rollbackArtifact: rollbackArtifact === null ? null : artifactFamily(rollbackArtifact),
    configFile: configFileFamily(chosen),
  };
}

/** Highest first: the phase's and the workflow's own, the environment's for this service, the environment's for all, the service's. */
export function serviceVariables({ service, environment, source }: ChosenPhase): Values {
  const override = own(environment.spec.overrides ?? {}, service.name)?.variables ?? {};
  return templates({
    ...service.spec.variables,
    ...environment.spec.variables,
    ...override,
    ...source.serviceVariables,
  });
}

export const templates = (values: Values): Values => mapValues(values, secretAsTemplate);

export function configFiles({ service, environment }: ChosenPhase): readonly ReturnType<typeof namedFile>[] {
  const override = own(environment.spec.overrides ?? {}, service.name)?.configFiles ?? {};
  const files: LongConfigFiles = { ...service.spec.configFiles, ...environment.spec.configFiles, ...override };
  return Object.entries(files).map(([name, file]) => namedFile(name, file));
}

const namedFile = (
  name: string,
  file: LongConfigFiles[string],
): { readonly name: string; readonly path: string; readonly content: string; readonly mode: string } => {
  const complete = completeFile(name, file);
  return { name, ...complete, content: secretAsTemplate(complete.content) };
};

/** In base64 only what is the same everywhere: a file with expressions in it is only known when it is written. */
const configFileFamily = (chosen: ChosenPhase): JsonObject =>
  Object.fromEntries(
    configFiles(chosen).map(({ name, content }) => [
      name,
      content.includes('${') ? { text: content } : { text: content, base64: encodeBase64(content) },
    ]),
  );

export const artifactFamily = ({ metadata, ...artifact }: ArtifactRef): Members<'artifact'> & JsonObject => ({
  displayName: `${artifact.service} ${artifact.build}`,
  description: '',
  buildNo: artifact.build,
  buildFullDisplayName: `${artifact.service} ${artifact.build}`,
  fileName: artifact.fileName,
  artifactPath: artifact.location,
  url: artifact.location,
  metadata,
});
