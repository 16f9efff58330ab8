/**
 * Which agent may append to the log of an attempt: the one that the journal has at work on it, or had at its end. Known
 * of what started here; read from the journal of what an agent brings with it from another session.
 */
import {
  executionOf,
  type AgentId,
  type AttemptId,
  type ExecutionId,
  type LedgerId,
} from '@fairlead/proto/model/ids.ts';
import type { Execution } from '../engine/execution.ts';
import { findAttempt } from '../engine/tree.ts';
import type { FormerName } from './former-name.ts';
import { isPassing } from './insist.ts';

/** Of each agent, far more than it can be behind with; of what is forgotten the journal is read again, which costs much. */
const KEPT = 20_000;

export class LogWriters {
  readonly #load: (id: ExecutionId) => Promise<Execution | null>;
  readonly #formerName: Pick<FormerName, 'covers'>;
  readonly #known = new Map<AgentId, Set<AttemptId>>();

  constructor(load: (id: ExecutionId) => Promise<Execution | null>, formerName: Pick<FormerName, 'covers'>) {
    this.#load = load;
    this.#formerName = formerName;
  }

  /** It has the permission to start. */
  started(attemptId: AttemptId, agentId: AgentId): void {
    const known = this.#known.get(agentId) ?? new Set();
    this.#known.set(agentId, known.add(attemptId));
    const [oldest] = known;
    if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
  }

  /** It gave it back; another may do it. */
  released(attemptId: AttemptId, agentId: AgentId): void {
    this.#known.get(agentId)?.delete(attemptId);
  }

  left(agentId: AgentId): void {
    this.#known.delete(agentId);
  }

  /** Those of the attempts whose logs the agent may write. */
  async among(attemptIds: readonly AttemptId[], agentId: AgentId, ledgerId: LedgerId): Promise<ReadonlySet<AttemptId>> {
    const theirs = new Set<AttemptId>();
    const unsure = new Map<ExecutionId, AttemptId[]>();
    for (const attemptId of attemptIds) {
      if (this.#known.get(agentId)?.has(attemptId) === true) theirs.add(attemptId);
      else unsure.set(executionOf(attemptId), [...(unsure.get(executionOf(attemptId)) ?? []), attemptId]);
    }
    for (const [id, attempts] of unsure) {
      const execution = await this.#read(id);
      for (const attemptId of attempts) {
        if (execution !== 'unreadable') {
          const attempt = execution === null ? undefined : findAttempt(execution, attemptId);
          if (attempt === undefined) continue;
          if (attempt.agentId !== agentId && !this.#formerName.covers(attempt, ledgerId)) continue;
          this.started(attemptId, agentId);
        }
        theirs.add(attemptId);
      }
    }
    return theirs;
  }

  /** A bug of ours in interpreting a journal is no reason to lose the log that may explain it. */
  async #read(id: ExecutionId): Promise<Execution | 'unreadable' | null> {
    try {
      return await this.#load(id);
    } catch (error) {
      if (isPassing(error)) throw error;
      return 'unreadable';
    }
  }
}
