/** The bookkeeping of a run's lock. */
import type { EventOf } from '../events.ts';
import type { Execution, Run } from '../execution.ts';
import { updateRun } from '../tree.ts';
import { withFound } from './found-there.ts';

type LockEvent = EventOf<'LockRequested' | 'LockQueued' | 'LockGranted' | 'LockRefused' | 'LockReleased'>;

export function withLock(execution: Execution, event: LockEvent): Execution {
  const next = updateRun(execution, event.runId, (run) => changed(run, event));
  return event.event === 'LockGranted' && event.found !== undefined ? withFound(next, event.runId, event.found) : next;
}

function changed(run: Run, event: LockEvent): Partial<Run> {
  if (event.event === 'LockRequested') {
    const { requestId, keys, at } = event;
    return { lock: { requestId, keys, requestedAt: at, state: 'REQUESTED', position: null, fences: {} } };
  }
  if (run.lock === null) return {};
  switch (event.event) {
    case 'LockQueued':
      return { lock: { ...run.lock, state: 'QUEUED', position: event.position } };
    case 'LockGranted':
      return { lock: { ...run.lock, state: 'HELD', position: null, fences: event.fences } };
    case 'LockRefused':
      return { lock: { ...run.lock, state: 'REFUSED', position: null } };
    case 'LockReleased':
      return { lock: { ...run.lock, state: 'RELEASED' } };
  }
}
