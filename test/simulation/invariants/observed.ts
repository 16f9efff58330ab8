/** What the invariants look at: the store, the targets and the messages, as somebody sees them who is never lied to. */
import type { AttemptId } from '@fairlead/proto/model/ids.ts';
import type { LockState } from '../../../control-plane/app/lock-keeper.ts';
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
