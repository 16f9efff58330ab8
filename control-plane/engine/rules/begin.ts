/** What comes before a run starts: whether it is skipped (orchestration 6.3), and what it needs to be planned. */
import { evaluateCondition } from '@fairlead/proto/expressions/index.ts';
import type { Run } from '../execution.ts';
import type { RunPlan } from '../plan.ts';
import { scopeOfRun } from '../scope.ts';
import { planOfRun } from '../plan-of.ts';
import type { Turn } from '../turn.ts';
import { foundBefore } from './found-before.ts';
import { reach } from './late-planning.ts';

/** Skips it whatever anybody says. */
const ALWAYS = 'always';

export function beginRun(turn: Turn, run: Run): void {
  if (turn.isPaused(run.id)) return;
  const plan = planOfRun(turn.execution, run);
  // Reached before, it waits for its inputs or its plan.
  if (run.inputs === null && isSkipped(turn, run, plan)) return;
  if (plan.deferred === true) return reach(turn, run);
  const found = foundBefore(turn.execution, run, plan);
  turn.emit({ event: 'RunStarted', runId: run.id, ...(found.length === 0 ? {} : { found }) });
}

/** Also true when it cannot be told: then the run has failed. */
function isSkipped(turn: Turn, run: Run, { skip = null, ...plan }: RunPlan): boolean {
  if (skip === null) return false;
  if (skip !== ALWAYS) {
    const condition = evaluateCondition(skip, scopeOfRun(turn.execution, plan));
    if (!condition.ok) {
      turn.emit({ event: 'RunEnded', runId: run.id, status: 'FAILED', failure: condition.failures[0] ?? null });
      return true;
    }
    if (!condition.value) return false;
  }
  turn.emit({ event: 'RunEnded', runId: run.id, status: 'SKIPPED', failure: null });
  return true;
}
