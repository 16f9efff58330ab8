/** What a script that was asked for an approval has answered (orchestration 12.5). */
import { failure } from '@fairlead/proto/model/failure.ts';
import { scriptApprovalOutputs } from '@fairlead/proto/steps/script-approval.ts';
import type { Step } from '../execution.ts';
import type { StepPlace } from '../place.ts';
import { lastAttempt } from '../tree.ts';
import type { Turn } from '../turn.ts';
import { end as endUnapproved } from './approval.ts';
import { publishOutputs, withoutOutputs } from './publish.ts';
import { SCRIPT_APPROVAL } from '../step-kinds.ts';

/** True when it has ended the step, as rejected or as expired; an approval is a success like any other. */
export function judgeScriptApproval(turn: Turn, { plan, run }: StepPlace, step: Step): boolean {
  if (plan.type !== SCRIPT_APPROVAL) return false;
  for (const task of step.tasks) {
    const result = lastAttempt(task)?.result;
    if (result == null) continue;
    if (result.failure?.code === 'STEP_TIMEOUT') {
      endUnapproved(turn, run, step.id, 'EXPIRED', failure('EXPIRED', 'the script did not approve or reject in time'));
      return true;
    }
    const answer = scriptApprovalOutputs.safeParse(result.outputs);
    if (!answer.success || answer.data.approvalStatus !== 'REJECTED') continue;
    const why = withoutOutputs(failure('REJECTED', 'rejected by its script'), publishOutputs(turn, step.id));
    endUnapproved(turn, run, step.id, 'REJECTED', why);
    return true;
  }
  return false;
}
