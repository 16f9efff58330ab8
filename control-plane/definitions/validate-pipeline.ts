/** What is wrong with a pipeline. A value that is missing makes it incomplete, which is told when it is deployed. */
import { family, pending, references, scope, type Scope } from '@fairlead/proto/expressions/index.ts';
import { findEntity, type Catalog, type Entity } from './catalog.ts';
import { accountScope, allSteps } from './check-scope.ts';
import { completeStages } from './complete-pipeline.ts';
import { MEMBERS } from './family-members.ts';
import { isJsonObject, own } from './json-values.ts';
import type { LongMember, LongPipeline } from './long-pipeline.ts';
import { readStep } from './normalize-steps.ts';
import { completePipelineInputs, inputsForStage, pipelineVariable } from './pipeline-inputs.ts';
import type { Path, Report } from './problem.ts';
import { validateDeclared } from './validate-inputs.ts';
import { validateMember, type Place } from './validate-member.ts';

export function validatePipeline(pipeline: Entity<'pipeline'>, catalog: Catalog, report: Report): void {
  const { spec, application, name } = pipeline;
  if (findEntity(catalog, 'workflow', application, name) !== undefined) {
    report([], `a workflow is called '${name}' too`, 'Rename one of them: both are started by their names.', 'key');
  }
  const inputs = completePipelineInputs(spec, catalog, application);
  validateDeclared(inputs, spec.inputs ?? {}, report);
  for (const [name, { default: value = '' }] of Object.entries(inputs)) {
    // A stage gives it to its workflow, as a person would.
    if (references(value).length === 0) continue;
    report(['inputs', name, 'default'], 'values of inputs are not evaluated', 'Write the value itself, without ${…}.');
  }
  const place = { pipeline, catalog, within: scopeOfPipeline(pipeline, catalog), report };
  forEachMember(spec, (member, path) => validateMember(place, member, path));
  validateNames(spec, report);
  validateEnvironments(place);
  validatePublished(spec, report);
}

function forEachMember(spec: LongPipeline, visit: (member: LongMember, path: Path) => void): void {
  spec.stages.forEach((stage, index) =>
    stage.members.forEach((member, number) => visit(member, ['stages', index, 'members', number])),
  );
}

function validateNames(spec: LongPipeline, report: Report): void {
  const seen = new Set<string>();
  completeStages(spec.stages).forEach(({ name }, index) => {
    if (seen.has(name)) {
      report(
        ['stages', index],
        `two stages are called '${name}'`,
        'Rename one of them: a stage is resumed by its name.',
      );
    }
    seen.add(name);
  });
}

/** At most one environment expression over all stages (orchestration 5.5). */
function validateEnvironments({ pipeline, catalog, report }: Place): void {
  let first: string | null = null;
  forEachMember(pipeline.spec, (member, path) => {
    const workflow = findEntity(catalog, 'workflow', pipeline.application, member.workflow ?? '');
    const inputs = workflow === undefined ? {} : inputsForStage(workflow.spec);
    for (const [name, value] of Object.entries(member.variables ?? {})) {
      const variable = own(inputs, name)?.type === 'environment' ? pipelineVariable(value) : null;
      if (variable === null) continue;
      first ??= variable;
      if (variable === first) continue;
      const reason = 'a pipeline may have one environment expression over all its workflows';
      report(
        [...path, 'variables', name],
        `${reason}: \${${first}} came first`,
        `Write \${${first}}, or an environment.`,
      );
    }
  });
}

/** Names of approvals must differ, or one would hide the other (12.6). */
function validatePublished(spec: LongPipeline, report: Report): void {
  const seen = new Set<string>();
  forEachMember(spec, ({ approval }, path) => {
    const name = approval?.publish;
    if (name === undefined) return;
    if (seen.has(name)) {
      report([...path, 'approval', 'publish'], `another approval publishes as '${name}'`, 'Choose another name.');
    }
    seen.add(name);
  });
}

/** What an assertion may read: the pipeline itself, and what its earlier stages publish for all of it. */
function scopeOfPipeline({ spec, application }: Entity<'pipeline'>, catalog: Catalog): Scope {
  const published = spec.stages.flatMap((stage) =>
    stage.members.flatMap((member) => publishedBy(member, catalog, application)),
  );
  const inputs = Object.keys(completePipelineInputs(spec, catalog, application));
  const names = (of: readonly string[]) => Object.fromEntries(of.map((name) => [name, pending]));
  const closed = (of: readonly string[]) => family(names(of), { closed: true });
  return scope([
    {
      // Read by their names alone, too.
      context: closed(published),
      account: accountScope(catalog),
      app: family({ ...names(MEMBERS.app), defaults: pending }, { closed: true }),
      pipeline: family({ ...names(MEMBERS.pipeline), variables: closed(inputs) }, { closed: true }),
      ...names(['workflow', 'deploymentUrl', 'deploymentTriggeredBy', 'timestampId']),
    },
  ]);
}

/** Names under which all of the pipeline sees something of the member. */
export function publishedBy(
  { approval, workflow }: LongMember,
  catalog: Catalog,
  application: string,
): readonly string[] {
  if (approval !== undefined) return approval.publish === undefined ? [] : [approval.publish];
  const entity = workflow === undefined ? undefined : findEntity(catalog, 'workflow', application, workflow);
  if (entity === undefined) return [];
  return allSteps(entity.spec).flatMap((step) => {
    const publish = readStep(step)?.parameters['publish'];
    return isJsonObject(publish) && publish['scope'] === 'pipeline' ? [String(publish['name'])] : [];
  });
}
