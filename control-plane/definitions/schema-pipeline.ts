import { z } from 'zod';
import { approvalFields, askedScript } from './approval-fields.ts';
import { description, duration, name, nonEmpty, scalar, text, variableName } from './fields.ts';
import { input } from './schema-workflow.ts';

const ask = z
  .union([
    nonEmpty(variableName),
    z.strictObject({
      variables: nonEmpty(variableName),
      timeout: duration.optional(),
      onTimeout: z.enum(['end', 'defaults']).optional().describe('What happens when nobody has answered in time.'),
      groups: nonEmpty(text).optional().describe('Who is told.'),
    }),
  ])
  .describe('Variables that a person gives when the stage is reached.');
export type AuthoredAsk = z.infer<typeof ask>;

const scriptApprovalFields = {
  script: askedScript.script.optional(),
  every: askedScript.every.optional(),
  agents: z
    .union([text, nonEmpty(text)])
    .describe('Of a script: selectors its agent must carry, all of them.')
    .optional(),
};

const approval = z.strictObject({
  groups: approvalFields.groups.optional(),
  ...scriptApprovalFields,
  inputs: approvalFields.inputs.optional(),
  publish: approvalFields.publish.optional(),
  autoReject: approvalFields.autoReject.optional(),
  timeout: duration.optional(),
});
export type AuthoredApproval = z.infer<typeof approval>;

const member = z
  .strictObject({
    name: name.optional().describe('Shown everywhere; the name of the workflow when left out.'),
    workflow: name.optional(),
    approval: approval.optional().describe('Waits for a person instead of running a workflow.'),
    variables: z
      .record(variableName, scalar)
      .optional()
      .describe('Values of the inputs of the workflow: literals, or ${NAME} to make an input of the pipeline.'),
    infrastructures: nonEmpty(z.string()).optional().describe('One copy of the workflow for each, in parallel.'),
    ask: ask.optional(),
    skip: z
      .union([z.string(), z.boolean()])
      .optional()
      .describe('always, or an assertion: true skips it. Evaluated before it starts.'),
    parallel: z.boolean().optional().describe('Runs together with the stage before it.'),
  })
  .meta({ id: 'member' });
export type AuthoredMember = z.infer<typeof member>;

const members = z.array(z.union([name, member])).min(1, 'the stage is empty | Name a workflow or an approval.');
const stage = z
  .union([name, members, member, z.strictObject({ name: name.optional(), members })])
  .meta({ id: 'stage' });
export type AuthoredStage = z.infer<typeof stage>;

export const pipeline = z.strictObject({
  description: description.optional(),
  inputs: z.record(variableName, input).optional().describe('Of the pipeline; those that ${NAME} makes need no entry.'),
  stages: nonEmpty(stage).describe('One after the other; the members of a list run together.'),
  rollbackOnFailure: z
    .boolean()
    .optional()
    .describe('When a stage fails or an approval is rejected, the stages before it are rolled back.'),
});
export type AuthoredPipeline = z.infer<typeof pipeline>;
