/**
 * Barriers (orchestration 7): everybody who has arrived goes on in one decision, or fails in one. What failed before its
 * barrier fails those who wait for it and those who come later, each by its own strategy; what fails after it, nobody.
 */
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import { groupAt, identifierOf, type Participant } from '../barrier-group.ts';
import type { Execution, Run } from '../execution.ts';
import type { StepPlan } from '../plan.ts';
import type { Turn } from '../turn.ts';
import { failStep } from './fail-step.ts';
import { waitingSteps } from './waiting.ts';

export function arrive(turn: Turn, stepId: string, plan: StepPlan): void {
  turn.emit({ event: 'StepStarted', stepId, targets: [] });
  const identifier = identifierOf(plan);
  if (identifier === null) {
    const why = failure('INVALID_INPUT', `the barrier '${plan.name}' has no identifier`);
    return turn.emit({ event: 'StepEnded', stepId, status: 'FAILED', failure: why, skipped: null });
  }
  const waiting = { on: 'BARRIER', since: turn.now, until: turn.now + plan.timeoutMs, identifier } as const;
  turn.emit({ event: 'StepWaiting', stepId, waiting });
}

/** Looks at every barrier somebody waits at; called when all runs have gone as far as they could. */
export function advanceBarriers(turn: Turn): void {
  for (const { stageId, identifier } of waitedFor(turn.execution)) {
    const group = groupAt(turn.execution, stageId, identifier).filter((each) => each.state !== 'GONE');
    const failed = group.find((each) => each.state === 'FAILED');
    if (hasPassed(turn.execution, stageId, identifier)) pass(turn, group);
    else if (failed !== undefined) fail(turn, stageId, identifier, group, failed);
    else if (group.every((each) => each.state === 'ARRIVED')) {
      const stepIds = group.flatMap((each) => each.step?.id ?? []);
      turn.emit({ event: 'BarrierPassed', stageId, identifier, stepIds });
      pass(turn, group);
    }
  }
}

function waitedFor(execution: Execution): readonly { readonly stageId: string; readonly identifier: string }[] {
  const groups = new Map<string, { stageId: string; identifier: string }>();
  for (const run of execution.runs) {
    for (const { waiting } of waitingSteps(run)) {
      if (waiting?.on !== 'BARRIER') continue;
      const { identifier } = waiting;
      groups.set(JSON.stringify([run.stageId, identifier]), { stageId: run.stageId, identifier });
    }
  }
  return [...groups.values()];
}

const known = (execution: Execution, stageId: string, identifier: string) =>
  execution.barriers.find((each) => each.stageId === stageId && each.identifier === identifier);

const hasPassed = (execution: Execution, stageId: string, identifier: string): boolean =>
  known(execution, stageId, identifier)?.state === 'PASSED';

function pass(turn: Turn, group: readonly Participant[]): void {
  for (const { step } of group) {
    if (step !== null)
      turn.emit({ event: 'StepEnded', stepId: step.id, status: 'SUCCESS', failure: null, skipped: null });
  }
}

function fail(turn: Turn, stageId: string, identifier: string, group: readonly Participant[], peer: Participant): void {
  const why = peerFailure(peer);
  if (known(turn.execution, stageId, identifier) === undefined) {
    turn.emit({ event: 'BarrierFailed', stageId, identifier, peer: peer.run.id, failure: why });
  }
  for (const { step } of group) {
    if (step !== null) failStep(turn, step.id, why);
  }
}

/** Of the type of what failed the peer, so that strategies see the one failure there is. */
function peerFailure({ run, name }: Participant): Failure {
  const cause = causeOf(run);
  return failure(cause.code, `peer ${name} failed: ${cause.message}`, { details: { ...cause.details, peer: run.id } });
}

const causeOf = ({ failure: own, abort }: Run): Failure =>
  abort === null ? (own ?? failure('CANCELED', 'it ended')) : failure('CANCELED', `it was aborted: ${abort.reason}`);
