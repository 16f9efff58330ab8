/**
 * What a failure strategy says of every failing target of a group of steps (orchestration 9.5): the section's list, then
 * the workflow's, the first that fits; a retry that is used up, and a tolerance that is exceeded, hand on to the next.
 */
import { failure, FAILURES, failureType, type Failure, type FailureType } from '@fairlead/proto/model/failure.ts';
import { isFailed, isTerminal } from '@fairlead/proto/model/status.ts';
import type { Attempt, Execution, Phase, Run, Step, Task } from '../execution.ts';
import type { SectionPlace } from '../place.ts';
import type { FailureAction, FailureStrategy, SectionPlan } from '../plan.ts';
import { ON_AGENT } from '../task.ts';
import { lastAttempt } from '../tree.ts';
import { planOfPhase, planOfRun } from '../plan-of.ts';
import { goesBack } from './goes-back.ts';
import { allHosts } from './select-nodes.ts';
import { BARRIER, NEVER_ASKED, RESOURCE_CONSTRAINT } from '../step-kinds.ts';

export interface Verdict {
  readonly step: Step;
  /** Null: of a step that could not start. */
  readonly task: Task | null;
  readonly failure: Failure;
  /** TOLERATE: its host is dropped from the phase, and the step passes without it. */
  readonly action: FailureAction | 'TOLERATE';
  readonly strategy: FailureStrategy | null;
}

type Failing = Pick<Verdict, 'step' | 'task' | 'failure'>;

/** Of several failing siblings the most severe action is taken (orchestration 9.5). */
const SEVERITY: Readonly<Record<Verdict['action'], number>> = {
  ABORT: 8,
  END_EXECUTION: 7,
  ROLLBACK_PROVISIONER_AFTER_PHASES: 6,
  ROLLBACK_WORKFLOW: 5,
  ROLLBACK_PHASE: 4,
  MANUAL_INTERVENTION: 3,
  RETRY: 2,
  MARK_SUCCESS: 1,
  IGNORE: 0,
  TOLERATE: -1,
};

/** Of equally severe ones the first stays first: they are in the order in which they happened. */
export const hardestOf = (verdicts: readonly Verdict[]): Verdict | undefined =>
  verdicts.toSorted((a, b) => SEVERITY[b.action] - SEVERITY[a.action])[0];

export function verdictsOn(execution: Execution, place: SectionPlace, steps: readonly Step[]): readonly Verdict[] {
  const failing = steps.flatMap(failuresOf);
  const exceeded = new Set<FailureStrategy>();
  for (;;) {
    const verdicts = failing.map((each) => judge(execution, place, each, exceeded));
    const over = overdrawn(execution, place, verdicts);
    if (over.length === 0) return verdicts;
    for (const each of over) exceeded.add(each);
  }
}

/** One per target, in the order in which they happened; of a step that could not start, its own. */
function failuresOf(step: Step): readonly Failing[] {
  if (step.ignored) return [];
  const own = step.failure === null ? [] : [{ step, task: null, failure: step.failure }];
  if (isTerminal(step.status)) return isFailed(step.status) ? own : [];
  if (own.length > 0) return own;
  return step.tasks
    .flatMap((task) => failedAt(task) ?? [])
    .toSorted((a, b) => a.at - b.at)
    .map(({ task, why }) => ({ step, task, failure: why }));
}

function failedAt(task: Task): { readonly task: Task; readonly why: Failure; readonly at: number } | null {
  const attempt = lastAttempt(task);
  if (attempt?.result == null || attempt.result.outcome === 'SUCCESS') return null;
  return { task, why: failureOf(attempt), at: attempt.endedAt ?? 0 };
}

const failureOf = ({ result }: Attempt): Failure => result?.failure ?? failure('CANCELED', 'it was stopped');

function judge(
  execution: Execution,
  place: SectionPlace,
  failing: Failing,
  exceeded: ReadonlySet<FailureStrategy>,
): Verdict {
  let usedUp = false;
  for (const strategy of applicable(execution, place, failing)) {
    if (strategy.action === 'RETRY') {
      if (!usedUp && mayRetry(place, failing, strategy)) return { ...failing, action: 'RETRY', strategy };
      // A retry that did not help hands on to the first that is none (9.3).
      usedUp = true;
    }
    if (mayTolerate(place, failing, strategy) && !exceeded.has(strategy)) {
      return { ...failing, action: 'TOLERATE', strategy };
    }
    const passedOver = strategy.action === 'MANUAL_INTERVENTION' && mayNotBeAsked(place, failing);
    if (strategy.action !== 'RETRY' && !passedOver) return { ...failing, action: strategy.action, strategy };
  }
  return { ...failing, action: 'ROLLBACK_WORKFLOW', strategy: null };
}

/** It has ended, so nobody can be asked what it shall be; or whoever decided on it would approve in the place of others. */
const mayNotBeAsked = ({ plan }: SectionPlace, { step }: Failing): boolean =>
  isTerminal(step.status) || plan.steps.some(({ id, type }) => id === step.planId && NEVER_ASKED.includes(type));

function applicable(
  execution: Execution,
  place: SectionPlace,
  { step, failure: of }: Failing,
): readonly FailureStrategy[] {
  // A person has said already that it has failed.
  if (isTerminal(step.status) && (step.interventions.at(-1)?.action ?? 'RETRY') !== 'RETRY') return [];
  return strategiesOf(execution, place.run, place.phase, place.plan, step.planId, failureType(of));
}

/** Those that fit such a failure of a step, in their order. */
export function strategiesOf(
  execution: Execution,
  run: Run,
  phase: Phase,
  { failureStrategies }: SectionPlan,
  step: string,
  type: FailureType,
): readonly FailureStrategy[] {
  const inPhase = phase.kind === 'FORWARD' || phase.kind === 'ROLLBACK';
  const section = failureStrategies.filter((each) => each.steps.length === 0 || each.steps.includes(step));
  // A failing rollback step has its own section's strategies only: there is no rollback of a rollback (10.2).
  const workflow = goesBack(execution, run, phase) ? [] : planOfRun(execution, run).failureStrategies;
  return [...section, ...workflow.filter((each) => each.scope === 'WORKFLOW' || inPhase)].filter((each) =>
    covers(each, type),
  );
}

export const covers = ({ types }: FailureStrategy, type: ReturnType<typeof failureType>): boolean =>
  types.length === 0 || types.includes(type);

/** Each target has its own count; otherwise the next strategy has its say. */
function mayRetry(place: SectionPlace, { step, task, failure: of }: Failing, strategy: FailureStrategy): boolean {
  const count = strategy.retry?.count ?? 0;
  if (task === null)
    return !isTerminal(step.status) && mayComeYet(place.plan, step, of) && retriesByStrategy(step) < count;
  if (retriesOf(task, strategy) >= count) return false;
  const idempotent = place.plan.steps.some((each) => each.id === step.planId && each.idempotent);
  return idempotent || !mayHaveRun(of);
}

/** How often the strategy has retried the target, since a person said last that it be tried again. */
function retriesOf({ attempts }: Task, strategy: FailureStrategy): number {
  const since = Math.max(
    0,
    attempts.findLastIndex((each) => each.askedBy !== null),
  );
  return attempts.slice(since, -1).filter((each) => covers(strategy, failureType(failureOf(each)))).length;
}

/**
 * It waited in vain for others, who may be there the next time. What could not start would fail the same way again, and a
 * peer that has failed never comes.
 */
export const mayComeYet = (
  { steps }: SectionPlan,
  { planId }: Pick<Step, 'planId'>,
  { code, details }: Failure,
): boolean =>
  steps.some(({ id, type }) => id === planId && (type === BARRIER || type === RESOURCE_CONSTRAINT)) &&
  FAILURES[code].retryable &&
  details?.['peer'] === undefined;

/** Persons are no strategy. */
const retriesByStrategy = ({ retries, interventions }: Step): number =>
  retries - interventions.filter((each) => each.action === 'RETRY').length;

/** Nobody saw its end: it may have done all it should, and would do it twice. */
const mayHaveRun = (of: Failure): boolean => failureType(of) === 'UNKNOWN' || of.details?.['confirmed'] === false;

/** When the failed targets of a step run again: so long after the last of all targets ended. */
export function retryAt(step: Step, verdicts: readonly Verdict[]): number {
  const ends = step.tasks.flatMap((task) => lastAttempt(task)?.endedAt ?? []);
  if (step.failedAt !== null) ends.push(step.failedAt);
  const waits = verdicts.map(({ task, strategy }) => {
    const intervals = strategy?.retry?.intervalsMs ?? [];
    const count = task === null || strategy === null ? retriesByStrategy(step) : retriesOf(task, strategy);
    return intervals[Math.min(count, intervals.length - 1)] ?? 0;
  });
  return Math.max(0, ...ends) + Math.max(0, ...waits);
}

/** When a failed step that is to be retried will be; null for every other step. */
export function retryDue(execution: Execution, place: SectionPlace, step: Step): number | null {
  const verdicts = verdictsOn(execution, place, [step]);
  if (hardestOf(verdicts)?.action !== 'RETRY') return null;
  return retryAt(
    step,
    verdicts.filter((each) => each.action === 'RETRY'),
  );
}

const mayTolerate = ({ phase }: SectionPlace, { task }: Failing, strategy: FailureStrategy): boolean =>
  strategy.tolerate !== null && phase.kind === 'FORWARD' && task !== null && task.target !== ON_AGENT;

/**
 * Strategies that would have to tolerate more hosts than they may. Counted over the phase: a tolerance of 5 % never costs
 * more than 5 % of its hosts, however many of its steps fail (orchestration 9.6).
 */
function overdrawn(
  execution: Execution,
  place: SectionPlace,
  verdicts: readonly Verdict[],
): readonly FailureStrategy[] {
  const tolerated = verdicts.filter((each) => each.action === 'TOLERATE');
  if (tolerated.length === 0) return [];
  const { phase } = place;
  const total = (phase.hosts ?? allHosts(planOfPhase(planOfRun(execution, place.run), phase))).length;
  const lost = (of: readonly Verdict[]): number =>
    new Set([...phase.dropped, ...of.flatMap(({ task }) => task?.target ?? [])]).size;
  const strategies = new Set(tolerated.flatMap(({ strategy }) => strategy ?? []));
  // What has failed everywhere has not passed anywhere.
  if (lost(tolerated) >= total) return [...strategies];
  return [...strategies].filter(
    (strategy) => lost(tolerated.filter((each) => each.strategy === strategy)) > allowed(strategy, total),
  );
}

function allowed({ tolerate }: FailureStrategy, total: number): number {
  if (tolerate === null) return 0;
  return 'count' in tolerate ? tolerate.count : Math.floor((total * tolerate.percent) / 100);
}
