import type { Execution, Phase, Run } from '../execution.ts';
import { planOfRun } from '../plan-of.ts';

/** Part of a way back: a failure there is never followed by another rollback (orchestration 10.2). */
export const goesBack = (execution: Execution, run: Run, phase: Phase): boolean =>
  phase.kind === 'ROLLBACK' || planOfRun(execution, run).undoing === true;
