/** What follows when a group of steps has come to its end: failure strategies (orchestration 9), once per failing step. */
import { failure, failureType, type Failure } from '@fairlead/proto/model/failure.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { Execution, Phase, Run, Section, Step } from '../execution.ts';
import type { FailureAction, FailureStrategy, SectionPlan } from '../plan.ts';
import { lastAttempt } from '../tree.ts';
import { planOfRun, type Turn } from '../turn.ts';
import { abortRun } from './abort.ts';
import { openAttemptsOf } from './expire.ts';
import { startRollback } from './rollback.ts';

interface Place {
  readonly run: Run;
  readonly phase: Phase;
  readonly section: Section;
  readonly plan: SectionPlan;
}

/** `open`: something still runs or waits. */
export type Conclusion = 'passed' | 'open' | 'failed';

/** A strategy in force: the same for all the failures of a step. */
interface Verdict {
  readonly step: Step;
  readonly failure: Failure;
  readonly action: FailureAction;
  readonly retry: FailureStrategy['retry'];
}

export function concludeGroup(turn: Turn, place: Place, steps: readonly (Step | undefined)[]): Conclusion {
  if (steps.some((step) => step === undefined || step.waiting !== null || openAttemptsOf(step).length > 0))
    return 'open';
  const verdicts = steps
    .filter((step) => step !== undefined)
    .flatMap((step) => verdictOn(turn.execution, place, step) ?? []);
  const hardest = verdicts.toSorted((a, b) => SEVERITY[b.action] - SEVERITY[a.action])[0];
  if (hardest === undefined) return 'passed';
  if (hardest.action === 'RETRY') return retry(turn, verdicts);
  const failed = hardest.action !== 'IGNORE' && hardest.action !== 'MARK_SUCCESS';
  for (const verdict of verdicts) endStep(turn, verdict, failed);
  if (!failed) return 'open'; // Look again: the group has passed now.
  follow(turn, place, hardest);
  return 'failed';
}

/** Of several failing siblings the most severe action is taken (orchestration 9.5). */
const SEVERITY: Readonly<Record<FailureAction, number>> = {
  ABORT: 8,
  END_EXECUTION: 7,
  ROLLBACK_PROVISIONER_AFTER_PHASES: 6,
  ROLLBACK_WORKFLOW: 5,
  ROLLBACK_PHASE: 4,
  MANUAL_INTERVENTION: 3,
  RETRY: 2,
  MARK_SUCCESS: 1,
  IGNORE: 0,
};

function verdictOn(execution: Execution, place: Place, step: Step): Verdict | null {
  const failures = failuresOf(step);
  const verdicts = failures.map((each) => ({ step, failure: each, ...resolve(execution, place, step, each) }));
  return verdicts.toSorted((a, b) => SEVERITY[b.action] - SEVERITY[a.action])[0] ?? null;
}

/** One per target, in the order in which they happened; of a step that could not start, its own. */
function failuresOf(step: Step): readonly Failure[] {
  if (step.ignored) return [];
  if (isTerminal(step.status)) return step.status === 'FAILED' && step.failure !== null ? [step.failure] : [];
  return step.tasks
    .flatMap((task) => lastAttempt(task) ?? [])
    .filter((attempt) => attempt.result !== null && attempt.result.outcome !== 'SUCCESS')
    .toSorted((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0))
    .map((attempt) => attempt.result?.failure ?? failure('CANCELED', 'it was stopped'));
}

function resolve(execution: Execution, place: Place, step: Step, of: Failure): Pick<Verdict, 'action' | 'retry'> {
  const type = failureType(of);
  const inPhase = place.phase.kind === 'FORWARD' || place.phase.kind === 'ROLLBACK';
  const section = place.plan.failureStrategies.filter(
    (each) => each.steps.length === 0 || each.steps.includes(step.planId),
  );
  // A failing rollback step has its own section's strategies only: there is no rollback of a rollback (10.2).
  const workflow = place.phase.kind === 'ROLLBACK' ? [] : planOfRun(execution, place.run).failureStrategies;
  const applicable = [...section, ...workflow.filter((each) => each.scope === 'WORKFLOW' || inPhase)].filter(
    (each) => each.types.length === 0 || each.types.includes(type),
  );
  for (const strategy of applicable) {
    if (strategy.action !== 'RETRY') return { action: strategy.action, retry: null };
    if (mayRetry(place, step, strategy, of)) return { action: 'RETRY', retry: strategy.retry };
  }
  return { action: 'ROLLBACK_WORKFLOW', retry: null };
}

/** Otherwise the next strategy has its say. */
function mayRetry(place: Place, step: Step, strategy: FailureStrategy, of: Failure): boolean {
  // Never started: the plan is fixed, so it would fail the same way again.
  if (isTerminal(step.status) || step.retries >= (strategy.retry?.count ?? 0)) return false;
  const idempotent = place.plan.steps.some((each) => each.id === step.planId && each.idempotent);
  return idempotent || !mayHaveRun(of);
}

/** Nobody saw its end: it may have done all it should, and would do it twice. */
const mayHaveRun = (of: Failure): boolean => failureType(of) === 'UNKNOWN' || of.details?.['confirmed'] === false;

function retry(turn: Turn, verdicts: readonly Verdict[]): Conclusion {
  for (const { step, action, retry: how } of verdicts) {
    if (action !== 'RETRY' || turn.now < retryAt(step, how)) continue;
    const targets = step.tasks
      .filter((task) => lastAttempt(task)?.result?.outcome !== 'SUCCESS')
      .map((task) => task.target);
    turn.emit({ event: 'StepRetried', stepId: step.id, targets });
  }
  return 'open';
}

/** When a failed step that is to be retried will be; null for every other step. */
export function retryDue(execution: Execution, place: Place, step: Step): number | null {
  const verdict = verdictOn(execution, place, step);
  return verdict?.action === 'RETRY' ? retryAt(step, verdict.retry) : null;
}

/** Only the failed targets run again, so long after the last of them ended. */
function retryAt(step: Step, how: FailureStrategy['retry']): number {
  const ends = step.tasks.flatMap((task) => lastAttempt(task)?.endedAt ?? []);
  const intervals = how?.intervalsMs ?? [];
  return Math.max(0, ...ends) + (intervals[Math.min(step.retries, intervals.length - 1)] ?? 0);
}

function endStep(turn: Turn, verdict: Verdict, failed: boolean): void {
  const { step, action } = verdict;
  if (!isTerminal(step.status)) {
    const status = action === 'MARK_SUCCESS' && !failed ? 'SUCCESS' : 'FAILED';
    turn.emit({ event: 'StepEnded', stepId: step.id, status, failure: verdict.failure, skipped: null });
  }
  // What could not even start has ended as failed already.
  if (!failed && (action === 'IGNORE' || isTerminal(step.status))) turn.emit({ event: 'StepIgnored', stepId: step.id });
}

function follow(turn: Turn, { run, phase }: Place, verdict: Verdict): void {
  if (verdict.action === 'ABORT') {
    abortRun(turn, turn.run(run.id), 'failure strategy', verdict.failure.message);
  } else if (phase.kind !== 'ROLLBACK') {
    const scope = verdict.action === 'ROLLBACK_PHASE' ? 'PHASE' : 'WORKFLOW';
    startRollback(turn, run, { cause: verdict.step.id, actor: null, scope, failure: verdict.failure });
  }
}
