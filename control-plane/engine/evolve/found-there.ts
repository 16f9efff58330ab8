/**
 * What earlier stages have put where a run goes, and what was deployed there while it waited for its lock, is what its
 * rollback goes back to, and no longer what was there when it was planned.
 */
import type { NodeId } from '@fairlead/proto/model/ids.ts';
import { changedExecution } from '../changed.ts';
import type { Execution } from '../execution.ts';
import type { FoundThere, Restored, RunPlan } from '../plan.ts';
import { withRunPlans } from './run-plan.ts';

export function withFound(execution: Execution, runId: NodeId, found: readonly FoundThere[]): Execution {
  const run = execution.runs.find((each) => each.id === runId);
  if (run === undefined) return execution;
  const { plan } = execution;
  return changedExecution(execution, { plan: withRunPlans(plan, run, (before) => [runWithFound(before, found)]) });
}

export function runWithFound(run: RunPlan, found: readonly FoundThere[]): RunPlan {
  if (found.length === 0) return run;
  const restored = restoredBy(run, found);
  const isOther = (each: Restored): boolean =>
    !restored.some(({ workflow, mapping }) => workflow === each.workflow && mapping === each.mapping);
  return {
    ...run,
    restores: [...(run.restores ?? []).filter(isOther), ...restored],
    phases: run.phases.map((phase) => {
      const there = found.find((each) => each.phaseId === phase.id);
      if (there === undefined) return phase;
      const { rollbackArtifact, family } = there;
      return { ...phase, rollbackArtifact, families: { ...phase.families, rollbackArtifact: family } };
    }),
  };
}

const restoredBy = (run: RunPlan, found: readonly FoundThere[]): readonly Restored[] =>
  found.flatMap(({ phaseId, deployedBy: executionId }) => {
    const mapping = run.phases.find((phase) => phase.id === phaseId)?.mapping ?? null;
    return mapping === null ? [] : [{ workflow: run.workflow.name, mapping, executionId }];
  });
