import type { Event } from '../events.ts';
import type { Execution } from '../execution.ts';
import { Turn } from '../turn.ts';
import { isBroken, requestAbort } from './abort.ts';

/**
 * For an execution that cannot be decided on any more. It looks at as little as it can (at no plan), because anything may
 * be wrong with the rest: the first time it is marked as broken; an abort then ends its runs as they stand.
 */
export function park(
  execution: Execution,
  reason: string,
  abort: { readonly actor: string } | null,
  at: number,
): readonly Event[] {
  if (execution.settled) return [];
  const turn = new Turn(execution, at);
  if (execution.parked === null) turn.emit({ event: 'Parked', reason });
  if (abort !== null && isBroken(turn.execution)) {
    requestAbort(turn, { input: 'abort', actor: abort.actor, reason: `aborted while it was broken: ${reason}` });
  }
  return turn.events;
}
