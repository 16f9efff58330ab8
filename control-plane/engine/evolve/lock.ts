/** The bookkeeping of a run's lock. */
import type { EventOf } from '../events.ts';
import type { Execution, Run } from '../execution.ts';
import { updateRun } from '../tree.ts';

type LockEvent = EventOf<'LockRequested' | 'LockQueued' | 'LockGranted' | 'LockRefused' | 'LockReleased'>;

export const withLock = (execution: Execution, event: LockEvent): Execution =>
  updateRun(execution, event.runId, (run) => changed(run, event));

function changed(run: Run, event: LockEvent): Run {
  if (event.event === 'LockRequested') {
    const { requestId, keys, at } = event;
    return { ...run, lock: { requestId, keys, requestedAt: at, state: 'REQUESTED', position: null, fences: {} } };
  }
  if (run.lock === null) return run;
  switch (event.event) {
    case 'LockQueued':
      return { ...run, lock: { ...run.lock, state: 'QUEUED', position: event.position } };
    case 'LockGranted':
      return { ...run, lock: { ...run.lock, state: 'HELD', position: null, fences: event.fences } };
    case 'LockRefused':
      return { ...run, lock: { ...run.lock, state: 'REFUSED', position: null } };
    case 'LockReleased':
      return { ...run, lock: { ...run.lock, state: 'RELEASED' } };
  }
}
