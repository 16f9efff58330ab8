import { provisionersOf, type Catalog, type Entity } from './catalog.ts';
import { placeScope, type Place } from './check-scope.ts';
import { completeWorkflow } from './complete.ts';
import type { LongSection, LongWorkflow } from './long-form.ts';
import { WITH_PROVISIONERS } from './provisioned-hosts.ts';
import { phasesOf } from './phases.ts';
import { pathText, type Path, type Report } from './problem.ts';
import { validateBuild } from './validate-build.ts';
import { validateAllPhases, validateBarriers, validateGuards } from './validate-flow.ts';
import { validateInputs } from './validate-inputs.ts';
import { validatePhase } from './validate-phase.ts';
import { validateValues } from './validate-service.ts';
import { resolveEnvironment, resolveSettings, type Reports } from './validate-settings.ts';
import { validateShape } from './validate-shape.ts';
import { validateSection, validateSelected, type SectionRules } from './validate-steps.ts';
import { validateStrategies } from './validate-strategies.ts';

const NOT_CHOSEN = {
  roots: ['service', 'serviceVariable', 'configFile', 'artifact', 'rollbackArtifact', 'infra', 'instance', 'host'],
  why: 'service and hosts belong to the deployment itself',
};

export function validateWorkflow(workflow: Entity<'workflow'>, catalog: Catalog, report: Report): void {
  // What a draft lacks is told when it is deployed.
  check(workflow, catalog, { report, missing: workflow.spec.draft === true ? () => undefined : report });
}

/** Everything that a draft still lacks, each with its mend. */
export function missingIn(workflow: Entity<'workflow'>, catalog: Catalog): readonly Missing[] {
  const all: Missing[] = [];
  const missing: Report = (path, reason, mend) => {
    all.push({ path: pathText(path), reason, mend });
  };
  check(workflow, catalog, { report: () => undefined, missing });
  return all;
}

export interface Missing {
  readonly path: string;
  readonly reason: string;
  readonly mend: string;
}

function check(workflow: Entity<'workflow'>, catalog: Catalog, raw: Reports): void {
  const { spec, application, name } = workflow;
  const { report, missing } = { report: once(raw.report), missing: once(raw.missing) };
  const reports: Reports = { report, missing };
  const somewhere = spec.type === 'build' ? undefined : null;
  const anywhere = { service: somewhere, environment: somewhere, infrastructure: somewhere };
  validateInputs(spec, placeScope({ catalog, application, workflow: { name, spec }, ...anywhere }), report);
  validateBarriers(spec, report);
  validateAllPhases(spec, report);
  validateGuards(spec, catalog, report);
  validateShape(spec, reports);
  if (spec.type === 'build') return validateBuild(workflow, catalog, reports);
  validateStrategies(spec.onFailure ?? [], ['onFailure'], 'workflow', [], report);
  const environment = resolveEnvironment(workflow, catalog, reports);
  for (const phase of phasesOf(spec)) {
    const settings = resolveSettings(phase, environment, workflow, catalog, reports);
    const { serviceVariables } = phase;
    const within = placeScope({ catalog, application, workflow: { name, spec }, serviceVariables, ...settings });
    validateValues(spec.serviceVariables ?? {}, ['serviceVariables'], within, report);
    const own = spec.phases?.[phase.index]?.serviceVariables;
    validateValues(own ?? {}, [...phase.path, 'serviceVariables'], within, report);
    validatePhase(phase, settings, workflow, catalog, reports);
  }
  const place = { catalog, application, environment, workflow: { name, spec } };
  validateAround(workflow, { ...place, service: undefined, infrastructure: undefined }, report);
}

/** Pre- and post-deployment steps. */
function validateAround({ spec }: Entity<'workflow'>, place: Place, report: Report): void {
  const rules: SectionRules = {
    within: placeScope(place),
    commands: [],
    selectNodes: 'refused',
    hosts: null,
    unknownHere: NOT_CHOSEN,
  };
  // Strategies name generated steps too, so they are looked at in the completed workflow.
  const complete = completeWorkflow(spec, () => null);
  const checkSection = (
    section: LongSection | undefined,
    whole: LongSection | undefined,
    path: Path,
    these = rules,
  ): void => {
    if (section === undefined) return;
    validateSection(section, path, these, report);
    validateStrategies(section.onFailure ?? [], [...path, 'onFailure'], 'around', whole?.steps ?? [], report);
    validateSelected(section, [...path, 'skip'], whole?.steps ?? [], report);
  };
  checkSection(spec.before, complete.before, ['before'], { ...rules, ...provisionersFor(spec, place) });
  checkSection(spec.after, complete.after, ['after']);
}

const provisionersFor = (spec: LongWorkflow, { catalog, application }: Place): Pick<SectionRules, 'provisioners'> =>
  WITH_PROVISIONERS.includes(spec.type) ? { provisioners: provisionersOf(catalog, application) } : {};

/** What phases have in common is looked at with each of them, and told once. */
function once(report: Report): Report {
  const told = new Set<string>();
  return (path, reason, mend, at) => {
    const key = `${pathText(path)}\n${reason}`;
    if (told.has(key)) return;
    told.add(key);
    report(path, reason, mend, at);
  };
}
