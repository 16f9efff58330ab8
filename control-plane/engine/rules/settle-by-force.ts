import type { Event } from '../events.ts';
import type { Execution } from '../execution.ts';
import { Turn } from '../turn.ts';
import { openAttempts } from '../open-attempts.ts';

/** For an execution that has ended and cannot be decided on: an operator has seen what stays unconfirmed, and answers for it. */
export function settledByForce(execution: Execution, actor: string, reason: string, at: number): readonly Event[] {
  const turn = new Turn(execution, at);
  const unconfirmed = execution.runs.flatMap((run) => openAttempts(run).map((attempt) => attempt.id));
  turn.emit({ event: 'SettledByForce', actor, reason, unconfirmed });
  return turn.events;
}
