import { findEntity, infrastructuresOf, type Catalog, type Entity } from './catalog.ts';
import { placeScope } from './check-scope.ts';
import { checkText } from './check-text.ts';
import { completePhase, completeService } from './complete.ts';
import type { LongSection } from './long-form.ts';
import { nearest, whatExists } from './nearest.ts';
import { readStep } from './normalize-steps.ts';
import type { PhaseSource } from './phases.ts';
import { lacksProvisioner } from './provisioned-hosts.ts';
import type { Path, Report } from './problem.ts';
import type { Generator } from './sections/generator.ts';
import { deploymentTypeOf, generatorOf, typesFor } from './sections/index.ts';
import { infrastructureOf, type Reports, type Settings } from './validate-settings.ts';
import { validateSwap } from './validate-swap.ts';
import { validateSection, validateSelected, type SectionRules } from './validate-steps.ts';
import { validateStrategies } from './validate-strategies.ts';

export function validatePhase(
  phase: PhaseSource,
  settings: Settings,
  workflow: Entity<'workflow'>,
  catalog: Catalog,
  reports: Reports,
): void {
  const { application, name, spec } = workflow;
  const report: Report = (path, ...what) => reports.report([...phase.path, ...path], ...what);
  const missing: Report = (path, ...what) => reports.missing([...phase.path, ...path], ...what);
  const service = settings.service === null ? null : findEntity(catalog, 'service', application, settings.service);
  const complete = service === null || service === undefined ? service : completeService(service.spec);
  const deployment = service == null ? 'ssh' : deploymentTypeOf(service.spec);
  const generator = generatorOf(spec.type, deployment);
  if (generator === undefined) {
    const types = typesFor(deployment).join(', ');
    reports.report(['type'], `there is no ${spec.type} for services of type ${deployment}`, `Choose one of ${types}.`);
    return;
  }
  const infrastructure = infrastructureOf(application, settings, catalog);
  const { serviceVariables } = phase;
  const forward: SectionRules = {
    within: placeScope({ catalog, application, workflow: { name, spec }, serviceVariables, ...settings }),
    commands: complete == null ? null : Object.keys(complete.commands),
    selectNodes: 'refused',
    hosts: infrastructure?.hosts?.map((host) => host.name) ?? null,
    agents: infrastructure?.agents ?? [],
  };
  validateHosts(phase, forward, report);
  validateProvisioned(phase, settings, workflow, catalog, reports);
  validateSwap(phase, settings, service?.spec ?? null, { catalog, application }, report);
  if (phase.verify !== undefined) {
    validateSection({ steps: phase.verify }, ['verify'], forward, report, []);
    if (phase.sections?.[generator.verifies]?.steps !== undefined) {
      const reason = `'verify' and the section '${generator.verifies}' say the same`;
      report(['verify'], reason, 'Keep one of the two.', 'key');
    }
  }
  validateSections(phase.sections ?? {}, 'sections', generator.forward, forward, report);
  validateSections(phase.rollback ?? {}, 'rollback', generator.rollback, forward, report);
  validateSelection(phase, generator, report, missing);
  const { commands } = forward;
  if (service != null && commands !== null) {
    validateInstalls(phase, generator, { service: service.name, commands }, reports.missing);
  }
  const whole = completePhase(phase, complete ?? null);
  for (const field of ['sections', 'rollback'] as const) {
    for (const [section, each] of Object.entries(whole[field])) {
      const place = field === 'rollback' ? 'rollback' : 'phase';
      validateStrategies(each.onFailure ?? [], [field, section, 'onFailure'], place, each.steps, report);
      validateSelected(each, [field, section, 'skip'], each.steps, report);
    }
  }
}

function validateProvisioned(
  phase: PhaseSource,
  { environment, infrastructure }: Settings,
  { application, spec }: Entity<'workflow'>,
  catalog: Catalog,
  { missing }: Reports,
): void {
  if (environment === null || infrastructure === null) return;
  const found = infrastructuresOf(catalog, application, environment).find((each) => each.name === infrastructure);
  const lacking = found === undefined ? null : lacksProvisioner(spec, found);
  if (lacking !== null) missing(phase.infrastructurePath, lacking.reason, lacking.mend);
}

function validateHosts({ hosts }: PhaseSource, { hosts: existing, within }: SectionRules, report: Report): void {
  if (typeof hosts !== 'object') return;
  hosts.forEach((host, index) => {
    // What an expression comes to is known when the hosts are selected.
    if (host.includes('${')) return checkText(host, ['hosts', index], within, report);
    if (existing === null || existing.includes(host)) return;
    report(['hosts', index], `there is no host '${host}'`, whatExists(host, existing, 'host'));
  });
}

function validateSections(
  sections: Readonly<Record<string, LongSection>>,
  field: 'sections' | 'rollback',
  known: Generator['forward'],
  rules: SectionRules,
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
function validateSelection(phase: PhaseSource, generator: Generator, report: Report, missing: Report): void {
  const { selects, deploys } = generator;
  if (selects === null) return;
  const shortcut = phase.workflow.type === 'rolling' ? 'batch' : 'hosts';
  const places: { path: Path; key: string; written: boolean }[] = [];
  for (const { name } of generator.forward) {
    const steps = phase.sections?.[name]?.steps;
    (steps ?? []).forEach((step, index) => {
      const key = 'select-nodes' in step ? 'select-nodes' : 'command' in step ? 'command' : null;
      const path: Path = ['sections', name, 'steps', index];
      if (key !== null) places.push({ path, key, written: true });
      const { hosts } = (key === 'select-nodes' && readStep(step)?.parameters) || {};
      if (hosts === undefined || phase.workflow.type !== 'rolling') return;
      const reason = 'a rolling workflow goes over every host of the infrastructure, batch after batch';
      report([...path, 'select-nodes', 'hosts'], reason, 'Write count or percent: how many at a time.', 'key');
    });
    if (steps === undefined && name === selects) places.push({ path: [shortcut], key: 'select-nodes', written: false });
    if (steps === undefined && name === deploys) places.push({ path: ['service'], key: 'command', written: false });
  }
  const [first, ...more] = places.filter((each) => each.key === 'select-nodes');
  for (const { path, written } of more) {
    if (!written) continue;
    report(path, 'hosts are selected once in a phase, and they have been before', 'Keep one select-nodes.');
  }
  if (phase.sections?.[selects]?.steps !== undefined && phase[shortcut] !== undefined) {
    report([shortcut], `'${shortcut}' and the section '${selects}' say the same`, 'Keep one of the two.', 'key');
  }
  const command = places.find((each) => each.key === 'command');
  if (command === undefined) return;
  if (first === undefined) {
    const mend = 'Add a step select-nodes: { percent: 100 }.';
    missing(['sections', selects], 'no step selects the hosts that commands run on', mend);
  } else if (places.indexOf(command) < places.indexOf(first)) {
    report(command.path, 'the command comes before the hosts are selected', `Select the hosts in ${selects}.`);
  }
}

/** Docker has no Install of its own: a workflow that would install nothing is unfinished. */
function validateInstalls(
  phase: PhaseSource,
  { deploys }: Generator,
  { service, commands }: { readonly service: string; readonly commands: readonly string[] },
  missing: Report,
): void {
  if (commands.includes('Install')) return;
  if ((phase.sections?.[deploys]?.steps ?? []).length > 0) return;
  missing(
    phase.servicePath,
    `the service '${service}' has no command Install, so the workflow would install nothing`,
    `Add commands: { Install: [docker-stop: …, docker-start: …] } to the service, or steps to the section ${deploys}.`,
  );
}
