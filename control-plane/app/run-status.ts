/** What a run is doing, as people see it: more than its journal's status, which only knows where it stands. */
import { isTerminal, type Status } from '@fairlead/proto/model/status.ts';
import type { Run } from '../engine/execution.ts';
import { openAttempts } from '../engine/open-attempts.ts';
import { asksForInputs } from '../engine/rules/late-planning.ts';
import { waitingSteps } from '../engine/rules/waiting.ts';

export function statusOfRun(run: Run): Status {
  if (isTerminal(run.status) || run.abort !== null || run.rollback !== null) return run.status;
  if (run.lock?.state === 'QUEUED') return 'QUEUED';
  if (asksForInputs(run)) return 'WAITING';
  // As long as something of it still works it is not the waiting that counts.
  return waitingSteps(run).length > 0 && openAttempts(run).length === 0 ? 'WAITING' : run.status;
}
