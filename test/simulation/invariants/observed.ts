/** What the invariants look at: the store, the targets and the messages, as somebody sees them who is never lied to. */
import { executionOf, type AttemptId } from '@fairlead/proto/model/ids.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { LockState } from '../../../control-plane/app/lock-keeper.ts';
import type { Attempt } from '../../../control-plane/engine/execution.ts';
import { findAttempt } from '../../../control-plane/engine/tree.ts';
import type { MemoryData } from '../../support/memory-store/index.ts';
import type { Change, Journals } from '../journals.ts';
import type { Effect } from '../target-world.ts';

export interface Observed {
  readonly journals: Journals;
  readonly data: MemoryData;
  /** Milliseconds since the run began. */
  elapsed(): number;
  /** What was really begun for an attempt. */
  effect(attemptId: AttemptId): Effect | undefined;
  /** All that was begun, oldest first. */
  readonly effects: readonly Effect[];
  lock(key: string): LockState | null;
}

/** Null when all is well, otherwise what is not. */
export type Finding = string | null;

export type JournalInvariant = (change: Change, observed: Observed) => Finding;

export const firstOf = <T>(all: Iterable<T>, check: (each: T) => Finding): Finding => {
  for (const each of all) {
    const found = check(each);
    if (found !== null) return found;
  }
  return null;
};

export function attemptIn({ journals }: Observed, work: string): Attempt | undefined {
  const execution = journals.execution(executionOf(work));
  return execution === null ? undefined : findAttempt(execution, work);
}

/** A person who says what became of an attempt is believed, whatever the host knows. */
export const isSaidByPerson = ({ notes }: AttemptResult): boolean =>
  notes?.some((note) => note.includes('said so')) === true;

/** It runs on its host, and nobody has answered for it. */
export function isAtWork(effect: Effect, observed: Observed): boolean {
  if (effect.endedAt !== null) return false;
  const result = attemptIn(observed, effect.work)?.result ?? null;
  return result === null || !isSaidByPerson(result);
}
