import type { WaitingView } from '@fairlead/proto/live.ts';
import { z } from 'zod';

/** Milliseconds since the epoch. */
export const time = z.number().describe('Milliseconds since 1970-01-01T00:00:00Z.');

export const waitingView = z
  .object({
    kind: z.enum(['APPROVAL', 'APPROVAL_STAGE', 'INPUTS', 'INTERVENTION']),
    id: z.string(),
    name: z.string(),
    where: z.string(),
    since: time,
    until: time,
    groups: z.array(z.string()).readonly(),
    variables: z
      .array(
        z.object({
          name: z.string(),
          required: z.boolean(),
          default: z.string().nullable(),
          values: z.array(z.string()).readonly(),
        }),
      )
      .readonly(),
    message: z.string().nullable(),
  })
  .meta({ id: 'Waiting' }) satisfies z.ZodType<WaitingView>;
