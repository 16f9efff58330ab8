import { z } from 'zod';
import type { StepType } from './step-type.ts';

/**
 * Which hosts of the infrastructure the phase works on (orchestration 3.6). Exactly one of count, percent, hosts and
 * group; count and percent are cumulative over the phases of a workflow, and the batch size in a rolling one.
 */
export const selectNodesParameters = z.strictObject({
  count: z.union([z.number().int().positive(), z.string()]).optional(),
  percent: z.union([z.number().positive().max(100), z.string()]).optional(),
  hosts: z.array(z.string().min(1)).min(1).optional(),
  /** A group of the infrastructure: all of its hosts. */
  group: z.string().min(1).optional(),
  /** Hosts chosen here are not offered to later phases. */
  exclude: z.boolean().default(true),
});
export type SelectNodesParameters = z.infer<typeof selectNodesParameters>;

export const selectNodes: StepType = {
  type: 'SELECT_NODES',
  key: 'select-nodes',
  title: 'Select Nodes',
  summary: 'Chooses the hosts of the phase: a count, a percentage (both cumulative), a group or named hosts.',
  parameters: selectNodesParameters,
  shortForm: null,
  runs: 'decided',
  idempotent: true,
  deploys: false,
  defaultTimeoutMs: 60_000,
  onAgent: [],
};
