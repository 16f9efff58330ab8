/** What is wrong with one member of a stage: the workflow it names, the values it gives, what it asks for, its copies. */
import { isVariableName, references, type Scope } from '@fairlead/proto/expressions/index.ts';
import { entitiesOf, findEntity, infrastructuresOf, namesOf, type Catalog, type Entity } from './catalog.ts';
import { checkText } from './check-text.ts';
import { checkInputValue } from './input-value.ts';
import { own } from './json-values.ts';
import type { LongWorkflow } from './long-form.ts';
import type { LongMember } from './long-pipeline.ts';
import { whatExists } from './nearest.ts';
import { infrastructureInput, inputsForStage, pipelineVariable } from './pipeline-inputs.ts';
import type { Path, Report } from './problem.ts';
import { templatized } from './workflow-inputs.ts';

export interface Place {
  readonly pipeline: Entity<'pipeline'>;
  readonly catalog: Catalog;
  readonly within: Scope;
  readonly report: Report;
}

export function validateMember(place: Place, member: LongMember, path: Path): void {
  const { pipeline, catalog, report } = place;
  const { workflow: name, skip } = member;
  if (skip !== undefined && skip !== 'always') {
    checkText(skip, [...path, 'skip'], place.within, report, { language: 'condition', unknownHere: ONLY_LATER });
  }
  validateApproval(place, member, [...path, 'approval']);
  if (name === undefined) return;
  const workflow = findEntity(catalog, 'workflow', pipeline.application, name);
  if (workflow === undefined) {
    const existing = namesOf(entitiesOf(catalog, 'workflow', pipeline.application));
    report([...path, 'workflow'], `there is no workflow '${name}'`, whatExists(name, existing, 'workflow'));
    return;
  }
  validateVariables(place, workflow, member, path);
  validateAsk(workflow, member, path, report);
  validateCopies(place, workflow, member, path);
}

function validateApproval({ within, report }: Place, { approval }: LongMember, path: Path): void {
  const { script, groups = [], agents = [], inputs = {} } = approval ?? {};
  const check = (text: string, at: Path): void => checkText(text, at, within, report, { unknownHere: ONLY_LATER });
  if (script !== undefined) check(script, [...path, 'script']);
  groups.forEach((group, index) => check(group, [...path, 'groups', index]));
  agents.forEach((selector, index) => check(selector, [...path, 'agents', index]));
  for (const [name, text] of Object.entries(inputs)) check(text, [...path, 'inputs', name]);
}

const ONLY_LATER = {
  roots: [
    'service',
    'serviceVariable',
    'artifact',
    'rollbackArtifact',
    'infra',
    'instance',
    'host',
    'env',
    'configFile',
  ],
  why: 'it is decided before the workflow of the stage has begun',
};

function validateVariables(place: Place, workflow: Entity<'workflow'>, member: LongMember, path: Path): void {
  const inputs = inputsForStage(workflow.spec);
  for (const [name, value] of Object.entries(member.variables ?? {})) {
    const at = [...path, 'variables', name];
    const input = own(inputs, name);
    if (input === undefined) {
      const mend = whatExists(name, Object.keys(inputs), 'input');
      place.report(at, `the workflow '${workflow.name}' has no input '${name}'`, mend, 'key');
      continue;
    }
    if (input.fixed === true) {
      place.report(at, `the input '${name}' of '${workflow.name}' is fixed`, 'Remove it.', 'key');
      continue;
    }
    const variable = pipelineVariable(value);
    if (variable !== null && !isVariableName(variable)) {
      place.report(at, `'${variable}' cannot be the name of an input`, 'Choose another name.');
    }
    if (variable !== null) continue;
    if (references(value).length > 0) {
      place.report(at, 'a value is literal, or one input of the pipeline alone', `Write \${${name}}, or the value.`);
      continue;
    }
    for (const { reason, mend } of checkInputValue(value, input)) place.report(at, reason, mend);
    if (input.type === 'service' || input.type === 'environment') checkEntity(place, input.type, value, at);
    if (input.type === 'infrastructure')
      for (const each of value.split(',')) checkInfrastructure(place, workflow, member, each.trim(), at);
  }
}

function checkEntity(
  { pipeline, catalog, report }: Place,
  kind: 'service' | 'environment',
  name: string,
  at: Path,
): void {
  const existing = namesOf(entitiesOf(catalog, kind, pipeline.application));
  if (!existing.includes(name)) report(at, `there is no ${kind} '${name}'`, whatExists(name, existing, kind));
}

/** In the environment of the stage, where that is known; in any otherwise. */
function checkInfrastructure(
  place: Place,
  workflow: Entity<'workflow'>,
  member: LongMember,
  name: string,
  at: Path,
): void {
  const { pipeline, catalog, report } = place;
  const environment = environmentOf(workflow.spec, member);
  if (environment !== null && findEntity(catalog, 'environment', pipeline.application, environment) === undefined)
    return;
  const existing = namesOf(
    environment === null
      ? entitiesOf(catalog, 'infrastructure', pipeline.application)
      : infrastructuresOf(catalog, pipeline.application, environment),
  );
  const where = environment === null ? 'any environment' : `environment '${environment}'`;
  if (pipelineVariable(name) !== null || existing.includes(name)) return;
  report(at, `there is no infrastructure '${name}' in ${where}`, whatExists(name, existing, 'infrastructure'));
}

/** Null: it is an input. */
function environmentOf(workflow: LongWorkflow, member: LongMember): string | null {
  const input = templatized(workflow.environment ?? '');
  if (input === null) return workflow.environment ?? null;
  const value = own(member.variables ?? {}, input);
  return value === undefined || value.includes('${') ? null : value;
}

function validateAsk(
  workflow: Entity<'workflow'>,
  { ask, variables, infrastructures }: LongMember,
  path: Path,
  report: Report,
): void {
  const inputs = inputsForStage(workflow.spec);
  ask?.variables.forEach((name, index) => {
    const at = [...path, 'ask', 'variables', index];
    const input = own(inputs, name);
    if (input === undefined) {
      const mend = whatExists(name, Object.keys(inputs), 'input');
      report(at, `the workflow '${workflow.name}' has no input '${name}'`, mend);
    } else if (input.fixed === true) report(at, `the input '${name}' of '${workflow.name}' is fixed`, 'Remove it.');
    else if (ask.variables.indexOf(name) !== index) report(at, `'${name}' is asked for twice`, 'Remove one of them.');
    else if (infrastructures !== undefined && name === infrastructureInput(workflow.spec)) {
      report(at, 'the infrastructures are named already', 'Remove it here, or remove infrastructures.');
    } else if (
      ask.onTimeout === 'defaults' &&
      input.required &&
      input.default === undefined &&
      own(variables ?? {}, name) === undefined
    ) {
      const mend = `Give it a value in variables, or write onTimeout: end.`;
      report(at, `'${name}' has no default that the stage could go on with`, mend);
    }
  });
}

function validateCopies(place: Place, workflow: Entity<'workflow'>, member: LongMember, path: Path): void {
  const { infrastructures } = member;
  if (infrastructures === undefined) return;
  const at = [...path, 'infrastructures'];
  const input = infrastructureInput(workflow.spec);
  if (input === null) {
    const mend = 'Write infrastructure: ${Infrastructure} in the workflow.';
    place.report(at, `the workflow '${workflow.name}' does not ask for its infrastructure`, mend, 'key');
    return;
  }
  if (own(member.variables ?? {}, input) !== undefined) {
    place.report(
      [...path, 'variables', input],
      `'${input}' and infrastructures say the same`,
      'Keep one of the two.',
      'key',
    );
  }
  infrastructures.forEach((name, index) => {
    if (infrastructures.indexOf(name) !== index) {
      place.report([...at, index], `'${name}' is named twice`, 'Remove one of them: each gets one copy.');
    } else if (name.includes('${')) {
      place.report(
        [...at, index],
        'infrastructures are names',
        `Write variables: { ${input}: \${${input}} } to be asked.`,
      );
    } else checkInfrastructure(place, workflow, member, name, [...at, index]);
  });
}
