/** The bookkeeping of attempts, and of the tasks they are attempts at. */
import type { AttemptId } from '@fairlead/proto/model/ids.ts';
import type { Status } from '@fairlead/proto/model/status.ts';
import { changedAttempt } from '../changed.ts';
import type { EventOf } from '../events.ts';
import type { Attempt, Execution } from '../execution.ts';
import { replace, updateAttempt, updateTask } from '../tree.ts';

type AttemptEvent = EventOf<
  | 'AttemptAssigned'
  | 'AttemptUnassignable'
  | 'AttemptReleased'
  | 'AttemptStarted'
  | 'AttemptCheckpointed'
  | 'AttemptLost'
  | 'AttemptFound'
  | 'CancelRequested'
  | 'AttemptEnded'
>;

export function evolveAttempt(execution: Execution, event: AttemptEvent): Execution {
  switch (event.event) {
    case 'AttemptAssigned':
      return updateAttempt(execution, event.attemptId, (attempt) => ({
        state: 'ASSIGNED',
        assignment: attempt.assignment + 1,
        agentId: event.agentId,
        ledgerId: event.ledgerId,
        sessionId: event.sessionId,
        unassignable: null,
      }));
    case 'AttemptUnassignable':
      return updateAttempt(execution, event.attemptId, (attempt) => ({
        unassignable: { since: attempt.unassignable?.since ?? event.at, failure: event.failure },
      }));
    case 'AttemptReleased':
      return withTaskStatus(execution, event.attemptId, 'QUEUED', (attempt) => ({
        state: 'PENDING',
        startedAt: null,
        deadline: null,
        unknownSince: null,
        agentId: null,
        ledgerId: null,
        sessionId: null,
        refusedBy:
          event.final && attempt.agentId !== null ? [...attempt.refusedBy, attempt.agentId] : attempt.refusedBy,
      }));
    case 'AttemptStarted':
      return withTaskStatus(execution, event.attemptId, 'RUNNING', () => ({
        state: 'STARTED',
        startedAt: event.at,
        deadline: event.deadline,
      }));
    case 'AttemptCheckpointed':
      return updateAttempt(execution, event.attemptId, (attempt) => ({
        checkpoints: [...attempt.checkpoints, { name: event.name, data: event.data }],
      }));
    case 'AttemptLost':
      return withTaskStatus(execution, event.attemptId, 'UNKNOWN', () => ({
        state: 'UNKNOWN',
        unknownSince: event.at,
      }));
    case 'AttemptFound':
      return withTaskStatus(execution, event.attemptId, 'RUNNING', () => ({
        state: 'STARTED',
        unknownSince: null,
      }));
    case 'CancelRequested':
      return updateAttempt(execution, event.attemptId, () => ({
        cancel: { reason: event.reason, at: event.at },
      }));
    case 'AttemptEnded':
      return withTaskStatus(execution, event.attemptId, ENDED_AS[event.result.outcome], () => ({
        state: 'ENDED',
        result: event.result,
        endedAt: event.at,
      }));
  }
}

const ENDED_AS = { SUCCESS: 'SUCCESS', FAILED: 'FAILED', CANCELED: 'ABORTED' } as const satisfies Record<
  string,
  Status
>;

function withTaskStatus(
  execution: Execution,
  id: AttemptId,
  status: Status,
  change: (attempt: Attempt) => Partial<Attempt>,
): Execution {
  return updateTask(execution, id, ({ attempts }) => ({
    status,
    attempts: replace(attempts, id, (attempt) => changedAttempt(attempt, change(attempt))),
  }));
}
