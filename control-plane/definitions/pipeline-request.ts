/** What a request to start a pipeline means: its inputs, and for each member of a stage the requests of its workflow. */
import type { Failure } from '@fairlead/proto/model/failure.ts';
import { applicationsOf, entitiesOf, findEntity, namesOf, type Catalog, type Entity } from './catalog.ts';
import { completePipeline, type CompletePipeline, type CompleteStage } from './complete-pipeline.ts';
import { own } from './json-values.ts';
import { whatExists } from './nearest.ts';
import { completePipelineInputs, infrastructureInput, inputsForStage, pipelineVariable } from './pipeline-inputs.ts';
import { chooseValue } from './choose-inputs.ts';
import type { DeploymentRequest } from './plan-request.ts';
import { refuse } from './refuse.ts';

export type Member = CompleteStage['members'][number];

/** Null: it is a workflow that is meant (or nothing that exists, which planning the workflow tells). */
export type Deployable =
  | { readonly ok: true; readonly pipeline: ChosenPipeline | null }
  | { readonly ok: false; readonly failures: readonly Failure[] };

export interface ChosenPipeline {
  readonly application: Entity<'application'>;
  readonly pipeline: Entity<'pipeline'>;
  readonly complete: CompletePipeline;
}

/** People start workflows and pipelines by the same command: names are unique over both. */
export function chooseDeployable(catalog: Catalog, { application: wanted, name }: DeploymentRequest): Deployable {
  const applications = applicationsOf(catalog);
  const application =
    wanted === undefined && applications.length === 1
      ? applications[0]
      : applications.find((each) => each.name === wanted || each.id === wanted);
  if (application === undefined) return { ok: true, pipeline: null };
  const pipelines = entitiesOf(catalog, 'pipeline', application.name);
  if (pipelines.length === 0) return { ok: true, pipeline: null };
  const workflows = entitiesOf(catalog, 'workflow', application.name);
  const names = [...namesOf(workflows), ...namesOf(pipelines)];
  if (name === undefined) {
    const reason = `there are ${workflows.length} workflows and ${pipelines.length} pipelines`;
    return { ok: false, failures: [refuse('name', reason, `Name one of ${names.join(', ')}.`, names)] };
  }
  const pipeline = pipelines.find((each) => each.name === name || each.id === name);
  if (pipeline !== undefined) {
    const complete = completePipeline(pipeline.spec, catalog, application.name);
    return { ok: true, pipeline: { application, pipeline, complete } };
  }
  if (workflows.some((each) => each.name === name || each.id === name)) return { ok: true, pipeline: null };
  const mend = whatExists(name, names, 'workflow');
  return { ok: false, failures: [refuse('name', `there is no workflow or pipeline '${name}'`, mend, names)] };
}

/** One value for each input of the pipeline; what is wrong goes to `failures`. */
export function choosePipelineInputs(
  catalog: Catalog,
  { application, pipeline }: ChosenPipeline,
  given: Readonly<Record<string, string>>,
  failures: Failure[],
): Readonly<Record<string, string>> {
  const inputs = completePipelineInputs(pipeline.spec, catalog, application.name);
  const names = Object.keys(inputs);
  for (const name of Object.keys(given)) {
    if (own(inputs, name) !== undefined) continue;
    const reason = `the pipeline '${pipeline.name}' has no input '${name}'`;
    failures.push(refuse(`variables.${name}`, reason, whatExists(name, names, 'input'), names));
  }
  const values: Record<string, string> = {};
  for (const [name, input] of Object.entries(inputs)) {
    const value = chooseValue(name, input, own(given, name), failures);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** One start of the workflow of a member: several where it runs once per infrastructure. */
export interface Copy {
  readonly request: DeploymentRequest;
  /** Shown in parentheses; null when there is only one. */
  readonly infrastructure: string | null;
}

/** `answers`: what a person gave when the stage was reached. */
export function copiesOf(
  catalog: Catalog,
  chosen: ChosenPipeline,
  member: Member,
  values: Readonly<Record<string, string>>,
  answers: Readonly<Record<string, string>> = {},
): readonly Copy[] {
  const workflow = workflowOf(catalog, chosen, member);
  if (workflow === undefined) return [];
  const variables: Record<string, string> = { ...valuesOfMember(member, values), ...answers };
  const application = chosen.application.name;
  const request = (more: Readonly<Record<string, string>>): DeploymentRequest => ({
    application,
    name: workflow.name,
    variables: { ...variables, ...more },
  });
  const input = infrastructureInput(workflow.spec);
  const listed = input === null ? [] : (own(variables, input) ?? '').split(',').map((each) => each.trim());
  const wanted = member.infrastructures ?? listed.filter((each) => each !== '');
  if (input === null || (wanted.length < 2 && member.infrastructures === undefined)) {
    return [{ request: request({}), infrastructure: null }];
  }
  return [...new Set(wanted)].map((each) => ({ request: request({ [input]: each }), infrastructure: each }));
}

export const workflowOf = (
  catalog: Catalog,
  { application }: ChosenPipeline,
  { workflow }: Member,
): Entity<'workflow'> | undefined =>
  workflow === undefined ? undefined : findEntity(catalog, 'workflow', application.name, workflow);

/** Literals, and what the inputs of the pipeline were given. */
export function valuesOfMember(
  member: Member,
  values: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const known = Object.entries(member.variables ?? {}).flatMap(([name, value]) => {
    const variable = pipelineVariable(value);
    const meant = variable === null ? value : own(values, variable);
    return meant === undefined ? [] : [[name, meant] as const];
  });
  return Object.fromEntries(known);
}

/** Values that a stage lacks, which makes the pipeline incomplete (orchestration 6.7). */
export function missingValues(
  catalog: Catalog,
  chosen: ChosenPipeline,
  member: Member,
  values: Readonly<Record<string, string>>,
): readonly Failure[] {
  const workflow = workflowOf(catalog, chosen, member);
  if (workflow === undefined) return [];
  const known = valuesOfMember(member, values);
  const asked = new Set(member.ask?.variables);
  const copied = member.infrastructures === undefined ? null : infrastructureInput(workflow.spec);
  return Object.entries(inputsForStage(workflow.spec)).flatMap(([name, input]) => {
    const given = (own(known, name) ?? input.default ?? '') !== '' || asked.has(name) || name === copied;
    // A value that the pipeline itself is asked for has been told already.
    const named = own(member.variables ?? {}, name) !== undefined;
    if (!input.required || given || named) return [];
    const reason = `the pipeline is incomplete: in stage '${member.name}' the input '${name}' of '${workflow.name}' has no value`;
    const mend = `Add variables: { ${name}: … } to the stage, or ask for it there.`;
    return [refuse(`stages.${member.name}.variables.${name}`, reason, mend)];
  });
}
