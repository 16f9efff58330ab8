import { failure } from '@fairlead/proto/model/failure.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { Event, EventBody } from '../events.ts';
import type { Execution } from '../execution.ts';

/**
 * For an execution that cannot be decided on any more. It looks at as little as it can, because anything may be wrong
 * with the rest: the first time it is marked as broken; an abort then ends its runs as they stand.
 */
export function park(
  execution: Execution,
  reason: string,
  abort: { readonly actor: string } | null,
  at: number,
): readonly Event[] {
  const events: EventBody[] = [];
  if (execution.parked === null) events.push({ event: 'Parked', reason });
  if (abort !== null && execution.endedAt === null) {
    for (const run of execution.runs) {
      if (isTerminal(run.status)) continue;
      const why = failure('CANCELED', `aborted while it was broken: ${reason}`);
      events.push({ event: 'AbortRequested', runId: run.id, actor: abort.actor, reason: why.message });
      events.push({ event: 'RunEnded', runId: run.id, status: 'ABORTED', failure: why });
    }
    events.push({ event: 'ExecutionEnded', status: 'ABORTED' });
  }
  return events.map((event) => ({ ...event, at }));
}
