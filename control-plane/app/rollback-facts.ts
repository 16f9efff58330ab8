/** Who takes back what, why, and what came of it: the same words for the header, the list and the hold. */
import type { ExecutionHeader } from '@fairlead/proto/live.ts';
import { isFailed, isTerminal } from '@fairlead/proto/model/status.ts';
import type { Execution, Run } from '../engine/execution.ts';
import { backwardStages } from '../engine/rules/take-back.ts';

export function rollbackOf({ plan, runs, startedAt }: Execution): ExecutionHeader['rolledBack'] {
  if (plan.rollbackOf !== undefined) {
    return { of: plan.rollbackOf, actor: plan.actor, reason: plan.reason ?? '', at: startedAt };
  }
  const run = runs.find((each) => each.rollback !== null);
  if (run?.rollback == null) return null;
  const { actor, at } = run.rollback;
  return { of: null, actor, reason: run.failure?.message ?? '', at };
}

type Result = NonNullable<ExecutionHeader['rollback']>;

/** Of all runs that went back, and of the stages that took back earlier ones. Null: nobody has gone back. */
export function rollbackResult(execution: Execution): Result | null {
  const backward = new Set(backwardStages(execution).map((stage) => stage.id));
  const results = execution.runs.flatMap((run): readonly Result[] => {
    if (backward.has(run.stageId)) return [resultOfBackward(run)];
    return run.rollback === null ? [] : [run.rollback.result ?? 'RUNNING'];
  });
  if (results.includes('RUNNING')) return 'RUNNING';
  const [first, ...others] = new Set(results.filter((each) => each !== 'NOTHING'));
  if (first === undefined) return results[0] ?? null;
  return others.length === 0 ? first : 'PARTIAL';
}

function resultOfBackward({ status, phases }: Run): Result {
  if (!isTerminal(status)) return 'RUNNING';
  if (isFailed(status)) return phases.some((phase) => phase.status === 'SUCCESS') ? 'PARTIAL' : 'FAILED';
  return status === 'SUCCESS' ? 'SUCCESS' : 'NOTHING';
}
