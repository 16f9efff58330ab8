/**
 * decide(execution, input, now): is it legal now, and what follows from it? The order below is the whole of it: time
 * first, then what happened, then everything that follows.
 */
import { failure } from '@fairlead/proto/model/failure.ts';
import type { Event } from './events.ts';
import type { Execution } from './execution.ts';
import type { Input } from './inputs.ts';
import { isBroken, requestAbort } from './rules/abort.ts';
import { advance } from './rules/advance.ts';
import { answerApproval, noteOthersRejected } from './rules/approval.ts';
import { changeDriver } from './rules/driver.ts';
import { expire } from './rules/expire.ts';
import { intervene } from './rules/intervention.ts';
import { failPlanning, giveInputs, takePlans } from './rules/late-planning.ts';
import { answerLock, releaseLock } from './rules/lock.ts';
import { requestPause, resume } from './rules/pause.ts';
import { answerPermits, releasePermits } from './rules/permits.ts';
import {
  assign,
  checkpoint,
  end,
  findAgain,
  learnOutcome,
  lose,
  notAssignable,
  release,
  start as startAttempt,
} from './rules/report.ts';
import { noteHold } from './rules/hold.ts';
import { requestRollback } from './rules/request-rollback.ts';
import { startExecution } from './rules/start.ts';
import { Turn } from './turn.ts';

export function decide(execution: Execution | null, input: Input, now: number): readonly Event[] {
  if (execution === null) return input.input === 'start' ? startExecution(input, now) : [];
  const turn = new Turn(execution, now);
  if (isBroken(execution)) whileBroken(turn, input);
  else {
    expire(turn);
    handle(turn, input);
    advance(turn);
  }
  return turn.events;
}

/** Facts about what was begun are still written down; nothing new begins, and nothing follows but from an abort. */
function whileBroken(turn: Turn, input: Input): void {
  switch (input.input) {
    case 'pause':
    case 'resume':
    case 'intervene':
    case 'approve':
    case 'giveInputs':
    case 'rollback': {
      const why = failure('ILLEGAL_STATE', 'it is broken: it can only be aborted');
      return turn.emit({ event: 'InputRejected', input: input.input, failure: why });
    }
    case 'abort':
    case 'driverChanged':
    case 'checkpoint':
    case 'finished':
    case 'released':
    case 'agentLost':
    case 'agentBack':
    case 'outcomeFound':
      return handle(turn, input);
    case 'start':
    case 'tick':
    case 'agentChosen':
    case 'noAgent':
    case 'starting':
    case 'lockAnswered':
    case 'lockReleased':
    case 'holdWritten':
    case 'permitsAnswered':
    case 'permitsReleased':
    case 'runPlanned':
    case 'runUnplannable':
    case 'othersRejected':
    case 'summaryWritten':
      return;
  }
}

function handle(turn: Turn, input: Input): void {
  switch (input.input) {
    case 'start':
    case 'tick':
      return; // It was started before, or only time has passed.
    case 'driverChanged':
      return changeDriver(turn, input);
    case 'agentChosen':
      return assign(turn, input);
    case 'noAgent':
      return notAssignable(turn, input);
    case 'released':
      return release(turn, input);
    case 'starting':
      return startAttempt(turn, input);
    case 'checkpoint':
      return checkpoint(turn, input);
    case 'finished':
      return end(turn, input);
    case 'agentLost':
      return lose(turn, input);
    case 'agentBack':
      return findAgain(turn, input);
    case 'outcomeFound':
      return learnOutcome(turn, input);
    case 'lockAnswered':
      return answerLock(turn, input);
    case 'lockReleased':
      return releaseLock(turn, input);
    case 'holdWritten':
      return noteHold(turn, input);
    case 'permitsAnswered':
      return answerPermits(turn, input);
    case 'permitsReleased':
      return releasePermits(turn, input);
    case 'summaryWritten':
      if (turn.execution.endedAt !== null && !turn.execution.summaryWritten) turn.emit({ event: 'SummaryWritten' });
      return;
    case 'abort':
      return requestAbort(turn, input);
    case 'pause':
      return requestPause(turn, input);
    case 'resume':
      return resume(turn, input);
    case 'intervene':
      return intervene(turn, input);
    case 'approve':
      return answerApproval(turn, input);
    case 'giveInputs':
      return giveInputs(turn, input);
    case 'runPlanned':
      return takePlans(turn, input);
    case 'runUnplannable':
      return failPlanning(turn, input);
    case 'othersRejected':
      return noteOthersRejected(turn, input.stepId);
    case 'rollback':
      return requestRollback(turn, input);
  }
}
