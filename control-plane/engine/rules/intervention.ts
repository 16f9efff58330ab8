/** A failure that a person decides on (orchestration 9.4), and what follows when nobody does in time. */
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { Execution, Run, Step } from '../execution.ts';
import type { Input } from '../inputs.ts';
import { LIMITS } from '../limits.ts';
import type { FailureStrategy } from '../plan.ts';
import { planOfStep } from '../plan-of.ts';
import { findPhase, findRun, findStep, lastAttempt } from '../tree.ts';
import { takesBack, type Turn } from '../turn.ts';
import { INTERVENTIONS, type InterventionAction, type Waiting } from '../waiting.ts';
import { abortRun, cancelOpenAttempts } from './abort.ts';
import { goesBack } from './goes-back.ts';
import { publishOutputs, withoutOutputs } from './publish.ts';
import { startRollback } from './rollback.ts';

/** "End execution" rolls back what was deployed; under a rollback it leaves the step as failed, and goes on with the next. */
const ON_THE_WAY_BACK: readonly InterventionAction[] = ['RETRY', 'IGNORE', 'MARK_SUCCESS', 'END_EXECUTION', 'ABORT'];

/** What may be chosen for a step that waits for a person. */
export function interventionChoices(execution: Execution, stepId: string): readonly InterventionAction[] {
  const run = findRun(execution, stepId);
  const phase = findPhase(execution, stepId);
  if (run === undefined || phase === undefined) return [];
  return goesBack(execution, run, phase) ? ON_THE_WAY_BACK : INTERVENTIONS;
}

export function waitForPerson(turn: Turn, step: Step, why: Failure, strategy: FailureStrategy | null): void {
  const { timeoutMs, afterTimeout } = strategy?.manual ?? {
    timeoutMs: LIMITS.interventionMs,
    afterTimeout: 'END_EXECUTION',
  };
  const since = turn.now;
  const waiting = { on: 'INTERVENTION', since, until: since + timeoutMs, failure: why, afterTimeout } as const;
  turn.emit({ event: 'StepWaiting', stepId: step.id, waiting });
}

export function intervene(turn: Turn, input: Extract<Input, { input: 'intervene' }>): void {
  const { stepId, action, actor, reason } = input;
  const asked = whatIsAsked(turn.execution, stepId, action);
  if (typeof asked === 'string') {
    return turn.emit({ event: 'InputRejected', input: 'intervene', failure: failure('ILLEGAL_STATE', asked) });
  }
  answer(turn, asked, { action, actor, reason });
}

interface Asked {
  readonly run: Run;
  readonly step: Step;
  /** Of what it waits. */
  readonly why: Failure;
}

/** A text: why it cannot be answered so. */
function whatIsAsked(execution: Execution, stepId: string, action: InterventionAction): string | Asked {
  const run = findRun(execution, stepId);
  const step = findStep(execution, stepId);
  if (run === undefined || step === undefined) return `there is no step ${stepId} in it, or it was not reached yet`;
  if (isTerminal(run.status)) return 'it has ended already';
  if (run.abort !== null) return 'it is being aborted';
  const last = step.interventions.at(-1);
  if (step.waiting?.on !== 'INTERVENTION') {
    if (last === undefined) return `the step '${nameOf(execution, stepId)}' does not wait for a decision`;
    const who = last.actor === null ? 'its time was over' : `${last.actor} was faster`;
    return `the step '${nameOf(execution, stepId)}' waits no longer: ${who}, ${last.action} was done`;
  }
  if (action === 'RETRY' && execution.pause !== null && !takesBack(execution, run)) {
    return 'it is paused, so nothing begins: resume it first';
  }
  const choices = interventionChoices(execution, stepId);
  if (choices.includes(action)) return { run, step, why: step.waiting.failure };
  return `${action} is not possible while it rolls back; ${choices.join(', ')} are`;
}

const nameOf = (execution: Execution, stepId: string): string => planOfStep(execution, stepId).name;

/** Nobody has answered until its time was over. */
export function giveUpOnPerson(
  turn: Turn,
  run: Run,
  step: Step,
  { afterTimeout, failure: why }: Extract<Waiting, { on: 'INTERVENTION' }>,
): void {
  const choices = interventionChoices(turn.execution, step.id);
  const action = choices.includes(afterTimeout) ? afterTimeout : 'END_EXECUTION';
  answer(turn, { run, step, why }, { action, actor: null, reason: 'nobody answered in time' });
}

interface Answer {
  readonly action: InterventionAction;
  readonly actor: string | null;
  readonly reason: string;
}

function answer(turn: Turn, { run, step, why }: Asked, { action, actor, reason }: Answer): void {
  const stepId = step.id;
  turn.emit({ event: 'InterventionAnswered', stepId, action, actor, reason });
  switch (action) {
    case 'RETRY':
      return turn.emit({
        event: 'StepRetried',
        stepId,
        targets: targetsOfRetry(turn, step),
        ...(actor === null ? {} : { actor }),
      });
    case 'IGNORE': {
      const told = withoutOutputs(why, publishOutputs(turn, stepId));
      turn.emit({ event: 'StepEnded', stepId, status: 'FAILED', failure: told, skipped: null });
      return turn.emit({ event: 'StepIgnored', stepId });
    }
    case 'MARK_SUCCESS': {
      // Whoever says so takes it that its outputs may be missing (9.4).
      const told = withoutOutputs(why, publishOutputs(turn, stepId));
      return turn.emit({ event: 'StepEnded', stepId, status: 'SUCCESS', failure: told, skipped: null });
    }
    case 'ABORT':
      return abortRun(turn, run, actor ?? 'failure strategy', reason === '' ? why.message : reason);
    case 'END_EXECUTION':
    case 'ROLLBACK_WORKFLOW':
    case 'ROLLBACK_PROVISIONER_AFTER_PHASES':
      turn.emit({ event: 'StepEnded', stepId, status: 'FAILED', failure: why, skipped: null });
      return goBack(turn, run, stepId, action, actor, why);
  }
}

function goBack(
  turn: Turn,
  run: Run,
  stepId: string,
  action: InterventionAction,
  actor: string | null,
  why: Failure,
): void {
  // There is no rollback of a rollback: the failed step ends its phase, and the next older one has its turn (10.2).
  if (goesBack(turn.execution, run, turn.phase(stepId))) return;
  const after = action === 'ROLLBACK_PROVISIONER_AFTER_PHASES' ? { provisioners: 'AFTER' as const } : {};
  startRollback(turn, run, { cause: stepId, actor, scope: 'WORKFLOW', failure: why, ...after });
  // A sibling that somebody has retried is not waited for to its end.
  cancelOpenAttempts(turn, turn.run(run.id), why.message);
}

/** Where it has failed; all of them, where it succeeded and what it found cannot be given. */
function targetsOfRetry(turn: Turn, { id, tasks, failure: own }: Step): readonly string[] {
  const { dropped } = turn.phase(id);
  return tasks
    .filter(({ target }) => own === null || !dropped.includes(target))
    .filter((task) => own !== null || lastAttempt(task)?.result?.outcome !== 'SUCCESS')
    .map(({ target }) => target);
}
