/** What a run waits for, in one line: locks, people, its peers, permits, agents. */
import { isTerminal } from '@fairlead/proto/model/status.ts';
import { groupAt } from '../engine/barrier-group.ts';
import type { Execution, Run } from '../engine/execution.ts';
import { lockNameOf } from '../engine/lock-name.ts';
import { openAttempts } from '../engine/open-attempts.ts';
import { planOfRun, planOfStep } from '../engine/plan-of.ts';
import { asksForInputs } from '../engine/rules/late-planning.ts';
import { waitingSteps } from '../engine/rules/waiting.ts';
import type { Waiting } from '../engine/waiting.ts';

interface Wait {
  readonly text: string;
  /** When it ends by itself; null: that is not known here. */
  readonly until: number | null;
}

/** Null: it does not wait. */
export function waitOfRun(execution: Execution, run: Run): Wait | null {
  if (isTerminal(run.status)) return null;
  const { lock } = run;
  // What goes back goes without it.
  const wantsLock = run.rollback === null && run.abort === null;
  if (wantsLock && (lock?.state === 'QUEUED' || lock?.state === 'REQUESTED')) {
    const plan = planOfRun(execution, run);
    const before = lock.position === null ? '' : `, ${lock.position - 1} before it in the queue`;
    const names = lock.keys.map((key) => lockNameOf(execution, plan, key));
    const until = plan.lock === null ? null : lock.requestedAt + plan.lock.timeoutMs;
    return { text: `waiting for the lock of ${names.join(', ')}${before}`, until };
  }
  if (asksForInputs(run)) {
    const groups = planOfRun(execution, run).inputs?.groups ?? [];
    return { text: `waiting for its inputs, by ${groups.join(', ') || 'anybody'}`, until: run.inputs?.until ?? null };
  }
  const waits = waitingSteps(run)[0];
  if (waits !== undefined) {
    const text = `step '${planOfStep(execution, waits.id).name}': ${waitingText(execution, run, waits.waiting)}`;
    return { text, until: waits.waiting.until };
  }
  for (const attempt of openAttempts(run)) {
    if (attempt.unassignable !== null)
      return { text: `waiting for an agent: ${attempt.unassignable.failure.message}`, until: null };
    if (attempt.state === 'UNKNOWN')
      return { text: 'waiting for a lost agent: nobody knows what became of its work', until: null };
  }
  return null;
}

/** One line: what a step waits for. */
export function waitingText(execution: Execution, run: Run, waiting: Waiting): string {
  switch (waiting.on) {
    case 'APPROVAL':
      return `an approval by ${waiting.groups.join(', ') || 'anybody'}`;
    case 'INTERVENTION':
      return `a person must decide what follows from: ${waiting.failure.message}`;
    case 'BARRIER':
      return waitingAtBarrier(execution, run, waiting.identifier);
    case 'PERMITS':
      return waitingForPermits(execution, waiting.requestId);
  }
}

function waitingAtBarrier(execution: Execution, run: Run, identifier: string): string {
  const group = groupAt(execution, run.stageId, identifier).filter((each) => each.state !== 'GONE');
  const missing = group.filter((each) => each.state !== 'ARRIVED').map((each) => each.name);
  const arrived = group.length - missing.length;
  return `${arrived} of ${group.length} have arrived at the barrier '${identifier}', missing: ${missing.join(', ')}`;
}

function waitingForPermits(execution: Execution, requestId: string): string {
  const asked = execution.permits.find((each) => each.requestId === requestId);
  if (asked === undefined) return 'waiting for permits';
  const { permits, capacity, constraint, unit, position } = asked;
  const of = unit === '' ? `'${constraint.name}'` : `'${constraint.name}' for ${unit}`;
  const before = position === null ? '' : `, ${position - 1} before it in the queue`;
  return `waiting for ${permits} of ${capacity} permits of ${of}${before}`;
}
