import { changedExecution } from '../changed.ts';
import type { EventOf } from '../events.ts';
import type { Barrier, Execution } from '../execution.ts';

/** Decided once: what became of a barrier stands, whatever becomes of those who met there. */
export function withBarrier(execution: Execution, event: EventOf<'BarrierPassed' | 'BarrierFailed'>): Execution {
  const { stageId, identifier, at } = event;
  const barrier: Barrier =
    event.event === 'BarrierPassed'
      ? { stageId, identifier, at, state: 'PASSED', peer: null }
      : { stageId, identifier, at, state: 'FAILED', peer: event.peer };
  return changedExecution(execution, { barriers: [...execution.barriers, barrier] });
}
