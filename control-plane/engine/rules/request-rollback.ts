/** Rollback of what runs, on request (orchestration 10.5): stops the forward path first. Refused with the reason. */
import { failure } from '@fairlead/proto/model/failure.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { Execution, Run } from '../execution.ts';
import type { Input } from '../inputs.ts';
import { planOfRun } from '../plan-of.ts';
import type { Turn } from '../turn.ts';
import { abortRun, cancelOpenAttempts } from './abort.ts';
import { startRollback } from './rollback.ts';
import { onlyQueues, refusalOf } from './rollback-refusal.ts';
import { rollBackPipeline } from './take-back.ts';

export function requestRollback(turn: Turn, input: Extract<Input, { input: 'rollback' }>): void {
  if (turn.execution.plan.kind === 'PIPELINE' && input.runId === undefined) return rollBackPipeline(turn, input);
  const runs = turn.execution.runs.filter((run) => input.runId === undefined || run.id === input.runId);
  const open = runs.filter((run) => !isTerminal(run.status));
  const ready = open.filter((run) => run.startedAt !== null && run.abort === null && run.rollback === null);
  const refusal = whyNot(turn.execution, input.runId, { runs, open, ready });
  if (refusal !== null) {
    return turn.emit({ event: 'InputRejected', input: 'rollback', failure: failure('ILLEGAL_STATE', refusal) });
  }
  const why = failure('CANCELED', input.reason === '' ? `rolled back by ${input.actor}` : input.reason);
  for (const run of ready) {
    if (onlyQueues(turn.execution, run)) {
      abortRun(turn, run, input.actor, why.message);
      continue;
    }
    startRollback(turn, run, { cause: null, actor: input.actor, scope: 'WORKFLOW', failure: why });
    cancelOpenAttempts(turn, turn.run(run.id), why.message);
  }
}

interface Asked {
  readonly runs: readonly Run[];
  readonly open: readonly Run[];
  readonly ready: readonly Run[];
}

function whyNot(execution: Execution, runId: string | undefined, { runs, open, ready }: Asked): string | null {
  if (runs.length === 0) return `there is no run ${runId ?? ''} in it`;
  if (open.length === 0) return 'it has ended already';
  if (ready.length === 0 && open.some((run) => run.abort !== null)) return 'it is being aborted';
  if (ready.length === 0 && open.some((run) => run.rollback !== null)) return 'it is rolling back already';
  if (ready.length === 0) return 'it has not started yet';
  for (const run of ready) {
    const refusal = refusalOf(planOfRun(execution, run));
    if (refusal !== null) return refusal;
  }
  return null;
}
