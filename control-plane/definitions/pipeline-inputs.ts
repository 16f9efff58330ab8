/** Inputs of a pipeline: the declared ones, and those that `${NAME}` as a value in a stage makes. */
import { findEntity, type Catalog } from './catalog.ts';
import { own } from './json-values.ts';
import type { LongWorkflow } from './long-form.ts';
import type { LongMember, LongPipeline } from './long-pipeline.ts';
import { IMPLICIT_INFRASTRUCTURE } from './choose-inputs.ts';
import { completeInput, completeInputsOf, templatized, type CompleteInput } from './workflow-inputs.ts';

/** `${NAME}` alone names an input of the pipeline. */
export const pipelineVariable = (value: string): string | null =>
  /^\$\{\s*([A-Za-z0-9_]+)\s*\}$/.exec(value)?.[1] ?? null;

/** Inputs of a workflow that a stage can give a value, the implied one included. */
export function inputsForStage(workflow: LongWorkflow): Readonly<Record<string, CompleteInput>> {
  const inputs = completeInputsOf(workflow);
  const implied = workflow.infrastructure === undefined && templatized(workflow.environment ?? '') !== null;
  if (!implied || own(inputs, IMPLICIT_INFRASTRUCTURE) !== undefined) return inputs;
  return { ...inputs, [IMPLICIT_INFRASTRUCTURE]: { type: 'infrastructure', required: false } };
}

/** The input that chooses the infrastructure; null when there is none, or more than one. */
export function infrastructureInput(workflow: LongWorkflow): string | null {
  const names = Object.entries(inputsForStage(workflow)).filter(([, { type }]) => type === 'infrastructure');
  const [only, ...others] = names;
  return only === undefined || others.length > 0 ? null : only[0];
}

export const membersOf = (pipeline: LongPipeline): readonly LongMember[] =>
  pipeline.stages.flatMap((stage) => stage.members);

/** One value per execution and name, shared by every stage that names it. */
export function completePipelineInputs(
  pipeline: LongPipeline,
  catalog: Catalog,
  application: string,
): Readonly<Record<string, CompleteInput>> {
  const made = new Map<string, CompleteInput>();
  for (const { workflow, variables = {}, skip } of membersOf(pipeline)) {
    const entity = workflow === undefined ? undefined : findEntity(catalog, 'workflow', application, workflow);
    const inputs = entity === undefined ? {} : inputsForStage(entity.spec);
    for (const [name, value] of Object.entries(variables)) {
      const variable = pipelineVariable(value);
      if (variable === null) continue;
      const { default: initial, fixed: _, ...input } = own(inputs, name) ?? { type: 'text', required: false };
      const required = input.required && initial === undefined && skip !== 'always';
      const known = made.get(variable);
      made.set(variable, { ...input, ...known, required: required || known?.required === true });
    }
  }
  const declared = Object.entries(pipeline.inputs ?? {}).map(([name, input]): [string, CompleteInput] => {
    const from = made.get(name);
    const type = input.type ?? from?.type ?? 'text';
    return [name, { ...from, ...input, type, required: input.required ?? from?.required ?? false }];
  });
  const all = new Map([...made, ...declared]);
  return Object.fromEntries([...all].map(([name, input]) => [name, completeInput(input)]));
}
