import type { AgentId } from '@fairlead/proto/model/ids.ts';
import type { Acknowledgement, Report } from '@fairlead/proto/model/task.ts';
import type { Execution } from './execution.ts';
import { findAttempt } from './tree.ts';

/**
 * What to answer a report once it was decided on and stands in the journal. For `starting` the answer is the permission:
 * given exactly to the agent and the assignment that the journal has as started.
 */
export function acknowledge(execution: Execution | null, agentId: AgentId, report: Report): Acknowledgement {
  if (report.report !== 'starting') return { verdict: 'recorded' };
  const attempt = execution === null ? undefined : findAttempt(execution, report.attemptId);
  if (attempt === undefined) return { verdict: 'refused', reason: 'there is no such attempt' };
  if (attempt.agentId !== agentId || attempt.assignment !== report.assignment) {
    return { verdict: 'refused', reason: 'it was given to another agent' };
  }
  if (attempt.cancel !== null) return { verdict: 'refused', reason: attempt.cancel.reason };
  if (attempt.state === 'STARTED') return { verdict: 'recorded' };
  return { verdict: 'refused', reason: attempt.state === 'ENDED' ? 'it has ended' : 'it is not yours to start' };
}
