/** What executions of the simulation are to do: every slice of what plans can say, small enough to end soon. */
import type { Plan } from '../../control-plane/engine/plan.ts';
import { plan } from '../support/plans.ts';
import type { Dice } from './dice.ts';
import { pipelineFrom } from './plans/pipelines.ts';
import { workflowRun } from './plans/workflows.ts';

export function planFrom(dice: Dice, executionId: string): Plan {
  if (dice.chance(0.4)) return pipelineFrom(dice, executionId);
  const run = workflowRun(dice, 'run', { steps: 16, holdUps: 0.15, locks: 0.6 });
  return plan([run], { executionId, holds: true });
}
