/**
 * What agents say about attempts, and what others find out for them. A report that is stale, or comes again, yields no
 * event. Nothing was started at a target before `AttemptStarted` stands in the journal.
 */
import { failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { Attempt } from '../execution.ts';
import type { Input } from '../inputs.ts';
import { stepPlanOf } from '../plan-of.ts';
import { findAttempt } from '../tree.ts';
import type { Turn } from '../turn.ts';
import { wasOverdue } from './expire.ts';

type InputOf<K extends Input['input']> = Extract<Input, { input: K }>;

/** The attempt, if it can still change. */
function open(turn: Turn, id: string): Attempt | undefined {
  const attempt = findAttempt(turn.execution, id);
  return attempt?.state === 'ENDED' ? undefined : attempt;
}

/** The same, if it is theirs who speak of it: of an agent's attempt no other agent has a say. */
function openTo(turn: Turn, { attemptId, agentId }: InputOf<'checkpoint' | 'finished'>): Attempt | undefined {
  const attempt = open(turn, attemptId);
  return agentId === undefined || attempt?.agentId === agentId ? attempt : undefined;
}

export function assign(turn: Turn, input: InputOf<'agentChosen'>): void {
  const attempt = open(turn, input.attemptId);
  if (attempt?.state !== 'PENDING' || attempt.cancel !== null) return;
  const { attemptId, agentId, ledgerId, sessionId } = input;
  turn.emit({ event: 'AttemptAssigned', attemptId, agentId, ledgerId, sessionId });
}

export function notAssignable(turn: Turn, input: InputOf<'noAgent'>): void {
  const attempt = open(turn, input.attemptId);
  if (attempt?.state !== 'PENDING' || attempt.unassignable?.failure.message === input.failure.message) return;
  turn.emit({ event: 'AttemptUnassignable', attemptId: input.attemptId, failure: input.failure });
}

/** It will never start under this assignment. */
export function release(turn: Turn, input: InputOf<'released'>): void {
  const attempt = open(turn, input.attemptId);
  if (attempt === undefined || attempt.assignment !== input.assignment || attempt.agentId !== input.agentId) return;
  if (attempt.state === 'PENDING') return;
  // A started attempt is released only by an agent whose ledger shows that it never did begin.
  if (attempt.state !== 'ASSIGNED' && !input.final) return;
  if (attempt.cancel !== null) return endCanceled(turn, attempt, attempt.cancel.reason);
  turn.emit({ event: 'AttemptReleased', attemptId: attempt.id, failure: input.failure, final: input.final });
}

/** Nothing of it ever ran, so its end needs no confirmation. */
export function endCanceled(turn: Turn, attempt: Attempt, reason: string): void {
  const result = {
    outcome: 'CANCELED',
    failure: failure('CANCELED', reason),
    touched: false,
    confirmed: true,
  } as const;
  turn.emit({ event: 'AttemptEnded', attemptId: attempt.id, result: asTimeout(turn, attempt, result) });
}

export function start(turn: Turn, input: InputOf<'starting'>): void {
  const attempt = open(turn, input.attemptId);
  if (attempt === undefined || attempt.agentId !== input.agentId || attempt.assignment !== input.assignment) return;
  if (attempt.cancel !== null) return;
  if (attempt.state === 'UNKNOWN') turn.emit({ event: 'AttemptFound', attemptId: attempt.id });
  if (attempt.state !== 'ASSIGNED') return;
  const { timeoutMs } = stepPlanOf(turn.execution, attempt.id);
  turn.emit({ event: 'AttemptStarted', attemptId: attempt.id, deadline: turn.now + timeoutMs });
}

export function checkpoint(turn: Turn, input: InputOf<'checkpoint'>): void {
  const attempt = openTo(turn, input);
  if (attempt === undefined || attempt.checkpoints.some((each) => each.name === input.name)) return;
  turn.emit({ event: 'AttemptCheckpointed', attemptId: input.attemptId, name: input.name, data: input.data });
}

/** The agent's word counts whenever it comes, as long as nothing else has been taken as the truth. */
export function end(turn: Turn, input: InputOf<'finished'>): void {
  const attempt = openTo(turn, input);
  if (attempt === undefined) return;
  turn.emit({ event: 'AttemptEnded', attemptId: attempt.id, result: asTimeout(turn, attempt, input.result) });
}

/** Stopped because its time was over is no wish of anybody: it has failed, and strategies for timeouts apply (3.4). */
function asTimeout(turn: Turn, attempt: Attempt, result: AttemptResult): AttemptResult {
  if (result.outcome !== 'CANCELED' || !wasOverdue(turn.execution, attempt)) return result;
  const details = result.confirmed === false ? { details: { confirmed: false } } : {};
  return {
    ...result,
    outcome: 'FAILED',
    failure: failure('STEP_TIMEOUT', 'it was stopped: its time was over', details),
  };
}

export function lose(turn: Turn, input: InputOf<'agentLost'>): void {
  const attempt = open(turn, input.attemptId);
  if (attempt === undefined || attempt.agentId !== input.agentId) return;
  if (attempt.state === 'STARTED') {
    turn.emit({ event: 'AttemptLost', attemptId: attempt.id, reason: input.reason });
  } else if (attempt.state === 'ASSIGNED') {
    if (attempt.cancel !== null) endCanceled(turn, attempt, attempt.cancel.reason);
    else {
      const lost = failure('AGENT_LOST', input.reason);
      turn.emit({ event: 'AttemptReleased', attemptId: attempt.id, failure: lost, final: false });
    }
  }
}

export function findAgain(turn: Turn, input: InputOf<'agentBack'>): void {
  const attempt = open(turn, input.attemptId);
  if (attempt?.state !== 'UNKNOWN' || attempt.agentId !== input.agentId) return;
  turn.emit({ event: 'AttemptFound', attemptId: attempt.id });
}

/** Somebody looked at the target, or a person decided. Only for attempts whose agent cannot say it itself. */
export function learnOutcome(turn: Turn, input: InputOf<'outcomeFound'>): void {
  const attempt = open(turn, input.attemptId);
  if (attempt?.state !== 'UNKNOWN') return;
  turn.emit({ event: 'AttemptEnded', attemptId: attempt.id, result: input.result });
}
