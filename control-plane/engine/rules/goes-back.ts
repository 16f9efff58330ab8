import type { Execution, Phase, Run } from '../execution.ts';

/** Part of a way back: a failure there is never followed by another rollback (orchestration 10.2). */
export const goesBack = (_execution: Execution, _run: Run, phase: Phase): boolean => phase.kind === 'ROLLBACK';
