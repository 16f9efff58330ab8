/** The one phase of a build workflow: no service, no hosts, nothing to roll back. */
import type { Failure } from '@fairlead/proto/model/failure.ts';
import type { PhasePlan } from '../engine/plan.ts';
import { artifactTemplate, listedBy } from './artifact-source.ts';
import { entitiesOf, findEntity, namesOf, type Catalog } from './catalog.ts';
import { completeWorkflow } from './complete.ts';
import { asJson, own } from './json-values.ts';
import { whatExists } from './nearest.ts';
import type { ChosenRun } from './plan-request.ts';
import { refuse } from './refuse.ts';
import { planSection, type StepContext } from './plan-steps.ts';
import { BUILD_SECTIONS } from './sections/build.ts';
import { templatized } from './workflow-inputs.ts';

export function planBuild(chosen: ChosenRun, catalog: Catalog, failures: Failure[]): PhasePlan {
  const sections = completeWorkflow(chosen.workflow.spec, () => null).sections ?? {};
  const context: StepContext = {
    commands: {},
    families: {},
    failures,
    collects: (written) => collectedFrom(chosen, catalog, written, failures),
  };
  return {
    id: 'p1',
    name: 'Build',
    deploymentType: 'BUILD',
    service: null,
    infrastructure: null,
    mapping: null,
    hosts: [],
    selectors: [],
    families: {},
    environment: {},
    paths: { runtime: '', backup: '', staging: '' },
    configFiles: [],
    artifact: null,
    rollbackArtifact: null,
    rolling: false,
    sections: BUILD_SECTIONS.map(({ name, type }, index) =>
      planSection(own(sections, name) ?? {}, { id: `s${index + 1}`, name, type, undoes: null }, context),
    ),
    rollback: [],
  };
}

function collectedFrom(
  { application, inputs }: ChosenRun,
  catalog: Catalog,
  written: string,
  failures: Failure[],
): ReturnType<NonNullable<StepContext['collects']>> {
  const input = templatized(written);
  const name = input === null ? written : (own(inputs, input) ?? '');
  const service = findEntity(catalog, 'service', application.name, name);
  const field = input === null ? 'collect' : `variables.${input}`;
  if (service === undefined) {
    const existing = namesOf(entitiesOf(catalog, 'service', application.name));
    failures.push(refuse(field, `there is no service '${name}'`, whatExists(name, existing, 'service'), existing));
    return null;
  }
  const found = artifactTemplate(application, service);
  if (found === null) {
    failures.push(refuse(field, `the service '${name}' has no artifact`, 'Give it one: artifact: { … }.'));
    return null;
  }
  if ('failures' in found) {
    failures.push(...found.failures);
    return null;
  }
  return { service: name, source: asJson(found.source), selectors: listedBy(catalog, application.name, name) };
}
