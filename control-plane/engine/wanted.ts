/**
 * wanted(execution): what should be outstanding in this state; a function of the state and nothing else, so after a
 * crash the next driver wants the same. Remembered per section, because an event changes one path of the tree only.
 */
import { targetOf } from '@fairlead/proto/model/ids.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { HostTarget } from '@fairlead/proto/model/task.ts';
import type { Command } from './commands.ts';
import type { Attempt, Execution, Phase, Run, Section, Step } from './execution.ts';
import { gather } from './gather.ts';
import { lockNameOf } from './lock-name.ts';
import { once } from './once.ts';
import { planOfPhase, planOfRun, stepPlanOf } from './plan-of.ts';
import { isBroken } from './rules/abort.ts';
import { isAskedFor, keyOfPermits, mayBeReleased } from './permits.ts';
import { idOfStep, stepsRejectingOthers } from './rules/approval.ts';
import { openAttempts, openAttemptsOf } from './open-attempts.ts';
import { wantsHold } from './rules/hold.ts';
import { isGivenUp } from './rules/lock.ts';
import { governing } from './rules/selectors.ts';
import { isToBePlanned } from './rules/late-planning.ts';

export function wanted(execution: Execution): readonly Command[] {
  if (execution.settled) return [];
  const commands = execution.runs.flatMap((run) => [
    ...ofLock(execution, run),
    ...ofHold(execution, run),
    ...ofLatePlanning(execution, run),
    ...gather(run.phases, (phase) => ofPhase(phase, execution, run)),
  ]);
  commands.push(...ofPermits(execution));
  if (execution.endedAt !== null && !execution.summaryWritten) {
    commands.push({ command: 'writeSummary', id: `${execution.id}/summary` });
  }
  return isBroken(execution) ? commands.filter(isAboutWhatRuns) : commands;
}

/** Nothing begins in an execution that is broken. */
const isAboutWhatRuns = ({ command }: Command): boolean => command === 'cancel' || command === 'probe';

/** Freed when the run has ended and nothing of it can still be at work on a target; or when it goes back without it. */
function ofLock(execution: Execution, run: Run): readonly Command[] {
  const { lock } = run;
  if (lock === null || lock.state === 'RELEASED') return [];
  const { requestId, keys } = lock;
  if (isTerminal(run.status) || isGivenUp(run, lock)) {
    if (isTerminal(run.status) && openAttempts(run).length > 0) return [];
    return [{ command: 'releaseLock', id: `${requestId}/release`, runId: run.id, requestId, keys }];
  }
  if (lock.state === 'HELD' || run.abort !== null) return [];
  const plan = planOfRun(execution, run);
  const names = Object.fromEntries(keys.map((key) => [key, lockNameOf(execution, plan, key)]));
  const queueLimit = plan.lock?.queueLimit ?? 0;
  return [{ command: 'acquireLock', id: `${requestId}/acquire`, runId: run.id, requestId, keys, names, queueLimit }];
}

const ofHold = (execution: Execution, run: Run): readonly Command[] =>
  wantsHold(execution, run) ? [{ command: 'writeHold', id: `${run.id}/hold`, runId: run.id }] : [];
/** Given back with the end of their owner; a place in a queue, as soon as its step waits no longer. */
function ofPermits(execution: Execution): readonly Command[] {
  return execution.permits.flatMap((permits): readonly Command[] => {
    const { requestId, stepId, constraint, capacity, strategy } = permits;
    const about = { stepId, requestId, key: keyOfPermits(permits) };
    if (mayBeReleased(execution, permits)) {
      return [{ command: 'releasePermits', id: `${requestId}/release`, ...about }];
    }
    if (!isAskedFor(execution, permits)) return [];
    const terms = { constraint, permits: permits.permits, capacity, strategy };
    return [{ command: 'acquirePermits', id: `${requestId}/acquire`, ...about, ...terms }];
  });
}
const ofLatePlanning = (execution: Execution, run: Run): readonly Command[] =>
  isToBePlanned(execution, run) ? [{ command: 'planRun', id: `${run.id}/plan`, runId: run.id }] : [];

const ofApprovals = (execution: Execution, phase: Phase): readonly Command[] =>
  stepsRejectingOthers(execution, phase).map((step) => {
    const stepId = idOfStep(step);
    return { command: 'rejectOthers', id: `${stepId}/others`, stepId };
  });

const ofPhase = once((phase: Phase, execution: Execution, run: Run): readonly Command[] => [
  ...gather(phase.sections, (section) => ofSection(section, execution, run, phase)),
  ...ofApprovals(execution, phase),
]);

const ofSection = once((section: Section, execution: Execution, run: Run, phase: Phase): readonly Command[] =>
  gather(section.steps, (step) => ofStep(execution, run, phase, step)),
);

function ofStep(execution: Execution, run: Run, phase: Phase, step: Step): readonly Command[] {
  const open = openAttemptsOf(step);
  if (open.length === 0) return [];
  const plan = stepPlanOf(execution, step.id);
  const phasePlan = planOfPhase(planOfRun(execution, run), phase);
  const pinned = governing(phasePlan, plan);
  const selectors = pinned.length > 0 ? pinned : (step.selectors ?? plan.selectors);
  const about = { type: plan.type, selectors, graceMs: plan.cancelGraceMs, hosts: phasePlan?.hosts ?? [] };
  if (open.length === 1) return open.flatMap((attempt) => ofAttempt(attempt, about));
  return open.flatMap((attempt) => ofOneOfMany(attempt, about));
}

/** Of a step on a thousand hosts, one report changes one of its attempts. */
const ofOneOfMany = once(ofAttempt);

function hostOf({ id }: Attempt, hosts: readonly HostTarget[]): HostTarget | undefined {
  const target = targetOf(id);
  return hosts.find((each) => each.name === target);
}

function ofAttempt(
  attempt: Attempt,
  about: { type: string; selectors: readonly string[]; graceMs: number; hosts: readonly HostTarget[] },
): readonly Command[] {
  const { id, agentId, ledgerId, sessionId, assignment, cancel } = attempt;
  const { type, selectors, graceMs } = about;
  if (attempt.state === 'PENDING') {
    return [
      {
        command: 'assign',
        id: `${id}/assign.${assignment + 1}`,
        attemptId: id,
        type,
        selectors,
        avoid: attempt.refusedBy,
      },
    ];
  }
  if (agentId === null || ledgerId === null || sessionId === null) return [];
  const commands: Command[] = [];
  if (cancel !== null) {
    const { reason } = cancel;
    commands.push({
      command: 'cancel',
      id: `${id}/cancel.${assignment}`,
      attemptId: id,
      agentId,
      ledgerId,
      assignment,
      graceMs,
      reason,
    });
  } else if (attempt.state === 'ASSIGNED') {
    commands.push({
      command: 'offer',
      id: `${id}/offer.${assignment}`,
      attemptId: id,
      agentId,
      ledgerId,
      sessionId,
      assignment,
    });
  }
  const target = attempt.state === 'UNKNOWN' ? hostOf(attempt, about.hosts) : undefined;
  if (target !== undefined) {
    commands.push({
      command: 'probe',
      id: `${id}/probe.${assignment}`,
      attemptId: id,
      target,
      selectors,
      type,
    });
  }
  return commands;
}
