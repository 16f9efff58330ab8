import type { Execution } from '../../control-plane/engine/execution.ts';
import type { Act } from './scenario.ts';

/** What a seed exercised: counts that add up over seeds. */
export type Statistics = Readonly<Record<string, number>>;

export function statisticsOf(
  executions: readonly Execution[],
  acts: readonly Act[],
  steps: number,
  elapsedMs: number,
): Statistics {
  const counts: Record<string, number> = { steps, virtualSeconds: Math.round(elapsedMs / 1_000) };
  const count = (name: string, by = 1): void => void (counts[name] = (counts[name] ?? 0) + by);
  for (const { act } of acts) if (act !== 'start') count(`fault ${act}`);
  for (const execution of executions) {
    count('executions');
    count(`ended ${execution.status}`);
    if (execution.epoch > 1) count('taken over');
    for (const run of execution.runs) {
      if (run.rollback !== null) count('rolled back');
      if (run.lock !== null && Object.values(run.lock.fences).some((ticket) => ticket > 1)) count('lock contended');
      const steps = run.phases.flatMap((phase) => phase.sections).flatMap((section) => section.steps);
      if (steps.some((step) => step.retries > 0)) count('retried');
      const attempts = steps.flatMap((step) => step.tasks).flatMap((task) => task.attempts);
      count('attempts', attempts.length);
      count('attempts moved', attempts.filter((attempt) => attempt.assignment > 1).length);
      const unknown = attempts.filter((attempt) => attempt.result?.failure?.code === 'OUTCOME_UNKNOWN');
      count('attempts unknown', unknown.length);
    }
  }
  return counts;
}
