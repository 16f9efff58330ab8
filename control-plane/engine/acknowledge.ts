import type { AgentId } from '@fairlead/proto/model/ids.ts';
import type { Acknowledgement, Report } from '@fairlead/proto/model/task.ts';
import type { Attempt, Execution } from './execution.ts';
import { findAttempt } from './tree.ts';

/**
 * What to answer a report once it was decided on and stands in the journal. For `starting` and `checkpoint` the answer is
 * the permission to go on: given exactly to the agent that the journal has at work on it, and only for what stands there.
 * An end is refused to an agent whose attempt it is not: it forgets it. Null: it could not be decided on (the execution is
 * broken); without an answer the agent keeps it and brings it again.
 */
export function acknowledge(execution: Execution | null, agentId: AgentId, report: Report): Acknowledgement | null {
  const attempt = execution === null ? undefined : findAttempt(execution, report.attemptId);
  if (report.report === 'finished' || report.report === 'released') {
    // Settled by force while it was open: nothing is written down about it any more.
    if (execution?.settled === true) return { verdict: 'recorded' };
    if (report.report === 'finished' && attempt !== undefined && isOthers(attempt, agentId)) {
      return refused('it is not yours to end');
    }
    return attempt !== undefined && isOpenTo(attempt, agentId, report) ? null : { verdict: 'recorded' };
  }
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

/** It is open, and somebody else is to end it. */
const isOthers = (attempt: Attempt, agentId: AgentId): boolean =>
  attempt.state !== 'ENDED' && attempt.agentId !== agentId;

/** Would the report still change it? */
function isOpenTo(attempt: Attempt, agentId: AgentId, report: Report): boolean {
  if (attempt.state === 'ENDED') return false;
  return report.report !== 'released' || (attempt.agentId === agentId && attempt.assignment === report.assignment);
}

const refused = (reason: string): Acknowledgement => ({ verdict: 'refused', reason });
