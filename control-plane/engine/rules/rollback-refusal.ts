/** What of a run decides whether it can be taken back while it runs (orchestration 10.5). */
import { rollbackRefusal } from '@fairlead/proto/steps/platforms.ts';
import type { Execution, Run } from '../execution.ts';
import type { RunPlan } from '../plan.ts';
import { planOfRun } from '../plan-of.ts';
import { undoOfPre } from '../undo-pre.ts';
import { openAttempts } from '../open-attempts.ts';

/** Null: it can. */
export function refusalOf(plan: RunPlan): string | null {
  if (plan.undoing === true) return 'it is a rollback itself, and that is never rolled back; it can be aborted';
  for (const { deploymentType } of plan.phases) {
    const refusal = rollbackRefusal(deploymentType, plan.type, 'running');
    if (refusal !== null) return refusal;
  }
  return null;
}

/** It waits for its lock, and nothing was provisioned: there is nothing to go back from. */
export const onlyQueues = (execution: Execution, run: Run): boolean =>
  (run.lock?.state === 'REQUESTED' || run.lock?.state === 'QUEUED') &&
  openAttempts(run).length === 0 &&
  undoOfPre(planOfRun(execution, run), run) === null;
