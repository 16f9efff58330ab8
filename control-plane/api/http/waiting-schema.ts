import type { AskedVariable, WaitingView } from '@fairlead/proto/live.ts';
import { z } from 'zod';

/** Milliseconds since the epoch. */
export const time = z.number().describe('Milliseconds since 1970-01-01T00:00:00Z.');

const askedVariable = z
  .object({
    name: z.string(),
    type: z.enum(['text', 'number', 'email', 'service', 'environment', 'infrastructure']),
    required: z.boolean(),
    default: z.string().nullable(),
    values: z.array(z.string()).readonly().describe('Empty: any.'),
    pattern: z.string().nullable().describe('The whole value must match.'),
    description: z.string(),
  })
  .meta({ id: 'AskedVariable' }) satisfies z.ZodType<AskedVariable>;

export const waitingView = z
  .object({
    kind: z.enum(['APPROVAL', 'APPROVAL_STAGE', 'INPUTS', 'INTERVENTION']),
    id: z.string(),
    name: z.string(),
    where: z.string(),
    since: time,
    until: time,
    groups: z.array(z.string()).readonly(),
    onTimeout: z.enum(['EXPIRES', 'DEFAULTS']).nullable().describe('What follows when nobody answers.'),
    variables: z.array(askedVariable).readonly(),
    message: z.string().nullable(),
  })
  .meta({ id: 'Waiting' }) satisfies z.ZodType<WaitingView>;
