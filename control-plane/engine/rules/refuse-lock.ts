/**
 * A lock that cannot be had fails its run, by the strategies of the workflow (orchestration 8.1, scenario B13). Nothing was
 * deployed, so there is nothing to roll back but what was provisioned before. Nobody may decide to go on without the
 * lock, and nobody is asked (9.3): strategies that would are passed over.
 */
import type { Failure } from '@fairlead/proto/model/failure.ts';
import { failureType } from '@fairlead/proto/model/failure.ts';
import type { Run } from '../execution.ts';
import type { FailureAction, RunPlan } from '../plan.ts';
import { planOfRun } from '../plan-of.ts';
import type { Turn } from '../turn.ts';
import { undoOfPre } from '../undo-pre.ts';
import { abortRun } from './abort.ts';
import { startRollback } from './rollback.ts';
import { covers } from './verdict.ts';

export function refuseLock(turn: Turn, run: Run, failure: Failure): void {
  turn.emit({ event: 'LockRefused', runId: run.id, failure });
  const plan = planOfRun(turn.execution, run);
  const action = actionOn(plan, failure);
  if (action === 'ABORT') return abortRun(turn, turn.run(run.id), 'failure strategy', failure.message);
  if (undoOfPre(plan, run) === null) {
    return turn.emit({ event: 'RunEnded', runId: run.id, status: 'FAILED', failure });
  }
  const after = action === 'ROLLBACK_PROVISIONER_AFTER_PHASES' ? { provisioners: 'AFTER' as const } : {};
  startRollback(turn, run, { cause: null, actor: null, scope: 'WORKFLOW', failure, ...after });
}

const PASSED_OVER: ReadonlySet<FailureAction> = new Set(['RETRY', 'IGNORE', 'MARK_SUCCESS', 'MANUAL_INTERVENTION']);

const actionOn = ({ failureStrategies }: RunPlan, failure: Failure): FailureAction =>
  failureStrategies.find(
    (each) => each.scope === 'WORKFLOW' && !PASSED_OVER.has(each.action) && covers(each, failureType(failure)),
  )?.action ?? 'ROLLBACK_WORKFLOW';
