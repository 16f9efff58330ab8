/** Provisioners: scripts that make what a deployment needs, and take it away again (orchestration 15.4, 9.3). */
import { z } from 'zod';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import { description, duration, nonEmpty, text, variableName, variableValues } from './fields.ts';
import { compact } from './json-values.ts';
import type { Values } from './long-form.ts';
import { longDuration, longList, longValues } from './normalize-values.ts';

const script = z.string().min(1, 'the script is empty | Write the commands.');

export const provisioner = z.strictObject({
  description: description.optional(),
  inputs: variableValues
    .optional()
    .describe('In the environment of both scripts; a step may give other values to each of them.'),
  provision: script.describe('For bash. It writes its outputs as a JSON object to $PROVISIONER_OUTPUT_PATH.'),
  destroy: script.optional().describe('Takes back what provision made; without it a rollback leaves it.'),
  agents: z
    .union([text, nonEmpty(text)])
    .optional()
    .describe('Selectors its agents must carry, all of them.'),
  timeout: duration.optional(),
});
type AuthoredProvisioner = z.infer<typeof provisioner>;

export interface LongProvisioner {
  readonly description?: string;
  readonly inputs?: Values;
  readonly provision: string;
  readonly destroy?: string;
  readonly agents?: readonly string[];
  readonly timeout?: string;
}

export const longProvisioner = ({ inputs, agents, timeout, ...rest }: AuthoredProvisioner): LongProvisioner =>
  compact({
    ...rest,
    inputs: inputs && longValues(inputs),
    agents: agents === undefined ? undefined : longList(agents),
    timeout: timeout && longDuration(timeout),
  }) as LongProvisioner; // `compact` leaves out what is undefined.

const DEFAULT_TIMEOUT = '20m';

export const completeProvisioner = (spec: LongProvisioner): LongProvisioner => {
  const { description: about, inputs, provision, destroy, agents, timeout } = spec;
  return compact({
    description: about,
    inputs,
    provision,
    destroy,
    agents,
    timeout: timeout ?? DEFAULT_TIMEOUT,
  }) as LongProvisioner; // As above.
};

/** Values of the step win; it may only name inputs that there are. */
export const provisionStep = { inputs: z.record(variableName, z.union([z.string(), z.number(), z.boolean()])) };

export const inputsOf = (spec: LongProvisioner, step: JsonObject): Values => ({
  ...spec.inputs,
  ...longValues((step['inputs'] ?? {}) as Values), // The schema allows nothing else.
});
