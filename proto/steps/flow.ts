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

/** FIFO: in the order of asking. ASAP: the first that fits what is free. */
export const GUARD_STRATEGIES = ['FIFO', 'ASAP'] as const;
export type GuardStrategy = (typeof GUARD_STRATEGIES)[number];

export const resourceConstraintParameters = z.strictObject({
  /** Name of the guard. */
  constraint: z.string().min(1),
  /** Filled in by the plan: the guard of that name as it is defined. */
  guard: z
    .strictObject({ id: z.string(), capacity: z.number().int().positive(), strategy: z.enum(GUARD_STRATEGIES) })
    .optional(),
  permits: z.union([z.number().int().positive(), z.string()]).default(1),
  /** What the guard is counted for: each value has the whole capacity. Empty: one for the whole account. */
  unit: z.string().default(''),
  /** With whose end the permits are given back. */
  scope: z.enum(['PHASE', 'WORKFLOW', 'PIPELINE']).default('WORKFLOW'),
});
export type ResourceConstraintParameters = z.infer<typeof resourceConstraintParameters>;

export const resourceConstraint: StepType = {
  type: 'RESOURCE_CONSTRAINT',
  key: 'guard',
  title: 'Resource Constraint',
  summary:
    'Takes permits of a guard, waiting until it has room, and holds them until its phase, workflow or pipeline ends.',
  parameters: resourceConstraintParameters,
  shortForm: 'constraint',
  runs: 'decided',
  idempotent: true,
  deploys: false,
  defaultTimeoutMs: 600_000,
  onAgent: [],
};
