/**
 * The name an agent had before it was enrolled anew over its old ledger. What that ledger holds it did, so it goes on to
 * speak of it; but not while somebody is here by the former name: then one of the two is a copy of the other.
 */
import {
  executionOf,
  type AgentId,
  type AttemptId,
  type ExecutionId,
  type LedgerId,
} from '@fairlead/proto/model/ids.ts';
import type { Attempt, Execution } from '../engine/execution.ts';
import { findAttempt } from '../engine/tree.ts';
import type { AgentDirectory } from './agent-directory.ts';

type Given = Pick<Attempt, 'agentId' | 'ledgerId'>;

export class FormerName {
  readonly #load: (id: ExecutionId) => Promise<Execution | null>;
  readonly #agents: Pick<AgentDirectory, 'isHere'>;

  constructor(load: (id: ExecutionId) => Promise<Execution | null>, agents: Pick<AgentDirectory, 'isHere'>) {
    this.#load = load;
    this.#agents = agents;
  }

  /** By which the journal has given the attempt to whoever holds this ledger; null: to nobody that is away. */
  async of(attemptId: AttemptId, ledgerId: LedgerId): Promise<AgentId | null> {
    const execution = await this.#load(executionOf(attemptId));
    const attempt = execution === null ? undefined : findAttempt(execution, attemptId);
    return attempt !== undefined && this.covers(attempt, ledgerId) ? attempt.agentId : null;
  }

  covers(attempt: Given, ledgerId: LedgerId): boolean {
    return attempt.agentId !== null && attempt.ledgerId === ledgerId && !this.#agents.isHere(attempt.agentId);
  }
}
