/** One phase of the plan: what its service, infrastructure and sections come to. */
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import type { Named, PhasePlan, StepPlan } from '../engine/plan.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import { command } from '@fairlead/proto/steps/ssh.ts';
import type { Entity } from './catalog.ts';
import { completeApplication, completePhase, completeService } from './complete.ts';
import { artifactTypeOf } from './default-commands.ts';
import { own } from './json-values.ts';
import { whatExists } from './nearest.ts';
import type { PlanRequest } from './plan.ts';
import { configFiles, phaseFamilies, serviceVariables, type Artifacts } from './plan-families.ts';
import { planHosts, planHostsFrom } from './plan-hosts.ts';
import type { ChosenPhase } from './plan-request.ts';
import { planPlace } from './plan-place.ts';
import { cleanUpAfter } from './plan-clean-up.ts';
import { onlyWhatBrings } from './puts-there.ts';
import { planSection, type StepContext } from './plan-steps.ts';
import { deploymentTypeOf, generatorOf } from './sections/index.ts';

export const named = ({ id, name }: Entity): Named => ({ id, name });

/** Where something is deployed: for locks, and for finding what was deployed before. */
export const mappingOf = ({ application, environment, infrastructure, service }: ChosenPhase): string =>
  [application, environment, infrastructure, service].map((each) => each.id).join('/');

/** A build that its source does not have. */
export const unknownBuild = (service: string, build: string | null, existing: readonly string[]): Failure => {
  const reason =
    build === null ? `the service '${service}' has no build yet` : `the service '${service}' has no build '${build}'`;
  const mend = build === null ? 'Publish one where its artifact source looks.' : whatExists(build, existing, 'build');
  return failure('NO_ARTIFACT', `${reason}. ${mend}`, {
    field: `artifacts.${service}`,
    details: { mend, existing: existing.slice(0, 20) },
  });
};

/** `outer`: what expressions mean in all of the run. */
export function planPhase(
  chosen: ChosenPhase,
  request: PlanRequest,
  outer: JsonObject,
  failures: Failure[],
): PhasePlan {
  const { application, service, infrastructure, workflow, source } = chosen;
  const completed = completeService(service.spec);
  const place = planPlace(infrastructure.name, infrastructure.spec, request.executionId);
  const { agents = [] } = infrastructure.spec;
  const artifacts = artifactsOf(chosen, request, failures);
  const families = phaseFamilies(chosen, artifacts);
  const context: StepContext = {
    commands: completed.commands,
    agents,
    families: { ...outer, ...families },
    place,
    failures,
  };
  const complete = completePhase(source, completed);
  const { forward = [], rollback = [] } = generatorOf(workflow.spec.type, deploymentTypeOf(service.spec)) ?? {};
  const forwardId = (name: string): string | null => {
    const index = forward.findIndex((each) => each.name === name);
    return index === -1 ? null : `s${index + 1}`;
  };
  const defaults = completeApplication(application.spec).defaults;
  const path = (name: 'RUNTIME_PATH' | 'BACKUP_PATH' | 'STAGING_PATH'): string => defaults[name] ?? '';
  // The next version is put beside the one that serves, and becomes what serves by a swap.
  const staged = workflow.spec.swap === 'directories' && place.directories !== null;
  const sections = forward.map(({ name, type }, index) => {
    const its = own(complete.sections, name) ?? {};
    const section = planSection(its, { id: `s${index + 1}`, name, type, undoes: null }, context);
    return staged ? { ...section, steps: section.steps.map(onlyStaged) } : onlyWhatBrings(section);
  });
  return {
    id: `p${source.index + 1}`,
    name: source.name,
    deploymentType: deploymentTypeOf(service.spec).toUpperCase(),
    service: { ...named(service), artifactType: artifactTypeOf(service.spec).toUpperCase() },
    infrastructure: named(infrastructure),
    mapping: mappingOf(chosen),
    hosts: planHosts(infrastructure.spec),
    ...planHostsFrom(infrastructure.spec),
    ...(place.groups === null ? {} : { groups: place.groups }),
    selectors: agents,
    families,
    environment: serviceVariables(chosen),
    paths: {
      runtime: staged ? place.directories.stage : path('RUNTIME_PATH'),
      backup: path('BACKUP_PATH'),
      staging: path('STAGING_PATH'),
    },
    configFiles: configFiles(chosen).map(({ path: target, content, mode }) => ({ path: target, content, mode })),
    artifact: artifacts.artifact,
    rollbackArtifact: artifacts.rollbackArtifact,
    keep: completed.keep,
    rolling: workflow.spec.type === 'rolling',
    ...cleanUpAfter(sections),
    sections,
    rollback: rollback.map(({ name, type, undoes }, index) =>
      planSection(
        own(complete.rollback, name) ?? {},
        { id: `u${index + 1}`, name, type, undoes: undoes === null ? null : forwardId(undoes) },
        context,
      ),
    ),
  };
}

/** What a command puts into the stage is deployed by the swap, and not before. */
const onlyStaged = (step: StepPlan): StepPlan => (step.type === command.type ? { ...step, deploys: false } : step);

function artifactsOf(chosen: ChosenPhase, request: PlanRequest, failures: Failure[]): Artifacts {
  const { service } = chosen;
  const artifact = own(request.artifacts, service.name) ?? null;
  if (service.spec.artifact !== undefined && artifact === null) failures.push(unknownBuild(service.name, null, []));
  return { artifact, rollbackArtifact: own(request.rollbackArtifacts, mappingOf(chosen)) ?? null };
}
