import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptId } from '@fairlead/proto/model/ids.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import type { Report } from '@fairlead/proto/model/task.ts';
import { workOn } from './attempt-work.ts';
import { boundedFailure, boundedResult } from './bounded-result.ts';
import type { LedgerEntry } from './ledger-entries.ts';
import type { Ledger } from './ledger.ts';
import type { LogStream } from './log-stream.ts';
import type { Outbox } from './outbox.ts';
import type { CancelReason, Platform } from './platforms/platform.ts';
import type { Logger } from './ports/logger.ts';
import type { Workshop } from './ports/workshop.ts';

export interface ExecutorParts {
  readonly system: System;
  readonly ledger: Ledger;
  readonly outbox: Outbox;
  readonly logs: LogStream;
  readonly workshop: Workshop;
  readonly logger: Logger;
  /** Attempts that run at once. */
  readonly capacity: number;
  /** May something start now: is there a session whose lease holds? */
  mayStart(): boolean;
}

/**
 * Runs attempts. Nothing happens at a target before the control plane has recorded the attempt as started (`starting`
 * and its acknowledgement, inside the session's lease) and the ledger has too. What was started is never started again.
 */
export class Executor {
  readonly #parts: ExecutorParts;
  readonly #platforms: ReadonlyMap<string, Platform>;
  /** Accepted and waiting, in order. */
  readonly #queue = new Set<AttemptId>();
  /** Waiting for the acknowledgement of `starting`, by the report's id. */
  readonly #starting = new Map<AttemptId, string>();
  readonly #running = new Map<AttemptId, AbortController>();
  #draining = false;
  #left = false;
  #idle: (() => void)[] = [];

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
    this.#platforms = new Map(
      parts.workshop.platforms.flatMap((platform) => platform.types.map((type) => [type, platform] as const)),
    );
  }

  get running(): number {
    return this.#running.size + this.#starting.size;
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /** Step types it can do. */
  get capabilities(): readonly string[] {
    return [...this.#platforms.keys()];
  }

  /** Takes up what an earlier process left behind. */
  resume(): void {
    for (const entry of this.#parts.ledger.open()) {
      if (entry.state === 'ACCEPTED') this.#queue.add(entry.attemptId);
      else if (entry.state === 'STARTED') void this.#run(entry, true);
      else this.tell(entry);
    }
  }

  /** An attempt was accepted. */
  enqueue(attemptId: AttemptId): void {
    if (this.#starting.has(attemptId)) return;
    this.#queue.add(attemptId);
    this.pump();
  }

  /** Starts what may start: call it when a session opened or a place became free. */
  pump(): void {
    for (const attemptId of this.#queue) {
      if (this.#draining || this.running >= this.#parts.capacity || !this.#parts.mayStart()) return;
      this.#queue.delete(attemptId);
      void this.#start(attemptId);
    }
  }

  /** The session is gone: whoever asked for its start asks again in the next one. */
  disconnected(): void {
    for (const id of this.#starting.values()) this.#parts.outbox.drop(id);
  }

  /**
   * The journal does not know what it was accepted as, and nobody waits for a word about it. Nothing was started, so whatever
   * it is offered as from now on may start.
   */
  async forget(attemptId: AttemptId): Promise<void> {
    const entry = this.#parts.ledger.entry(attemptId);
    if (entry?.state !== 'ACCEPTED') return;
    const why = failure('CANCELED', 'the control plane does not count on this attempt any more');
    await this.#bury({ ...entry, assignment: 0 }, why, { every: false, owed: false });
  }

  /** Gives an accepted attempt back before its start, and says so. */
  async release(attemptId: AttemptId, why: Failure, every: boolean): Promise<void> {
    const entry = this.#parts.ledger.entry(attemptId);
    if (entry?.state !== 'ACCEPTED') return;
    await this.#bury(entry, why, { every, owed: true });
    const buried = this.#parts.ledger.entry(attemptId);
    if (buried !== undefined) this.tell(buried);
  }

  /**
   * What runs is left to the next process. That connections are taken from it now is no failure of the work: only its
   * success is still written down.
   */
  leave(): void {
    this.#left = true;
  }

  cancel(attemptId: AttemptId, reason: CancelReason): void {
    this.#running.get(attemptId)?.abort(reason);
  }

  /** Reports (again) how an attempt ended. */
  tell(entry: LedgerEntry): void {
    const { attemptId, assignment, result } = entry;
    if (entry.state === 'FINISHED') {
      // An earlier release wrote it down at any size.
      const told = { report: 'finished', attemptId, result: boundedResult(result ?? NOT_KEPT) } as const;
      void this.#report(`${attemptId}:finished`, assignment, told);
    } else if (entry.state === 'TOMBSTONE' && entry.failure !== null) {
      const why = boundedFailure(entry.failure);
      const released = { report: 'released', attemptId, assignment, failure: why } as const;
      void this.#report(`${attemptId}:released:${assignment}`, assignment, released);
    }
  }

  /** Takes nothing up any more, gives back what has not started, and resolves when the rest has ended. */
  async drain(): Promise<void> {
    this.#draining = true;
    // An offer that is on its way to the disk was promised to nobody, and will be.
    await this.#parts.ledger.written().catch(this.#lostLedger);
    for (const { attemptId, state } of this.#parts.ledger.open()) {
      // Those that ask for their start are put back when they are answered.
      if (state !== 'ACCEPTED' || this.#starting.has(attemptId)) continue;
      await this.release(attemptId, DRAINING, false).catch(this.#lostLedger);
    }
    if (this.running > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async #start(attemptId: AttemptId): Promise<void> {
    const { ledger, outbox } = this.#parts;
    const asked = ledger.entry(attemptId);
    if (asked?.state !== 'ACCEPTED') return;
    const { assignment } = asked;
    const id = `${attemptId}:starting:${assignment}`;
    this.#starting.set(attemptId, id);
    try {
      const acknowledgement = await outbox.send(id, { report: 'starting', attemptId, assignment });
      const entry = ledger.entry(attemptId);
      if (entry?.state !== 'ACCEPTED') return;
      if (acknowledgement?.verdict === 'refused') {
        const reason = acknowledgement.reason ?? 'it is not to start any more';
        if (entry.assignment !== assignment) return await this.#putBack(attemptId);
        // It is told: the journal may have it as started, by an acknowledgement that never came.
        return await this.release(
          attemptId,
          failure('CANCELED', `the control plane refused the start: ${reason}`),
          false,
        );
      }
      if (acknowledgement === null || entry.assignment !== assignment || !this.#parts.mayStart()) {
        return await this.#putBack(attemptId);
      }
      const written = ledger.started(attemptId);
      const started = ledger.entry(attemptId);
      if (started === undefined) throw new Error('an entry vanished from the ledger while it was started');
      void this.#run(started, false, written);
    } catch (error) {
      this.#lostLedger(error);
    } finally {
      this.#starting.delete(attemptId);
      this.#freed();
    }
  }

  async #run(entry: LedgerEntry, resumed: boolean, written: Promise<void> = Promise.resolve()): Promise<void> {
    const { attemptId, assignment, offer } = entry;
    if (offer === null) throw new Error('a started attempt has no task in the ledger');
    const controller = new AbortController();
    this.#running.set(attemptId, controller);
    try {
      await written;
      const result = await workOn({
        ...this.#parts,
        entry,
        task: offer.task,
        resumed,
        controller,
        platform: this.#platforms.get(offer.task.type),
      });
      if (this.#left && result.outcome !== 'SUCCESS') return;
      await this.#parts.ledger.finished(attemptId, result).catch(this.#lostLedger);
      void this.#report(`${attemptId}:finished`, assignment, { report: 'finished', attemptId, result });
    } catch (error) {
      // The start could not be written: nothing ran, and only a process that can write may go on with it.
      this.#lostLedger(error);
    } finally {
      this.#running.delete(attemptId);
      this.#freed();
    }
  }

  async #report(id: string, assignment: number, report: Report): Promise<void> {
    const acknowledgement = await this.#parts.outbox.send(id, report);
    if (acknowledgement !== null) this.#parts.ledger.settled(report.attemptId, assignment);
  }

  async #putBack(attemptId: AttemptId): Promise<void> {
    if (this.#draining) await this.release(attemptId, DRAINING, false);
    else this.#queue.add(attemptId);
  }

  async #bury(
    entry: LedgerEntry,
    why: Failure,
    how: { readonly every: boolean; readonly owed: boolean },
  ): Promise<void> {
    const { attemptId, assignment, epoch } = entry;
    this.#queue.delete(attemptId);
    await this.#parts.ledger.tombstone(attemptId, { assignment, epoch, failure: why, ...how });
  }

  #freed(): void {
    if (this.running === 0) for (const tell of this.#idle.splice(0)) tell();
    this.pump();
  }

  /** Whoever holds the ledger hears of its loss and ends the agent; anything else is a bug. */
  readonly #lostLedger = (error: unknown): void => {
    if (this.#parts.ledger.broken === null) throw error;
  };
}

const NOT_KEPT: AttemptResult = {
  outcome: 'FAILED',
  failure: failure('OUTCOME_UNKNOWN', 'it ended so long ago that its agent does not remember how'),
  touched: true,
};

const DRAINING = failure('UNAVAILABLE', 'the agent is draining');
