import type { StageRunView, StageView } from '@fairlead/proto/live.ts';
import { STATUS_NAMES } from '@fairlead/proto/model/status.ts';
import { z } from 'zod';
import { time } from './waiting-schema.ts';

const stageRunView = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(STATUS_NAMES),
  startedAt: time.nullable(),
  endedAt: time.nullable(),
  takenOver: z.boolean().describe('It ran in the execution that is resumed.'),
  isApproval: z.boolean(),
  note: z.string().nullable().describe('What it waits for, why it failed, or why it is skipped.'),
  until: time.nullable(),
}) satisfies z.ZodType<StageRunView>;

export const stageView = z
  .object({
    id: z.string(),
    name: z.string(),
    takesBack: z.string().nullable().describe('The stage whose runs it takes back.'),
    runs: z.array(stageRunView).readonly(),
  })
  .meta({ id: 'Stage' }) satisfies z.ZodType<StageView>;
