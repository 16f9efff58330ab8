/** Steps that wait for something no agent does: which of them still count, and what follows when their time is over. */
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { Phase, Run, Section, Step } from '../execution.ts';
import { gather } from '../gather.ts';
import { once } from '../once.ts';
import type { Turn } from '../turn.ts';
import type { Waiting } from '../waiting.ts';
import { expireApproval } from './approval.ts';
import { failStep } from './fail-step.ts';
import { giveUpOnPerson } from './intervention.ts';

export interface WaitingStep extends Step {
  readonly waiting: Waiting;
}

const NONE: readonly WaitingStep[] = [];

const waitingInSection = once((section: Section): readonly WaitingStep[] =>
  gather(section.steps, (step) => (step.waiting === null ? NONE : [{ ...step, waiting: step.waiting }])),
);
const waitingIn = once((phase: Phase): readonly WaitingStep[] => gather(phase.sections, waitingInSection));

/** None in a run that is being stopped: there the steps only wait to be closed. */
export const waitingSteps = once((run: Run): readonly WaitingStep[] => {
  const last = run.phases.at(-1);
  if (last === undefined || isTerminal(run.status) || run.abort !== null) return [];
  return run.rollback !== null && last.kind !== 'ROLLBACK' ? [] : waitingIn(last);
});

export function expireWaiting(turn: Turn, run: Run): void {
  for (const step of waitingSteps(run)) if (turn.now >= step.waiting.until) giveUp(turn, run, step);
}

/** When the first of them has waited long enough; Infinity when none waits. */
export const nextGivingUp = (run: Run): number =>
  waitingSteps(run).reduce((next, { waiting }) => Math.min(next, waiting.until), Infinity);

function giveUp(turn: Turn, run: Run, step: WaitingStep): void {
  const { id, waiting } = step;
  const fail = (why: Failure): void => failStep(turn, id, why);
  switch (waiting.on) {
    case 'INTERVENTION':
      return giveUpOnPerson(turn, run, step, waiting);
    case 'APPROVAL':
      return expireApproval(turn, run, id);
    case 'BARRIER':
      return fail(failure('BARRIER_TIMEOUT', `not everybody arrived at the barrier '${waiting.identifier}' in time`));
    case 'PERMITS':
      return fail(failure('PERMITS_TIMEOUT', 'the guard had no room in time'));
  }
}
