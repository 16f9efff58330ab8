import { z } from 'zod';
import { text, type StepType } from './step-type.ts';

/** Everything that shell provisioners gave is read from here: `${shellScriptProvisioner.key}` (orchestration 15.4). */
export const PROVISIONED = 'shellScriptProvisioner';

const HOST_NAME = /^[^\s/@#$]+$/;
const unevaluated = z
  .string()
  .max(4_096)
  .refine((value) => !value.includes('${'), 'it holds an expression, and what a provisioner gives is never evaluated');
const plain = unevaluated.min(1);
const hostName = plain
  .max(253)
  .regex(HOST_NAME, 'a host name has no space and none of / @ # $')
  .refine((name) => name !== '-', "'-' is no name for a host");

const host = z.strictObject({
  name: hostName,
  address: plain.regex(/^\S+$/, 'an address has no space').optional(),
  port: z.number().int().min(1).max(65_535).optional(),
  hostKey: plain.optional(),
  variables: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.union([unevaluated, z.number(), z.boolean()]))
    .optional(),
});

/** What an output has to be that tells hosts: their names, or what an infrastructure would say of each. */
export const provisionedHosts = z
  .array(z.preprocess((value) => (typeof value === 'string' ? { name: value } : value), host))
  .min(1, 'it is empty')
  .max(10_000);
export type ProvisionedHost = z.output<typeof provisionedHosts>[number];

export const provisionerParameters = z.strictObject({
  /** Its name. */
  provisioner: z.string().min(1),
  action: z.enum(['PROVISION', 'DESTROY']).default('PROVISION'),
  /** For bash. What it writes as a JSON object to `$PROVISIONER_OUTPUT_PATH` is its output. */
  script: text,
  /** In the environment of the script. */
  inputs: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), text).default({}),
});
export type ProvisionerParameters = z.infer<typeof provisionerParameters>;

export const provisioner: StepType = {
  type: 'PROVISIONER',
  key: 'provision',
  title: 'Provision',
  summary: 'Runs a provisioner on the agent, before the deployment; a rollback takes it back.',
  parameters: provisionerParameters,
  shortForm: 'provisioner',
  runs: 'agent',
  idempotent: false,
  deploys: true,
  defaultTimeoutMs: 1_200_000,
  onAgent: [],
};
