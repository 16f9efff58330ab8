import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { NodeId } from '@fairlead/proto/model/ids.ts';
import type { Execution, Run } from '../engine/execution.ts';
import { nameOfRun, planOfRun } from '../engine/plan-of.ts';

/** The run that is meant by its id, or by the name it is shown under. */
export function runNamed(execution: Execution, wanted: string): NodeId {
  const { id, runs } = execution;
  const nameOf = (run: Run): string => nameOfRun(planOfRun(execution, run));
  const found = runs.filter((run) => run.id === wanted || run.planId === wanted || nameOf(run) === wanted);
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only.id;
  const existing = (only === undefined ? runs : found).map((run) => `${run.id} (${nameOf(run)})`);
  const why =
    only === undefined ? `there is no run '${wanted}' in ${id}` : `several runs of ${id} are called '${wanted}'`;
  const mend = `${only === undefined ? 'There are' : 'Name one by its id'}: ${existing.join(', ')}.`;
  throw new FailureError(failure('INVALID_INPUT', `${why}. ${mend}`, { field: 'runId', details: { mend, existing } }));
}
