import { z } from 'zod';
import { text, type StepType } from './step-type.ts';

/** Everything that shell provisioners gave is read from here: `${shellScriptProvisioner.key}` (orchestration 15.4). */
export const PROVISIONED = 'shellScriptProvisioner';

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
