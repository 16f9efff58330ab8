/**
 * A rollback writes a hold: until somebody lifts it, no trigger deploys again what was just taken back. Written as soon as
 * something is taken back, so that none fires meanwhile.
 */
import type { Execution, Run } from '../execution.ts';
import type { Input } from '../inputs.ts';
import { planOfRun } from '../plan-of.ts';
import type { Turn } from '../turn.ts';

export function wantsHold(execution: Execution, run: Run): boolean {
  if (run.held || execution.plan.holds !== true) return false;
  if (planOfRun(execution, run).undoing === true) return run.phases.length > 0;
  return run.phases.some((phase) => phase.kind === 'ROLLBACK');
}

export function noteHold(turn: Turn, { runId }: Extract<Input, { input: 'holdWritten' }>): void {
  const run = turn.execution.runs.find((each) => each.id === runId);
  if (run !== undefined && !run.held) turn.emit({ event: 'HoldWritten', runId });
}
