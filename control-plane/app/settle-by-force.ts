/**
 * The way out for an execution that has ended and cannot be decided on any more: it would keep its locks for ever. An
 * operator says so, having seen what stays unconfirmed; everything else settles by itself and is refused here.
 */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { AttemptId, ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { Execution } from '../engine/execution.ts';
import { openAttempts } from '../engine/open-attempts.ts';
import { settledByForce } from '../engine/rules/settle-by-force.ts';
import type { Broken } from './broken.ts';
import { interpret, type Engine } from './engine.ts';

/** What is given up. */
export interface ForcedSettlement {
  readonly executionId: ExecutionId;
  /** Whose end nobody has seen: whatever they do may still go on while others deploy there. */
  readonly unconfirmed: readonly AttemptId[];
  /** Locks that become free. */
  readonly locks: readonly string[];
}

export const forcedSettlement = (execution: Execution): ForcedSettlement => ({
  executionId: execution.id,
  unconfirmed: execution.runs.flatMap((run) => openAttempts(run).map((attempt) => attempt.id)),
  locks: execution.runs.flatMap(({ lock }) => (lock === null || lock.state === 'RELEASED' ? [] : lock.keys)),
});

export interface SettleByForce {
  readonly actor: string;
  readonly reason: string;
  /** As it was shown: what has changed since is shown again. */
  readonly unconfirmed: readonly AttemptId[];
}

export async function settleByForce(broken: Broken, id: ExecutionId, by: SettleByForce): Promise<void> {
  await broken.appendByForce(id, (execution, engine, now) => {
    refuseUnlessStuck(engine, execution, now);
    const { unconfirmed } = forcedSettlement(execution);
    if (unconfirmed.toSorted().join() !== by.unconfirmed.toSorted().join()) {
      const shown = unconfirmed.length === 0 ? 'nothing' : unconfirmed.join(', ');
      throw new FailureError(
        failure('CONFLICT', `what stays unconfirmed is not what was agreed to; it is ${shown}`, {
          field: 'unconfirmed',
          details: { unconfirmed: unconfirmed.slice(0, 100) },
        }),
      );
    }
    return settledByForce(execution, by.actor, by.reason, now);
  });
}

function refuseUnlessStuck(engine: Engine, execution: Execution, now: number): void {
  const refuse = (why: string): never => {
    throw new FailureError(failure('ILLEGAL_STATE', why));
  };
  if (execution.settled) return refuse('it is settled already');
  if (execution.endedAt === null) return refuse('it has not ended: abort it first, which ends it whatever is wrong');
  try {
    interpret('decide tick', () => engine.decide(execution, { input: 'tick' }, now));
    interpret('wanted', () => engine.wanted(execution));
    interpret('nextDeadline', () => engine.nextDeadline(execution));
  } catch {
    return;
  }
  refuse('nothing is wrong with it: it settles by itself, as soon as all that it waits for is confirmed');
}
