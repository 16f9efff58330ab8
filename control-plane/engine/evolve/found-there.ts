/**
 * What was deployed while a run waited for its lock is what its rollback goes back to, and no longer what was there when it
 * was planned.
 */
import type { NodeId } from '@fairlead/proto/model/ids.ts';
import type { Execution } from '../execution.ts';
import type { FoundThere, Restored, RunPlan } from '../plan.ts';
import { withRunPlans } from './run-plan.ts';

export function withFound(execution: Execution, runId: NodeId, found: readonly FoundThere[]): Execution {
  const run = execution.runs.find((each) => each.id === runId);
  const { plan } = execution;
  const before = plan.stages.flatMap((stage) => stage.runs).find((each) => each.id === run?.planId);
  if (run === undefined || before === undefined) return execution;
  const restored = restoredBy(before, found);
  const isOther = (each: Restored): boolean =>
    !restored.some(({ workflow, mapping }) => workflow === each.workflow && mapping === each.mapping);
  const after: RunPlan = {
    ...before,
    restores: [...(before.restores ?? []).filter(isOther), ...restored],
    phases: before.phases.map((phase) => {
      const there = found.find((each) => each.phaseId === phase.id);
      if (there === undefined) return phase;
      const { rollbackArtifact, family } = there;
      return { ...phase, rollbackArtifact, families: { ...phase.families, rollbackArtifact: family } };
    }),
  };
  const restores = plan.restores === undefined ? {} : { restores: plan.restores.filter(isOther) };
  return { ...execution, plan: { ...withRunPlans(plan, run, () => [after]), ...restores } };
}

const restoredBy = (run: RunPlan, found: readonly FoundThere[]): readonly Restored[] =>
  found.flatMap(({ phaseId, deployedBy: executionId }) => {
    const mapping = run.phases.find((phase) => phase.id === phaseId)?.mapping ?? null;
    return mapping === null ? [] : [{ workflow: run.workflow.name, mapping, executionId }];
  });
