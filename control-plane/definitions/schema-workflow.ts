import { z } from 'zod';
import { amount, description, duration, name, nonEmpty, scalar, text, variableName, variableValues } from './fields.ts';
import { step } from './schema-steps.ts';
import { strategy } from './schema-strategy.ts';

const steps = z.array(step);
const condition = z.union([z.string(), z.boolean()]);
export const section = z
  .union([
    steps,
    z.strictObject({
      steps: steps.optional(),
      parallel: z.boolean().optional(),
      skip: z
        .union([condition, nonEmpty(z.strictObject({ when: condition, steps: nonEmpty(name) }))])
        .optional()
        .describe('A condition; true skips all of its steps. Or conditions for some of them, by name.'),
      wait: duration.optional(),
      onFailure: z.array(strategy).optional(),
    }),
  ])
  .meta({ id: 'section' });
export type AuthoredSection = z.infer<typeof section>;

export const INPUT_TYPES = ['text', 'number', 'email', 'service', 'environment', 'infrastructure'] as const;
export const input = z.union([
  scalar,
  z.strictObject({
    type: z.enum(INPUT_TYPES).optional(),
    description: description.optional(),
    required: z.boolean().optional(),
    default: scalar.optional().describe('Of a text: may have expressions, which are evaluated where it is used.'),
    values: nonEmpty(scalar).optional().describe('The allowed values.'),
    pattern: text.optional().describe('A regular expression (RE2) that the whole value must match.'),
    fixed: z.boolean().optional().describe('The default may not be changed.'),
    of: text.optional().describe('Service inputs: the type of service.'),
  }),
]);
export type AuthoredInput = z.infer<typeof input>;

export const WORKFLOW_WORDS = ['basic', 'rolling', 'canary', 'blue-green', 'multi-service', 'build'] as const;

const ONE_AFTER_ANOTHER = 'phases run one after the other | use several workflows in one parallel stage';
const parallelPhases = z.never({ error: () => ONE_AFTER_ANOTHER }).optional();

/** What a phase says, or the workflow itself where it has one phase. */
const phaseFields = {
  service: z.string().optional().describe('Name of a service, or ${Service} to be asked for it.'),
  infrastructure: z.string().optional().describe('Needed where the environment has several.'),
  serviceVariables: variableValues.optional().describe('Values that win over those of service and environment.'),
  hosts: z
    .union([amount, nonEmpty(text)])
    .optional()
    .describe('How many hosts (3, 25%), or which; the numbers of phases are cumulative.'),
  verify: steps.optional().describe('Steps of the section Verify Service.'),
  sections: z.record(name, section).optional().describe('Sections that differ from the generated ones, by name.'),
  rollback: z.record(name, section).optional().describe('Rollback sections that differ from the generated ones.'),
};

export const phase = z
  .strictObject({
    name: name.optional().describe('Phase 1, Phase 2 … when left out.'),
    ...phaseFields,
    parallel: parallelPhases,
    withPrevious: parallelPhases,
  })
  .meta({ id: 'phase' });
export type AuthoredPhase = z.infer<typeof phase>;

export const workflow = z.strictObject({
  description: description.optional(),
  type: z.enum(WORKFLOW_WORDS),
  draft: z.boolean().optional().describe('It may be unfinished: what is missing is told when it is deployed.'),
  environment: z.string().optional().describe('Name of an environment, or ${Environment} to be asked for it.'),
  ...phaseFields,
  inputs: z.record(variableName, input).optional().describe('Workflow variables: ${workflow.variables.NAME}.'),
  swap: z
    .enum(['traffic', 'directories'])
    .optional()
    .describe('Blue/Green: traffic between two groups of hosts (the default), or two directories of each host.'),
  batch: amount.optional().describe('Rolling: how many hosts at a time (3 or 25%).'),
  phases: z
    .array(phase)
    .optional()
    .describe('Canary, multi-service: one after the other. Service and infrastructure of the workflow are for all.'),
  collect: z
    .union([text, nonEmpty(text)])
    .optional()
    .describe('Build: services whose newest build is registered at the end, for the stages that follow.'),
  before: section.optional().describe('Canary, multi-service: steps before the deployment.'),
  after: section.optional().describe('Canary, multi-service: steps after the deployment.'),
  onFailure: z.array(strategy).optional(),
  concurrency: z
    .union([
      z.enum(['none', 'infrastructure']),
      z.strictObject({
        lock: z.enum(['none', 'infrastructure']),
        queue: z.number().int().min(0).max(1_000).optional(),
        timeout: duration.optional(),
      }),
    ])
    .optional(),
  parallel: parallelPhases,
});
export type AuthoredWorkflow = z.infer<typeof workflow>;
