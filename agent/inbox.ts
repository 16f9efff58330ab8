import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import { executionOf, type AttemptId, type ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { AgentAnswer, AgentRequest, Cancel, Offer, Query } from '@fairlead/proto/model/task.ts';
import type { Executor } from './executor.ts';
import type { LedgerEntry } from './ledger-entries.ts';
import type { Ledger } from './ledger.ts';
import type { Logger } from './ports/logger.ts';
import type { Workshop } from './ports/workshop.ts';

export interface InboxParts {
  readonly ledger: Ledger;
  readonly executor: Executor;
  readonly queries: Workshop['queries'];
  readonly logger: Logger;
  /** Accepted attempts that may wait for a place. */
  readonly queueLimit: number;
  sessionId(): string | null;
  draining(): boolean;
}

/** Executions whose highest epoch is remembered. An older one is protected by its session id alone. */
const EPOCHS_KEPT = 10_000;

/** Answers the control plane's requests. Every answer that promises something is durable in the ledger before it is given. */
export class Inbox {
  readonly #parts: InboxParts;
  readonly #epochs = new Map<ExecutionId, number>();

  constructor(parts: InboxParts) {
    this.#parts = parts;
    for (const entry of parts.ledger.all()) this.#sawEpoch(entry.attemptId, entry.epoch);
  }

  /** The store was restored from a backup: it counts its epochs from an earlier one on. Nobody is left who sent the later ones. */
  restored(): void {
    this.#epochs.clear();
  }

  async handle(request: AgentRequest): Promise<AgentAnswer> {
    try {
      switch (request.kind) {
        case 'offer':
          return await this.#offer(request);
        case 'cancel':
          return await this.#cancel(request);
        case 'query':
          return await this.#query(request);
      }
    } catch (error) {
      if (error instanceof FailureError) return { answer: 'refused', final: false, failure: error.failures[0] };
      this.#parts.logger.error({ err: error, kind: request.kind }, 'a request could not be handled');
      const message = error instanceof Error ? error.message : String(error);
      return { answer: 'refused', final: false, failure: failure('INTERNAL', `a bug in the agent: ${message}`) };
    }
  }

  async #offer(offer: Offer): Promise<AgentAnswer> {
    const { ledger, executor } = this.#parts;
    const { attemptId, assignment, epoch } = offer;
    if (offer.ledgerId !== ledger.id) return refuse(`this ledger is ${ledger.id}, not ${offer.ledgerId}`);
    const outdated = this.#outdated(attemptId, epoch);
    if (outdated !== null) return outdated;

    const entry = ledger.entry(attemptId);
    if (entry !== undefined && !this.#isNewAssignment(entry, assignment)) {
      // What is answered from memory must be as durable as if it had been answered the first time.
      await ledger.written();
      return this.#known(entry, assignment);
    }
    if (offer.sessionId !== this.#parts.sessionId()) return refuse(`the session is not ${offer.sessionId} any more`);
    const unwanted = this.#unwanted(offer);
    if (unwanted !== null) {
      await ledger.tombstone(attemptId, { assignment, epoch, failure: unwanted, every: false, owed: false });
      return { answer: 'refused', final: true, failure: unwanted };
    }
    await ledger.accepted(offer);
    executor.enqueue(attemptId);
    return { answer: 'accepted' };
  }

  /** A later assignment makes an earlier one void, as long as nothing was started. */
  #isNewAssignment(entry: LedgerEntry, assignment: number): boolean {
    if (assignment <= entry.assignment) return false;
    return entry.state === 'ACCEPTED' || (entry.state === 'TOMBSTONE' && !entry.every);
  }

  #known(entry: LedgerEntry, assignment: number): AgentAnswer {
    if (entry.state === 'TOMBSTONE') {
      const why = entry.failure ?? failure('CANCELED', 'it was given back');
      return { answer: 'refused', final: true, failure: why };
    }
    if (assignment < entry.assignment) return refuse(`assignment ${assignment} was followed by ${entry.assignment}`);
    if (entry.state === 'FINISHED' && entry.settled) this.#parts.executor.tell(entry);
    return { answer: 'known', state: entry.state };
  }

  #unwanted(offer: Offer): Failure | null {
    const { executor, queueLimit } = this.#parts;
    if (this.#parts.draining()) return failure('UNAVAILABLE', 'the agent is draining');
    if (executor.waiting >= queueLimit) return failure('OVERLOADED', `${executor.waiting} tasks wait here already`);
    if (executor.capabilities.includes(offer.task.type)) return null;
    return failure('UNSUPPORTED', `this agent has no platform for steps of type '${offer.task.type}'`);
  }

  async #cancel(cancel: Cancel): Promise<AgentAnswer> {
    const { ledger, executor } = this.#parts;
    const { attemptId, epoch } = cancel;
    const outdated = this.#outdated(attemptId, epoch);
    if (outdated !== null) return outdated;
    const entry = ledger.entry(attemptId);
    const why = failure('CANCELED', cancel.reason);
    switch (entry?.state) {
      case undefined:
        await ledger.tombstone(attemptId, { assignment: 0, epoch, failure: why, every: true, owed: false });
        return { answer: 'tombstoned' };
      case 'TOMBSTONE':
        await this.#seal(entry, epoch);
        return { answer: 'tombstoned' };
      case 'ACCEPTED':
        await executor.release(attemptId, why, true);
        return { answer: 'canceling' };
      case 'STARTED':
        executor.cancel(attemptId, { kind: 'cancel', graceMs: cancel.graceMs });
        return { answer: 'canceling' };
      case 'FINISHED':
        await ledger.written();
        return this.#known(entry, entry.assignment);
    }
  }

  /** A canceled attempt starts in no later assignment either. */
  async #seal(entry: LedgerEntry, epoch: number): Promise<void> {
    const { ledger } = this.#parts;
    const why = entry.failure ?? failure('CANCELED', 'it was given back');
    if (entry.every) return await ledger.written();
    const { attemptId, assignment, settled } = entry;
    await ledger.tombstone(attemptId, { assignment, epoch, failure: why, every: true, owed: !settled });
  }

  async #query(query: Query): Promise<AgentAnswer> {
    if (query.query === 'recall') return await this.#recall(String(query.arguments['attemptId']));
    const handler = this.#parts.queries[query.query];
    if (handler === undefined) {
      const why = failure('UNSUPPORTED', `this agent does not answer queries of kind '${query.query}'`);
      return { answer: 'refused', final: true, failure: why };
    }
    return { answer: 'result', value: await handler(query.arguments) };
  }

  /** Asked by a journal that is behind: restored from a backup, it does not know what was acknowledged after that. */
  async #recall(attemptId: AttemptId): Promise<AgentAnswer> {
    const { ledger } = this.#parts;
    const entry = ledger.entry(attemptId);
    if (entry === undefined) return { answer: 'result', value: null };
    await ledger.written();
    return this.#known(entry, entry.assignment);
  }

  #outdated(attemptId: AttemptId, epoch: number): AgentAnswer | null {
    const highest = this.#epochs.get(executionOf(attemptId)) ?? 0;
    if (epoch < highest) return refuse(`epoch ${epoch} is over; epoch ${highest} was seen`);
    this.#sawEpoch(attemptId, epoch);
    return null;
  }

  #sawEpoch(attemptId: AttemptId, epoch: number): void {
    const execution = executionOf(attemptId);
    const highest = Math.max(epoch, this.#epochs.get(execution) ?? 0);
    // To the end of the order: the execution heard of longest ago is forgotten first.
    this.#epochs.delete(execution);
    this.#epochs.set(execution, highest);
    const [oldest] = this.#epochs.keys();
    if (this.#epochs.size > EPOCHS_KEPT && oldest !== undefined) this.#epochs.delete(oldest);
  }
}

type Failure = ReturnType<typeof failure>;

/** Not now and not like this; whether it may start here later is open. */
const refuse = (message: string): AgentAnswer => ({
  answer: 'refused',
  final: false,
  failure: failure('ILLEGAL_STATE', message),
});
