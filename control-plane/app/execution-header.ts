/** The header of an execution as people see it: one glance says what it does, waits for, or failed of. */
import type { ExecutionHeader } from '@fairlead/proto/live.ts';
import type { Failure } from '@fairlead/proto/model/failure.ts';
import { isTerminal, type Status } from '@fairlead/proto/model/status.ts';
import type { Attempt, Execution, Phase, Run, Step } from '../engine/execution.ts';
import { once } from '../engine/once.ts';
import type { Plan, RunPlan, SectionPlan } from '../engine/plan.ts';
import { openAttempts } from '../engine/open-attempts.ts';
import { lastAttempt, findTask } from '../engine/tree.ts';
import { planOfRun, sectionsOf } from '../engine/plan-of.ts';
import { takesBack } from '../engine/turn.ts';
import { waitingForPeople } from './people-waiting.ts';
import { statusOfRun } from './run-status.ts';
import { waitOfRun } from './run-waiting.ts';
import { stagesOf } from './stage-view.ts';
import { rollbackOf, rollbackResult } from './rollback-facts.ts';

export function headerOf(execution: Execution): ExecutionHeader {
  const { plan } = execution;
  return {
    executionId: execution.id,
    application: plan.application.name,
    name: plan.name,
    kind: plan.kind,
    status: statusOf(execution),
    settled: execution.settled,
    parked: execution.parked,
    environment: runPlans(execution)[0]?.environment?.name ?? null,
    actor: plan.actor,
    startedAt: execution.startedAt,
    endedAt: execution.endedAt,
    revision: plan.definition.revision,
    artifacts: artifactsOf(execution),
    failure: firstCause(execution),
    rollback: rollbackResult(execution),
    rolledBack: rollbackOf(execution),
    unconfirmed: unconfirmed(execution),
    progress: progressOf(execution),
    waiting: waitingFor(execution),
    people: waitingForPeople(execution),
    stages: stagesOf(execution),
    resumes: resumedBy(plan.resumes),
  };
}

const runPlans = (execution: Execution): readonly RunPlan[] => execution.plan.stages.flatMap((stage) => stage.runs);

const resumedBy = (resumes: Plan['resumes']): ExecutionHeader['resumes'] =>
  resumes === undefined ? null : { chain: resumes.chain, from: resumes.from, stage: resumes.stage };

/** What an unfinished execution is doing is what its busiest run is doing. */
export function statusOf(execution: Execution): Status {
  if (execution.endedAt !== null) return execution.status;
  if (execution.parked !== null) return 'BROKEN';
  const order: readonly Status[] = ['ABORTING', 'ROLLING_BACK', 'PAUSING', 'PAUSED', 'RUNNING', 'WAITING', 'QUEUED'];
  const paused = execution.pause === null ? [] : ([execution.runs.some(isAtWork) ? 'PAUSING' : 'PAUSED'] as const);
  const statuses: readonly Status[] = [...paused, ...execution.runs.map((run) => statusWithin(execution, run))];
  return order.find((status) => statuses.includes(status)) ?? 'RUNNING';
}

/** A run that takes back another goes forward itself; seen from its execution, that goes back. */
function statusWithin(execution: Execution, run: Run): Status {
  const status = statusOfRun(run);
  const goesBack = !isTerminal(status) && run.abort === null && takesBack(execution, run);
  return goesBack ? 'ROLLING_BACK' : status;
}

const isAtWork = (run: Run): boolean => openAttempts(run).length > 0;

function artifactsOf(execution: Execution): ExecutionHeader['artifacts'] {
  const rows = new Map<string, ExecutionHeader['artifacts'][number]>();
  for (const phase of runPlans(execution).flatMap((run) => run.phases)) {
    if (phase.service === null || phase.artifact === null) continue;
    const { name: service } = phase.service;
    const previous = phase.rollbackArtifact?.build ?? null;
    // A rollback deploys what was there before, and is itself not rolled back.
    const build = execution.plan.rollbackOf === undefined ? phase.artifact.build : (previous ?? phase.artifact.build);
    rows.set(service, { service, build, previous: execution.plan.rollbackOf === undefined ? previous : null });
  }
  return [...rows.values()];
}

/** The failure everything else followed from, with the place where it happened. */
export function firstCause(execution: Execution): ExecutionHeader['failure'] {
  const run = firstFailed(execution.runs);
  if (run?.failure == null) return null;
  // What somebody stopped did not fail by itself.
  const asked = run.rollback !== null && run.rollback.cause === null;
  const cause = asked ? null : (run.rollback?.cause ?? failedStep(run));
  const found = cause === null ? undefined : findTaskFailure(execution, cause, run.failure);
  return found ?? { ...run.failure, node: cause ?? run.id, target: null };
}

/** By time; who failed because a peer had failed at its barrier did so in the same moment, and is never the first. */
function firstFailed(runs: readonly Run[]): Run | undefined {
  const failed = runs.filter((run) => run.failure !== null);
  const own = failed.filter((run) => run.failure?.details?.['peer'] === undefined);
  return (own.length > 0 ? own : failed).toSorted((a, b) => failedAt(a) - failedAt(b))[0];
}

const failedAt = ({ rollback, endedAt }: Run): number => rollback?.at ?? endedAt ?? Infinity;

const failedStep = (run: Run): string | null =>
  run.phases
    .flatMap((phase) => phase.sections.flatMap((section) => section.steps))
    .find((step) => step.status === 'FAILED' && !step.ignored)?.id ?? null;

/** Of the host that decided what followed: others may have failed before it in ways that were passed over. */
function findTaskFailure(
  execution: Execution,
  stepId: string,
  { message }: Failure,
): ExecutionHeader['failure'] | undefined {
  const step = execution.runs
    .flatMap((run) => run.phases.flatMap((phase) => phase.sections.flatMap((section) => section.steps)))
    .find((each) => each.id === stepId);
  const attempts = (step?.tasks ?? []).flatMap((task) => {
    const attempt = lastAttempt(task);
    const why = attempt?.result?.failure;
    return why === undefined || attempt === undefined ? [] : [{ task, attempt, why }];
  });
  const byTime = attempts.toSorted((a, b) => (a.attempt.endedAt ?? 0) - (b.attempt.endedAt ?? 0));
  const first = byTime.find(({ why }) => why.message === message) ?? byTime[0];
  return first === undefined ? undefined : { ...first.why, node: `${first.attempt.id}`, target: first.task.target };
}

function unconfirmed(execution: Execution): ExecutionHeader['unconfirmed'] {
  return execution.runs.flatMap((run) => {
    const open = isTerminal(run.status)
      ? openAttempts(run)
      : openAttempts(run).filter((each) => each.state === 'UNKNOWN');
    const silent = endedUnconfirmed(run);
    return [...open, ...silent].map((attempt) => ({
      target: findTask(execution, attempt.id)?.target ?? '-',
      attemptId: attempt.id,
      why:
        attempt.state === 'UNKNOWN'
          ? 'its agent is lost: nobody knows what it did'
          : 'its end was not seen at the target',
    }));
  });
}

const endedUnconfirmed = (run: Run): readonly Attempt[] => run.phases.flatMap(unconfirmedInPhase);

const unconfirmedInPhase = once((phase: Phase): readonly Attempt[] =>
  phase.sections.flatMap((section) => section.steps.flatMap(unconfirmedInStep)),
);

const unconfirmedInStep = once((step: Step): readonly Attempt[] =>
  step.tasks.flatMap((task) => task.attempts.filter(({ result }) => result?.confirmed === false)),
);

function progressOf(execution: Execution): ExecutionHeader['progress'] {
  let done = 0;
  let total = 0;
  for (const run of execution.runs) {
    const plan = planOfRun(execution, run);
    const started = new Set(run.phases.map((phase) => phase.planId));
    for (const phase of run.phases) if (phase.kind !== 'ROLLBACK') done += endedSteps(phase);
    for (const phase of run.phases) {
      if (phase.kind !== 'ROLLBACK') total += countSteps(sectionsOf(plan, run, phase));
    }
    for (const phase of plan.phases) if (!started.has(phase.id)) total += countSteps(phase.sections);
  }
  return { done, total: Math.max(done, total) };
}

const endedSteps = once((phase: Phase): number =>
  phase.sections.reduce((sum, { steps }) => sum + steps.filter((step) => isTerminal(step.status)).length, 0),
);

const countSteps = (sections: readonly SectionPlan[]): number =>
  sections.reduce((sum, section) => sum + section.steps.length, 0);

function waitingFor(execution: Execution): string | null {
  const { pause } = execution;
  if (pause !== null && execution.endedAt === null) {
    return `paused by ${pause.actor}${pause.reason === '' ? '' : `: ${pause.reason}`}`;
  }
  for (const run of execution.runs) {
    const wait = waitOfRun(execution, run);
    if (wait !== null) return wait.text;
  }
  return null;
}
