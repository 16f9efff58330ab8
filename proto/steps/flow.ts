import { z } from 'zod';
import type { StepType } from './step-type.ts';

/** Runs of one stage that name the same identifier meet there, and go on together (orchestration 7). */
export const barrierParameters = z.strictObject({
  /** Plain text: it must mean the same in every workflow, before anything runs. */
  identifier: z.string().min(1),
});
export type BarrierParameters = z.infer<typeof barrierParameters>;

export const barrier: StepType = {
  type: 'BARRIER',
  key: 'barrier',
  title: 'Barrier',
  summary: 'Waits for the workflows of the same stage that have a barrier of this name; all go on together.',
  parameters: barrierParameters,
  shortForm: 'identifier',
  runs: 'decided',
  idempotent: true,
  deploys: false,
  defaultTimeoutMs: 600_000,
  onAgent: [],
};
