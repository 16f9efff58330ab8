import type { AgentId } from '@fairlead/proto/model/ids.ts';
import type { Acknowledgement, Report } from '@fairlead/proto/model/task.ts';
import type { Execution } from './execution.ts';
import { findAttempt } from './tree.ts';

/**
 * What to answer a report once it was decided on and stands in the journal. For `starting` and `checkpoint` the answer is
 * the permission to go on: given exactly to the agent that the journal has at work on it, and only for what stands there.
 */
export function acknowledge(execution: Execution | null, agentId: AgentId, report: Report): Acknowledgement {
  if (report.report === 'finished' || report.report === 'released') return { verdict: 'recorded' };
  const attempt = execution === null ? undefined : findAttempt(execution, report.attemptId);
  if (attempt === undefined) return refused('there is no such attempt');
  const moved = report.report === 'starting' && attempt.assignment !== report.assignment;
  if (attempt.agentId !== agentId || moved) return refused('it was given to another agent');
  if (attempt.cancel !== null) return refused(attempt.cancel.reason);
  if (attempt.state === 'ENDED') return refused('it has ended');
  if (report.report === 'checkpoint') {
    const recorded = attempt.checkpoints.some((each) => each.name === report.name);
    return recorded ? { verdict: 'recorded' } : refused('it was not recorded');
  }
  return attempt.state === 'STARTED' ? { verdict: 'recorded' } : refused('it is not yours to start');
}

const refused = (reason: string): Acknowledgement => ({ verdict: 'refused', reason });
