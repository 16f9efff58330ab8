import { artifactSource } from './artifact-source.ts';
import { applicationsOf, entitiesOf, findEntity, namesOf, type Catalog, type Entity } from './catalog.ts';
import { placeScope } from './check-scope.ts';
import { nearest, whatExists } from './nearest.ts';
import type { Path, Report } from './problem.ts';
import { BUILD_SECTIONS, buildSections } from './sections/build.ts';
import type { Reports } from './validate-settings.ts';
import { validateSection, validateSelected, type SectionRules } from './validate-steps.ts';
import { entitySettings, templatized } from './workflow-inputs.ts';

const NOTHING_DEPLOYED = {
  roots: [
    'service',
    'serviceVariable',
    'configFile',
    'artifact',
    'rollbackArtifact',
    'infra',
    'instance',
    'host',
    'env',
    'environmentVariable',
  ],
  why: 'a build workflow has no service, environment or hosts',
};

export function validateBuild(workflow: Entity<'workflow'>, catalog: Catalog, { report, missing }: Reports): void {
  const { application, name, spec } = workflow;
  const nowhere = { service: undefined, environment: undefined, infrastructure: undefined };
  const rules: SectionRules = {
    within: placeScope({ catalog, application, workflow: { name, spec }, ...nowhere }),
    commands: [],
    selectNodes: 'refused',
    collects: true,
    hosts: null,
    unknownHere: NOTHING_DEPLOYED,
  };
  const complete = buildSections(spec);
  const names = BUILD_SECTIONS.map((each) => String(each.name));
  for (const [section, each] of Object.entries(spec.sections ?? {})) {
    const path: Path = ['sections', section];
    if (!names.includes(section)) {
      const near = nearest(section, names);
      const list = `Sections here: ${names.join(', ')}.`;
      report(path, `there is no section '${section}'`, near === null ? list : `Did you mean '${near}'?`, 'key');
      continue;
    }
    validateSection(each, path, rules, report);
    validateSelected(each, [...path, 'skip'], complete[section]?.steps ?? [], report);
    if (each.onFailure === undefined) continue;
    const reason = 'a build workflow has no failure strategies: it deploys nothing that could be taken back';
    report([...path, 'onFailure'], reason, 'Remove onFailure.', 'key');
  }
  if (spec.collect !== undefined && spec.sections?.['Collect Artifact']?.steps !== undefined) {
    report(['collect'], "'collect' and the section 'Collect Artifact' say the same", 'Keep one of the two.', 'key');
  }
  validateCollections(workflow, catalog, report, missing);
}

/** Every service whose build is collected must have a place where builds are published. */
function validateCollections(
  { application: name, spec }: Entity<'workflow'>,
  catalog: Catalog,
  report: Report,
  missing: Report,
): void {
  const wanted = entitySettings(spec)
    .filter((each) => each.kind === 'service' && each.path[0] !== 'service')
    .map(({ written: service, path }) => ({ service, path }));
  if (wanted.length === 0) {
    missing([], 'the build workflow collects no build', 'Add collect: with the name of a service.', 'key');
  }
  const application = applicationsOf(catalog).find((each) => each.name === name);
  const existing = namesOf(entitiesOf(catalog, 'service', name));
  for (const { service, path } of wanted) {
    if (templatized(service) !== null) continue;
    const found = findEntity(catalog, 'service', name, service);
    if (found === undefined) report(path, `there is no service '${service}'`, whatExists(service, existing, 'service'));
    else if (application !== undefined && artifactSource(application, found) === null) {
      report(path, `the service '${service}' has no artifact`, 'Give it one: artifact: { … }.');
    }
  }
}
