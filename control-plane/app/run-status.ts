/** What a run is doing, as people see it: more than its journal's status, which only knows where it stands. */
import { isTerminal, type Status } from '@fairlead/proto/model/status.ts';
import { groupAt } from '../engine/barrier-group.ts';
import type { Execution, Run } from '../engine/execution.ts';
import { openAttempts } from '../engine/open-attempts.ts';
import { asksForInputs } from '../engine/rules/late-planning.ts';
import { waitingSteps } from '../engine/rules/waiting.ts';
import type { Waiting } from '../engine/waiting.ts';

export function statusOfRun(run: Run): Status {
  if (isTerminal(run.status) || run.abort !== null || run.rollback !== null) return run.status;
  if (run.lock?.state === 'QUEUED') return 'QUEUED';
  if (asksForInputs(run)) return 'WAITING';
  // As long as something of it still works it is not the waiting that counts.
  return waitingSteps(run).length > 0 && openAttempts(run).length === 0 ? 'WAITING' : run.status;
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
