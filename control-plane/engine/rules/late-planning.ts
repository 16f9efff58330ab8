/**
 * Runs that are planned when they are reached (orchestration 6.4): a person gives their inputs first, or a build that was
 * collected before decides what they deploy. Whatever is asked for has an end.
 */
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { Execution, Run } from '../execution.ts';
import type { Input } from '../inputs.ts';
import { LIMITS } from '../limits.ts';
import type { InputsPlan } from '../inputs-plan.ts';
import { planOfRun } from '../plan-of.ts';
import type { Turn } from '../turn.ts';

/** The first thing that happens to such a run. What was answered before, in the execution that is done again, stands. */
export function reach(turn: Turn, run: Run): void {
  if (run.inputs !== null) return;
  const asks = planOfRun(turn.execution, run).inputs ?? null;
  if (asks === null) return turn.emit({ event: 'RunReached', runId: run.id, until: null });
  turn.emit({ event: 'RunReached', runId: run.id, until: turn.now + asks.timeoutMs });
  const { given, actor } = turn.execution.plan;
  const before = given?.answers?.[run.planId];
  if (before !== undefined) turn.emit({ event: 'InputsGiven', runId: run.id, values: before, actor });
}

const isOpen = (run: Run): boolean => run.startedAt === null && !isTerminal(run.status) && run.abort === null;

/** A person is asked for its inputs. */
export const asksForInputs = (run: Run): boolean =>
  isOpen(run) && run.inputs !== null && run.inputs.until !== null && run.inputs.given === null;

/** Everything is known that its plan needs. */
export const isToBePlanned = (execution: Execution, run: Run): boolean =>
  isOpen(run) && run.inputs !== null && !asksForInputs(run) && planOfRun(execution, run).deferred === true;

export function giveInputs(turn: Turn, input: Extract<Input, { input: 'giveInputs' }>): void {
  const { runId, values, actor } = input;
  const run = turn.execution.runs.find((each) => each.id === runId);
  const refuse = (why: Failure): void => turn.emit({ event: 'InputRejected', input: 'giveInputs', failure: why });
  const illegal = (why: string): void => refuse(failure('ILLEGAL_STATE', why));
  if (run === undefined) return illegal(`there is no run ${runId} in it`);
  if (isTerminal(run.status)) return illegal('it has ended already');
  if (run.abort !== null) return illegal('it is being aborted');
  const { given } = run.inputs ?? { given: null };
  if (given !== null)
    return illegal(`it was answered already, ${given.actor === null ? 'by its defaults' : `by ${given.actor}`}`);
  const asks = planOfRun(turn.execution, run).inputs ?? null;
  if (asks === null || !asksForInputs(run)) return illegal('it does not ask for inputs, or was not reached yet');
  const problems = wrongIn(asks, values);
  if (problems.length > 0) return refuse(failure('INVALID_INPUT', problems.join('; ')));
  turn.emit({ event: 'InputsGiven', runId, values: { ...defaultsOf(asks), ...values }, actor });
}

function wrongIn({ variables }: InputsPlan, values: Readonly<Record<string, string>>): readonly string[] {
  const names = variables.map((each) => each.name);
  const unknown = Object.keys(values).filter((name) => !names.includes(name));
  const missing = variables.filter((each) => each.required && (values[each.name] ?? each.default ?? '') === '');
  return [
    ...unknown.map((name) => `there is no input '${name}': it asks for ${names.join(', ')}`),
    ...missing.map(({ name }) => `the input '${name}' needs a value`),
  ];
}

const defaultsOf = ({ variables }: InputsPlan): Readonly<Record<string, string>> =>
  Object.fromEntries(variables.flatMap((each) => (each.default === null ? [] : [[each.name, each.default]])));

export function takePlans(turn: Turn, input: Extract<Input, { input: 'runPlanned' }>): void {
  const run = turn.execution.runs.find((each) => each.id === input.runId);
  if (run === undefined || !isToBePlanned(turn.execution, run) || input.plans.length === 0) return;
  turn.emit({ event: 'RunPlanned', runId: run.id, plans: input.plans });
}

export function failPlanning(turn: Turn, { runId, failures }: Extract<Input, { input: 'runUnplannable' }>): void {
  const run = turn.execution.runs.find((each) => each.id === runId);
  const [first, ...others] = failures;
  if (run === undefined || first === undefined || !isToBePlanned(turn.execution, run)) return;
  const message = [first, ...others].map((each) => each.message).join('; ');
  turn.emit({ event: 'RunEnded', runId, status: 'FAILED', failure: { ...first, message } });
}

/** When nobody has answered, or nobody could plan; Infinity: nothing is asked for. */
export function lateDeadline(execution: Execution, run: Run): number {
  const { inputs } = run;
  if (inputs === null || !isOpen(run)) return Infinity;
  if (asksForInputs(run)) return inputs.until ?? Infinity;
  return isToBePlanned(execution, run) ? (inputs.given?.at ?? inputs.since) + LIMITS.planningMs : Infinity;
}

export function expireLate(turn: Turn, run: Run): void {
  if (turn.now < lateDeadline(turn.execution, run)) return;
  const asks = planOfRun(turn.execution, run).inputs ?? null;
  if (!asksForInputs(run) || asks === null) {
    const why = failure('UNAVAILABLE', 'it could not be planned in time: builds or agents were not there');
    return turn.emit({ event: 'RunEnded', runId: run.id, status: 'FAILED', failure: why });
  }
  const values = defaultsOf(asks);
  if (asks.onTimeout === 'DEFAULTS' && wrongIn(asks, values).length === 0) {
    return turn.emit({ event: 'InputsGiven', runId: run.id, values, actor: null });
  }
  const why = failure('EXPIRED', 'nobody gave its inputs in time');
  turn.emit({ event: 'RunEnded', runId: run.id, status: 'EXPIRED', failure: why });
}
