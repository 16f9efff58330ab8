/** What a step gives to later ones (orchestration 4.8): the outputs of every target that succeeded. */
import { resolveTemplate } from '@fairlead/proto/expressions/index.ts';
import type { OutputScope } from '../plan.ts';
import { planOfStep } from '../plan-of.ts';
import { scopeOfTask } from '../scope.ts';
import { findStep, lastAttempt } from '../tree.ts';
import type { Turn } from '../turn.ts';

/** Under one name for all targets the last one's values stand; a name made of the instance keeps them apart. */
export function publishOutputs(turn: Turn, stepId: string): void {
  const step = findStep(turn.execution, stepId);
  const plan = planOfStep(turn.execution, stepId);
  const { publish: as } = plan;
  if (as === null || step === undefined) return;
  const { run, phase, phasePlan } = plan.of;
  const owners: Record<OutputScope, string> = { PHASE: phase.id, WORKFLOW: run.id, PIPELINE: turn.execution.id };
  for (const task of step.tasks) {
    const result = lastAttempt(task)?.result;
    if (result?.outcome !== 'SUCCESS' || result.outputs === undefined) continue;
    const host = phasePlan?.hosts.find((each) => each.name === task.target) ?? null;
    const name = resolveTemplate(as.name, scopeOfTask(turn.execution, { run, phase, step: plan, host }));
    if (name.ok && typeof name.value === 'string') {
      const values = result.outputs;
      turn.emit({ event: 'OutputsPublished', name: name.value, scope: as.scope, owner: owners[as.scope], values });
    }
  }
}
