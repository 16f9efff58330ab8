/**
 * A run that goes where an earlier stage of this execution has been goes back to what that one put there, and not past it
 * (orchestration 10.3). Nobody could know when all of it was planned whether that stage would run.
 */
import type { Execution, Run } from '../execution.ts';
import type { FoundThere, RunPlan } from '../plan.ts';
import { putThere } from '../put-there.ts';

export function foundBefore(execution: Execution, run: Run, plan: RunPlan): readonly FoundThere[] {
  // What takes something back knows since then; what was planned when it was reached was planned with it.
  if (plan.undoing === true || execution.plan.rollbackOf !== undefined || run.inputs !== null) return [];
  return plan.phases.flatMap(({ id, mapping }) => {
    const put = mapping === null ? null : putThere(execution, mapping, true);
    if (put === null) return [];
    return [{ phaseId: id, rollbackArtifact: put.artifact, family: put.family, deployedBy: put.deployedBy }];
  });
}
