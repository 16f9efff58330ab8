import { z } from 'zod';
import { STEP_TYPES } from '@fairlead/proto/steps/index.ts';
import { SWAP_STEPS } from './schema-swap-steps.ts';
import { amount, duration, EXPRESSION, name, nonEmpty, scalar, stepPublishName, text, variableName } from './fields.ts';
import { approvalFields, askedScript } from './approval-fields.ts';
import { keyedSchema, type Keyed } from './keyed.ts';
import { provisionStep } from './provisioner.ts';

const publish = z.union([
  stepPublishName,
  z.strictObject({ name: stepPublishName, scope: z.enum(['phase', 'workflow', 'pipeline']).optional() }),
]);

/** Nothing is known yet that an expression could mean the same by in every workflow. */
const identifier = z
  .string()
  .min(1, 'the identifier is empty | Write a word that all who meet there use.')
  .max(128, 'at most 128 characters | Write less.')
  .regex(/^[^$]*$/, 'an identifier is plain text, without expressions | Write the same word in every workflow.');

const FIELDS: Readonly<
  Record<string, { readonly short: string | null; required: readonly string[]; fields: Keyed['fields'] }>
> = {
  'select-nodes': {
    short: null,
    required: [],
    fields: {
      count: z.union([z.number().int().min(1, 'at least one is needed | Write 1 or more.'), z.string()]),
      percent: amount,
      hosts: nonEmpty(text),
      group: text.describe('A group of the infrastructure.'),
      exclude: z.boolean().describe('Hosts chosen here are not offered to later phases.'),
    },
  },
  command: { short: 'command', required: ['command'], fields: { command: name } },
  script: {
    short: 'script',
    required: ['script'],
    fields: {
      script: text,
      shell: z.enum(['bash', 'sh']),
      on: z.enum(['agent', 'hosts']).describe('On the agent, or on each selected host.'),
      in: text.describe('Working directory.'),
      outputs: z.union([nonEmpty(variableName), z.record(variableName, z.enum(['string', 'secret']))]),
      publish,
    },
  },
  collect: {
    short: 'service',
    required: ['service'],
    fields: {
      service: text.describe('Name of a service, or ${Service} to be asked for it.'),
      build: text.describe('Which build; the newest when left out.'),
      within: duration.describe('How long to keep looking until it is there.'),
      publish,
    },
  },
  provision: {
    short: 'provisioner',
    required: ['provisioner'],
    fields: { provisioner: name, ...provisionStep },
  },
  http: {
    short: 'url',
    required: ['url'],
    fields: {
      url: text,
      method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']),
      headers: z.record(z.string(), scalar),
      body: text,
      assert: text.describe('A condition over httpResponseCode, httpResponseBody and httpResponseMethod.'),
      variables: z.record(variableName, z.string()),
      publish,
      retryFor: duration,
    },
  },
  guard: {
    short: 'constraint',
    required: ['constraint'],
    fields: {
      constraint: name.describe('Name of a guard of the account.'),
      permits: z
        .union([z.number().int().min(1, 'at least one permit | Write 1 or more.'), z.string().regex(EXPRESSION)])
        .describe('How much of its capacity; 1 when left out.'),
      unit: text.describe('What the guard is counted for, such as ${infra.name}; one for all when left out.'),
      scope: z.enum(['phase', 'workflow', 'pipeline']).describe('With whose end they are given back.'),
    },
  },
  barrier: {
    short: 'identifier',
    required: ['identifier'],
    fields: { identifier: identifier.describe('Workflows of one stage with the same identifier meet there.') },
  },
  'idle-group': { short: null, required: [], fields: { publish } },
  ...SWAP_STEPS,
  approval: { short: null, required: ['groups'], fields: { ...approvalFields, publish } },
  'approval-script': {
    short: 'script',
    required: ['script'],
    fields: { ...askedScript, publish },
  },
};

/** Every step of the catalog, with its parameters in the words and units of the language. */
export const STEPS: readonly Keyed[] = STEP_TYPES.map((type): Keyed => {
  const row = FIELDS[type.key];
  if (row === undefined) throw new Error(`the language has no words for the step ${type.key}`);
  return { key: type.key, summary: type.summary, ...row };
});

export const STEP_COMMON = {
  name: name.describe('Shown everywhere; by default the kind of step.'),
  timeout: duration,
  wait: duration.describe('Waited before the step starts.'),
  skip: z.union([z.string(), z.boolean()]).describe('A condition; true skips the step.'),
  agents: z.union([text, nonEmpty(text)]).describe('Selectors its agent must carry, all of them.'),
  infrastructureAgents: z
    .boolean()
    .describe('With agents: its agent carries those of the infrastructure, too, which alone count otherwise.'),
  withPrevious: z.boolean().describe('Starts together with the step before it.'),
  cancelGrace: duration.describe('Between asking the work to stop and killing it.'),
  artifact: z.enum(['current', 'rollback', 'none']).describe('Which artifact its scripts see.'),
  allPhases: z
    .boolean()
    .describe(
      'In a rollback: takes back all phases of its service and infrastructure at once; those after it do nothing.',
    ),
};
export const STEP_COMMON_FIELDS: readonly string[] = Object.keys(STEP_COMMON);
export const step = keyedSchema(STEPS, STEP_COMMON).meta({ id: 'step' });
