/** Who takes back what, and why: the same words for the header, the list and the hold. */
import type { ExecutionHeader } from '@fairlead/proto/live.ts';
import type { Execution } from '../engine/execution.ts';

export function rollbackOf({ plan, runs, startedAt }: Execution): ExecutionHeader['rolledBack'] {
  if (plan.rollbackOf !== undefined) {
    return { of: plan.rollbackOf, actor: plan.actor, reason: plan.reason ?? '', at: startedAt };
  }
  const run = runs.find((each) => each.rollback !== null);
  if (run?.rollback == null) return null;
  const { actor, at } = run.rollback;
  return { of: null, actor, reason: run.failure?.message ?? '', at };
}
