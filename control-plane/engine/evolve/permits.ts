import { changedExecution } from '../changed.ts';
import type { EventOf } from '../events.ts';
import type { Execution, Permits } from '../execution.ts';

type PermitsEvent = EventOf<
  'PermitsRequested' | 'PermitsQueued' | 'PermitsGranted' | 'PermitsRefused' | 'PermitsReleased'
>;

export function withPermits(execution: Execution, event: PermitsEvent): Execution {
  if (event.event === 'PermitsRequested') {
    const { event: _, at: __, ...asked } = event;
    return changedExecution(execution, {
      permits: [...execution.permits, { ...asked, state: 'REQUESTED', position: null }],
    });
  }
  const permits = execution.permits.map((each) => (each.requestId === event.requestId ? changed(each, event) : each));
  return changedExecution(execution, { permits });
}

function changed(permits: Permits, event: Exclude<PermitsEvent, { event: 'PermitsRequested' }>): Permits {
  switch (event.event) {
    case 'PermitsQueued':
      return { ...permits, state: 'QUEUED', position: event.position };
    case 'PermitsGranted':
      return { ...permits, state: 'HELD', position: null };
    case 'PermitsRefused':
      return { ...permits, state: 'REFUSED', position: null };
    case 'PermitsReleased':
      return { ...permits, state: 'RELEASED', position: null };
  }
}
