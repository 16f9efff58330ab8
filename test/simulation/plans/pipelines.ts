/** Pipelines: stages one after the other, runs of a stage together, approvals between them, some of them skipped. */
import type { Plan, RunPlan, StagePlan } from '../../../control-plane/engine/plan.ts';
import { plan, runPlan, sectionPlan } from '../../support/plans.ts';
import type { Dice } from '../dice.ts';
import { approval, barrier, HOLDS } from './steps.ts';
import { workflowRun } from './workflows.ts';

export function pipelineFrom(dice: Dice, executionId: string): Plan {
  const stages = Array.from({ length: dice.between(2, 3) }, (_, index) => stageFrom(dice, index + 1));
  return plan([], { executionId, kind: 'PIPELINE', stages, rollbackOnFailure: dice.chance(0.4), holds: true });
}

function stageFrom(dice: Dice, number: number): StagePlan {
  const id = `s${number}`;
  const name = `stage ${number}`;
  if (dice.chance(0.2)) return { id, name, runs: [approvalRun(dice, `r${number}0`)] };
  const count = dice.pick([1, 2, 2, 2, 3]);
  // The same for all, or in another order: then they may wait for each other.
  const identifiers = count === 1 ? [] : dice.pick([[], ['ready'], ['ready'], ['ready', 'done']]);
  const runs = Array.from({ length: count }, (_, index): RunPlan => {
    const comesTo = dice.chance(0.85) ? identifiers : dice.pick([[], identifiers.toReversed()]);
    const meets = comesTo.map((identifier) => barrier(dice, `b${identifier}`, identifier));
    const run = workflowRun(dice, `r${number}${index}`, { steps: 9, holdUps: 0.05, meets, locks: 0.35 });
    return { ...run, skip: skipOf(dice) };
  });
  return { id, name, runs };
}

const skipOf = (dice: Dice): string | null => dice.pick([null, null, null, null, null, null, null, HOLDS, 'always']);

/** As the definitions make it: one step in `pre`, no phases. */
export const approvalRun = (dice: Dice, id: string): RunPlan =>
  runPlan([], {
    id,
    workflow: { id: '', name: `approve ${id}` },
    name: `approve ${id}`,
    type: 'APPROVAL',
    environment: null,
    pre: sectionPlan('pre', [{ ...approval(dice, 't1'), skip: null }]),
    failureStrategies: [],
  });
