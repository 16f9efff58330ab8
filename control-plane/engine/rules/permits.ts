/** Resource constraints (orchestration 8.2): asked for by a step, held until the end of the phase, run or execution. */
import { resolveTemplate } from '@fairlead/proto/expressions/index.ts';
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import {
  resourceConstraintParameters,
  type GuardStrategy,
  type ResourceConstraintParameters,
} from '@fairlead/proto/steps/flow.ts';
import type { Run } from '../execution.ts';
import type { Input } from '../inputs.ts';
import { failStep } from './fail-step.ts';
import { heldAlready, isAskedFor, mayBeReleased } from '../permits.ts';
import type { StepPlace } from '../place.ts';
import type { Named } from '../plan.ts';
import { ownerOf, scopeOfPhase } from '../scope.ts';
import type { Turn } from '../turn.ts';

/** Units stand in ids of the lock store. */
const MAX_UNIT = 256;

export function askForPermits(turn: Turn, place: StepPlace, stepId: string): void {
  turn.emit({ event: 'StepStarted', stepId, targets: [] });
  const asked = whatToAskFor(turn, place);
  if ('code' in asked) {
    return failStep(turn, stepId, asked);
  }
  const { constraint, capacity, strategy, scope, unit, permits } = asked;
  // A step that tries again asks anew: what it gave up stays given up.
  const number = turn.execution.permits.filter((each) => each.stepId === stepId).length + 1;
  const requestId = `${stepId}/permits.${number}`;
  const terms = { constraint, unit, permits, capacity, strategy, owner: ownerOf(turn.execution, place, scope) };
  turn.emit({ event: 'PermitsRequested', stepId, requestId, ...terms });
  const waiting = { on: 'PERMITS', since: turn.now, until: turn.now + place.plan.timeoutMs, requestId } as const;
  turn.emit({ event: 'StepWaiting', stepId, waiting });
}

interface Asked extends Pick<ResourceConstraintParameters, 'scope' | 'unit'> {
  readonly constraint: Named;
  readonly capacity: number;
  readonly strategy: GuardStrategy;
  readonly permits: number;
}

function whatToAskFor(turn: Turn, { run, phase, plan }: StepPlace): Asked | Failure {
  const parsed = resourceConstraintParameters.safeParse(plan.parameters);
  if (!parsed.success) return failure('INVALID_INPUT', parsed.error.issues.map((issue) => issue.message).join('; '));
  const { constraint: name, guard, scope } = parsed.data;
  if (guard === undefined) return failure('INVALID_INPUT', `there is no guard '${name}'`);
  const where = scopeOfPhase(turn.execution, run, phase);
  const unit = resolveTemplate(parsed.data.unit, where, { strict: true });
  if (!unit.ok) return unit.failures[0] ?? failure('EXPRESSION', 'the unit cannot be evaluated');
  if (typeof unit.value !== 'string' || unit.value.length > MAX_UNIT) {
    return failure('EXPRESSION', `the unit must be plain text of at most ${MAX_UNIT} characters, known here`);
  }
  const permits = resolveTemplate(String(parsed.data.permits), where, { strict: true });
  if (!permits.ok) return permits.failures[0] ?? failure('EXPRESSION', 'the permits cannot be evaluated');
  const wanted = typeof permits.value === 'string' && permits.value.trim() !== '' ? Number(permits.value) : NaN;
  if (!Number.isInteger(wanted) || wanted < 1) {
    return failure('EXPRESSION', `the permits must be a whole number of at least 1, not '${String(permits.value)}'`);
  }
  const { id, capacity, strategy } = guard;
  const asked: Asked = { constraint: { id, name }, capacity, strategy, scope, unit: unit.value, permits: wanted };
  return tooMuch(turn, run, asked) ?? asked;
}

/** What can never be had fails at once instead of waiting for itself. */
function tooMuch(turn: Turn, run: Run, asked: Asked): Failure | null {
  const { constraint, capacity, permits } = asked;
  if (permits > capacity) {
    return failure('PERMITS_EXCEEDED', `${permits} permits of '${constraint.name}', which has ${capacity}`);
  }
  const held = heldAlready(turn.execution, run, asked);
  if (held + permits <= capacity) return null;
  const message = `${permits} more permits of '${constraint.name}', of which it holds ${held} of ${capacity} itself: it would wait for its own end`;
  return failure('DEADLOCK', message);
}

const permitsOf = (turn: Turn, requestId: string) =>
  turn.execution.permits.find((each) => each.requestId === requestId);

export function answerPermits(turn: Turn, input: Extract<Input, { input: 'permitsAnswered' }>): void {
  const { requestId, answer } = input;
  const permits = permitsOf(turn, requestId);
  if (permits === undefined || !isAskedFor(turn.execution, permits)) return;
  const { stepId } = permits;
  if (answer.state === 'HELD') {
    turn.emit({ event: 'PermitsGranted', requestId, ticket: answer.ticket });
    turn.emit({ event: 'StepEnded', stepId, status: 'SUCCESS', failure: null, skipped: null });
  } else if (answer.state === 'QUEUED') {
    if (permits.position !== answer.position) {
      turn.emit({ event: 'PermitsQueued', requestId, position: answer.position });
    }
  } else {
    turn.emit({ event: 'PermitsRefused', requestId, failure: answer.failure });
    failStep(turn, stepId, answer.failure);
  }
}

export function releasePermits(turn: Turn, { requestId }: Extract<Input, { input: 'permitsReleased' }>): void {
  const permits = permitsOf(turn, requestId);
  if (permits === undefined) return;
  if (mayBeReleased(turn.execution, permits)) turn.emit({ event: 'PermitsReleased', requestId });
}
