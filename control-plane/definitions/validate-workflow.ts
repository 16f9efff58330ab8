import { entitiesOf, findEntity, infrastructuresOf, namesOf, type Catalog, type Entity } from './catalog.ts';
import { candidateInfrastructures, placeScope } from './check-scope.ts';
import { completeService, completeWorkflow } from './complete.ts';
import { FORWARD_SECTIONS, ROLLBACK_SECTIONS } from './default-sections.ts';
import type { LongSection, LongService, LongWorkflow } from './long-form.ts';
import { nearest, whatExists } from './nearest.ts';
import type { Path, Report } from './problem.ts';
import { validateInputs } from './validate-inputs.ts';
import { validateSection, validateStrategies, type SectionRules } from './validate-steps.ts';
import { validateValues } from './validate-service.ts';
import { templatized } from './workflow-inputs.ts';

const NOT_CHOSEN = {
  roots: ['service', 'serviceVariable', 'configFile', 'artifact', 'rollbackArtifact', 'infra', 'instance', 'host'],
  why: 'service and hosts belong to the deployment itself',
};

export function validateWorkflow(workflow: Entity<'workflow'>, catalog: Catalog, report: Report): void {
  const { spec, application, name } = workflow;
  const chosen = resolveSettings(workflow, catalog, report);
  const place = { catalog, application, workflow: { name, spec } };
  const within = placeScope({ ...place, ...chosen });
  const outside = placeScope({ ...place, ...chosen, service: undefined, infrastructure: undefined });
  validateInputs(spec, report);
  validateValues(spec.serviceVariables ?? {}, ['serviceVariables'], within, report);
  validateHosts(workflow, catalog, chosen, report);
  const service = chosen.service === null ? null : findEntity(catalog, 'service', application, chosen.service);
  const commands =
    service === undefined ? undefined : service === null ? null : Object.keys(completeService(service.spec).commands);
  const rules: Omit<SectionRules, 'within' | 'unknownHere'> = {
    commands: commands ?? null,
    selectNodes: 'refused',
    hosts: hostNames(workflow, catalog, chosen),
  };
  const forward = { ...rules, within };
  if (spec.verify !== undefined) {
    validateSection({ steps: spec.verify }, ['verify'], forward, report, []);
    if (spec.sections?.['Verify Service']?.steps !== undefined) {
      report(['verify'], "'verify' and the section 'Verify Service' say the same", 'Keep one of the two.', 'key');
    }
  }
  const around = { ...rules, commands: [], hosts: null, within: outside, unknownHere: NOT_CHOSEN };
  if (spec.before !== undefined) validateSection(spec.before, ['before'], around, report);
  if (spec.after !== undefined) validateSection(spec.after, ['after'], around, report);
  validateSections(spec.sections ?? {}, 'sections', FORWARD_SECTIONS, forward, report);
  validateSections(spec.rollback ?? {}, 'rollback', ROLLBACK_SECTIONS, forward, report);
  validateSelection(spec, report);
  validateInstalls(spec, service?.name ?? null, commands ?? null, report);
  validateSectionStrategies(workflow, service?.spec ?? null, report);
}

/** Against the names of generated steps too, so on the completed workflow. */
function validateSectionStrategies(workflow: Entity<'workflow'>, service: LongService | null, report: Report): void {
  const complete = completeWorkflow(workflow.spec, service === null ? null : completeService(service));
  const check = (section: LongSection | undefined, path: Path): void => {
    const names = (section?.steps ?? []).map((step) => String(step['name']));
    validateStrategies(section?.onFailure ?? [], [...path, 'onFailure'], names, report);
  };
  check(complete.before, ['before']);
  check(complete.after, ['after']);
  for (const [name, section] of Object.entries(complete.sections ?? {})) check(section, ['sections', name]);
  for (const [name, section] of Object.entries(complete.rollback ?? {})) check(section, ['rollback', name]);
}

interface Chosen {
  /** Null: by an input. */
  readonly service: string | null;
  readonly environment: string | null;
  readonly infrastructure: string | null;
}

/** The named entities, where they are named; each that does not exist is told with those that do. */
function resolveSettings(workflow: Entity<'workflow'>, catalog: Catalog, report: Report): Chosen {
  const { spec, application } = workflow;
  const fixed = (setting: 'service' | 'environment'): string | null => {
    const value = spec[setting];
    if (templatized(value) !== null) return null;
    const existing = namesOf(entitiesOf(catalog, setting, application));
    // An expression that is more than one input has been told already.
    if (!existing.includes(value) && !value.includes('${')) {
      report([setting], `there is no ${setting} '${value}'`, whatExists(value, existing, setting));
    }
    return value;
  };
  const service = fixed('service');
  const environment = fixed('environment');
  const { infrastructure } = spec;
  if (infrastructure !== undefined && templatized(infrastructure) !== null) {
    return { service, environment, infrastructure: null };
  }
  if (environment === null) {
    const all = namesOf(entitiesOf(catalog, 'infrastructure', application));
    if (infrastructure !== undefined && !all.includes(infrastructure)) {
      report(
        ['infrastructure'],
        `there is no infrastructure '${infrastructure}' in any environment`,
        whatExists(infrastructure, all, 'infrastructure'),
      );
    }
    return { service, environment, infrastructure: infrastructure ?? null };
  }
  if (findEntity(catalog, 'environment', application, environment) === undefined) {
    return { service, environment, infrastructure: infrastructure ?? null };
  }
  return {
    service,
    environment,
    infrastructure: chooseInfrastructure(workflow, catalog, { service, environment }, report),
  };
}

function chooseInfrastructure(
  workflow: Entity<'workflow'>,
  catalog: Catalog,
  chosen: { readonly service: string | null; readonly environment: string },
  report: Report,
): string | null {
  const { spec, application } = workflow;
  const { service, environment } = chosen;
  const all = infrastructuresOf(catalog, application, environment);
  const fitting = candidateInfrastructures(catalog, application, environment, service);
  const wanted = spec.infrastructure;
  if (wanted !== undefined) {
    const found = all.find((each) => each.name === wanted);
    if (found === undefined) {
      report(
        ['infrastructure'],
        `there is no infrastructure '${wanted}' in environment '${environment}'`,
        whatExists(wanted, namesOf(all), 'infrastructure'),
      );
    } else if (!fitting.includes(found)) {
      report(
        ['infrastructure'],
        `the infrastructure '${wanted}' is not for the service '${service}'`,
        `Name the service in its services:, or choose another. For this one: ${namesOf(fitting).join(', ') || 'none'}.`,
      );
    }
    return wanted;
  }
  if (fitting.length === 1) return fitting[0]?.name ?? null;
  const mend =
    fitting.length === 0
      ? `Add one to environments.${environment}.infrastructure.`
      : `Add infrastructure: with one of ${namesOf(fitting).join(', ')}.`;
  const reason = fitting.length === 0 ? 'has none for it' : `has ${fitting.length} for it`;
  report(['environment'], `the infrastructure is not named, and the environment '${environment}' ${reason}`, mend);
  return null;
}

function hostNames(workflow: Entity<'workflow'>, catalog: Catalog, chosen: Chosen): readonly string[] | null {
  if (chosen.environment === null || chosen.infrastructure === null) return null;
  const all = infrastructuresOf(catalog, workflow.application, chosen.environment);
  return all.find((each) => each.name === chosen.infrastructure)?.spec.hosts.map((host) => host.name) ?? null;
}

function validateHosts(workflow: Entity<'workflow'>, catalog: Catalog, chosen: Chosen, report: Report): void {
  const { spec } = workflow;
  if (spec.type === 'rolling' && spec.hosts !== undefined) {
    report(
      ['hosts'],
      'a rolling workflow goes over every host of the infrastructure',
      'Write batch: for how many at a time.',
      'key',
    );
  }
  if (spec.type === 'basic' && spec.batch !== undefined) {
    report(
      ['batch'],
      'batches belong to rolling workflows',
      'Write type: rolling, or hosts: instead of batch:.',
      'key',
    );
  }
  const existing = hostNames(workflow, catalog, chosen);
  if (typeof spec.hosts !== 'object' || existing === null) return;
  spec.hosts.forEach((host, index) => {
    if (!existing.includes(host)) {
      report(['hosts', index], `there is no host '${host}'`, whatExists(host, existing, 'host'));
    }
  });
}

function validateSections(
  sections: Readonly<Record<string, LongSection>>,
  field: 'sections' | 'rollback',
  known: readonly { readonly name: string }[],
  rules: Omit<SectionRules, 'unknownHere'>,
  report: Report,
): void {
  const names = known.map((each) => each.name);
  for (const [name, section] of Object.entries(sections)) {
    const path: Path = [field, name];
    if (!names.includes(name)) {
      const near = nearest(name, names);
      const list = `Sections here: ${names.join(', ')}.`;
      report(path, `there is no section '${name}'`, near === null ? list : `Did you mean '${near}'?`, 'key');
      continue;
    }
    const selectNodes = field === 'sections' ? 'allowed' : 'refused';
    validateSection(section, path, { ...rules, selectNodes }, report);
  }
}

/** At most one Select Nodes, and before the first command (orchestration 3.6). */
function validateSelection(spec: LongWorkflow, report: Report): void {
  const shortcut = spec.type === 'rolling' ? 'batch' : 'hosts';
  const places: { path: Path; key: string }[] = [];
  for (const { name } of FORWARD_SECTIONS) {
    (spec.sections?.[name]?.steps ?? []).forEach((step, index) => {
      const key = 'select-nodes' in step ? 'select-nodes' : 'command' in step ? 'command' : null;
      if (key !== null) places.push({ path: ['sections', name, 'steps', index], key });
    });
    const generated = spec.sections?.[name]?.steps === undefined;
    if (generated && name === 'Prepare Infra') places.push({ path: [shortcut], key: 'select-nodes' });
    if (generated && name === 'Deploy Service') places.push({ path: ['service'], key: 'command' });
  }
  const [first, ...more] = places.filter((each) => each.key === 'select-nodes');
  for (const { path } of more) {
    if (path.length > 1)
      report(path, 'hosts are selected once in a phase, and they have been before', 'Keep one select-nodes.');
  }
  const written = spec.sections?.['Prepare Infra']?.steps;
  if (written !== undefined && spec[shortcut] !== undefined) {
    report([shortcut], `'${shortcut}' and the section 'Prepare Infra' say the same`, 'Keep one of the two.', 'key');
  }
  const command = places.find((each) => each.key === 'command');
  if (command === undefined) return;
  if (first === undefined) {
    report(
      ['sections', 'Prepare Infra'],
      'no step selects the hosts that commands run on',
      'Add a step select-nodes: { percent: 100 }.',
    );
  } else if (places.indexOf(command) < places.indexOf(first)) {
    report(command.path, 'the command comes before the hosts are selected', 'Select the hosts in Prepare Infra.');
  }
}

/** Docker has no Install of its own: a workflow that would install nothing is unfinished. */
function validateInstalls(
  spec: LongWorkflow,
  service: string | null,
  commands: readonly string[] | null,
  report: Report,
): void {
  if (service === null || commands === null || commands.includes('Install')) return;
  if ((spec.sections?.['Deploy Service']?.steps ?? []).length > 0) return;
  report(
    ['service'],
    `the service '${service}' has no command Install, so the workflow would install nothing`,
    'Add commands: { Install: [docker-stop: …, docker-start: …] } to the service, or steps to the section Deploy Service.',
  );
}
