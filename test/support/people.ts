/** What people do in a play. */
import type { NodeId } from '@fairlead/proto/model/ids.ts';
import { waitingSteps } from '../../control-plane/engine/rules/waiting.ts';
import type { ApprovalAnswer, InterventionAction, Waiting } from '../../control-plane/engine/waiting.ts';
import type { Play } from './play.ts';

/** The step that waits for that; the first, where several do. */
export function waitingOn({ execution }: Play, on: Waiting['on']): NodeId {
  const step = execution.runs.flatMap(waitingSteps).find(({ waiting }) => waiting.on === on);
  if (step === undefined) throw new Error(`nothing waits on ${on}`);
  return step.id;
}

export function answerApproval(play: Play, answer: ApprovalAnswer, comment = ''): Play {
  const stepId = waitingOn(play, 'APPROVAL');
  play.give({ input: 'approve', stepId, answer, actor: 'ada', comment, variables: {} });
  return play;
}

export function intervene(play: Play, action: InterventionAction, reason = ''): Play {
  play.give({ input: 'intervene', stepId: waitingOn(play, 'INTERVENTION'), action, actor: 'ada', reason });
  return play;
}
