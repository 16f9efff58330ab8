import type { Failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptId } from '@fairlead/proto/model/ids.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { LedgerState, Offer } from '@fairlead/proto/model/task.ts';
import type { EntryLine, SinceEra } from './ledger-format.ts';
import type { LedgerRecord } from './platforms/platform.ts';

export interface LedgerEntry {
  readonly attemptId: AttemptId;
  readonly state: LedgerState;
  readonly assignment: number;
  readonly epoch: number;
  /** Present while ACCEPTED or STARTED. */
  readonly offer: Offer | null;
  /** Wall clock; null before the start. */
  readonly startedAt: number | null;
  /** The same moment by the clock that does not jump; null where that counts for one process alone. */
  readonly startedSince: SinceEra | null;
  readonly records: readonly LedgerRecord[];
  /** FINISHED only; null again some time after its acknowledgement. */
  readonly result: AttemptResult | null;
  /** TOMBSTONE only. */
  readonly failure: Failure | null;
  /** TOMBSTONE only: no later assignment may start here either. */
  readonly every: boolean;
  /** Its last report was acknowledged, or none is owed. */
  readonly settled: boolean;
  readonly at: number;
}

/** How many settled attempts are remembered with their result, how many by name alone, and for how long. */
const KEPT_RESULTS = 1_000;
const KEPT_NAMES = 10_000;
const KEPT_MS = 86_400_000;

/** The ledger's content in memory: what its lines amount to. */
export class Entries {
  readonly #open = new Map<AttemptId, LedgerEntry>();
  /** In order of settling, so that the oldest are forgotten first. */
  readonly #settled = new Map<AttemptId, LedgerEntry>();

  get(attemptId: AttemptId): LedgerEntry | undefined {
    return this.#open.get(attemptId) ?? this.#settled.get(attemptId);
  }

  open(): readonly LedgerEntry[] {
    return [...this.#open.values()];
  }

  /** What had ended, and was acknowledged, when the store was last put back from a backup. */
  *ofEarlier(now: number): Iterable<LedgerEntry> {
    for (const entry of this.#settled.values()) {
      // Only `ofEarlierIncarnation` makes it so: epochs begin with 1.
      if (entry.state === 'FINISHED' && entry.epoch === 0 && now - entry.at <= KEPT_MS) yield entry;
    }
  }

  *all(): Iterable<LedgerEntry> {
    yield* this.#open.values();
    yield* this.#settled.values();
  }

  apply(line: EntryLine): void {
    if (line.k === 'accepted') {
      const { attemptId, assignment, epoch } = line.offer;
      this.#put({ ...BLANK, attemptId, state: 'ACCEPTED', assignment, epoch, offer: line.offer, at: line.at });
      return;
    }
    const entry = this.get(line.a);
    switch (line.k) {
      case 'started':
        if (entry?.state === 'ACCEPTED') {
          this.#put({ ...entry, state: 'STARTED', startedAt: line.at, startedSince: line.since ?? null, records: [] });
        }
        return;
      case 'record':
        if (entry?.state === 'STARTED') recordsOf(entry).push({ name: line.name, data: line.data });
        return;
      case 'finished':
        this.#put({
          ...BLANK,
          attemptId: line.a,
          state: 'FINISHED',
          assignment: line.assignment,
          epoch: line.epoch,
          result: line.result,
          settled: line.result === null,
          at: line.at,
        });
        return;
      case 'tombstone':
        this.#put({
          ...BLANK,
          attemptId: line.a,
          state: 'TOMBSTONE',
          assignment: line.assignment,
          epoch: line.epoch,
          failure: line.failure,
          every: line.every,
          settled: !line.owed,
          at: line.at,
        });
        return;
      case 'settled':
        if (entry?.assignment !== line.assignment) return;
        // A word about an earlier assignment may be acknowledged when a later one is under way already.
        if (entry.state === 'FINISHED' || entry.state === 'TOMBSTONE') this.#put({ ...entry, settled: true });
        return;
    }
  }

  /**
   * The store was restored from a backup: it counts epochs and assignments from an earlier one on, and what was given back
   * or canceled meanwhile, before it began, may be wanted again. What began here, began here in any case.
   */
  ofEarlierIncarnation(): void {
    for (const entries of [this.#open, this.#settled]) {
      for (const [attemptId, entry] of entries) {
        const offer = entry.offer === null ? null : { ...entry.offer, epoch: 0 };
        const given = entry.state === 'TOMBSTONE' ? { assignment: 0, every: false } : {};
        entries.set(attemptId, { ...entry, epoch: 0, offer, ...given });
      }
    }
  }

  /** Forgets what was settled long ago or is more than is worth keeping. */
  prune(now: number): void {
    let above = this.#settled.size;
    for (const [attemptId, entry] of this.#settled) {
      if (above > KEPT_NAMES || now - entry.at > KEPT_MS) this.#settled.delete(attemptId);
      // Replacing a value keeps its place in the order.
      else if (above > KEPT_RESULTS && entry.result !== null) this.#settled.set(attemptId, { ...entry, result: null });
      above -= 1;
    }
  }

  /** The shortest lines that amount to the same. */
  *lines(): Iterable<EntryLine> {
    for (const entry of this.#settled.values()) {
      yield* linesOf(entry);
      if (entry.result !== null) yield { k: 'settled', a: entry.attemptId, assignment: entry.assignment };
    }
    for (const entry of this.#open.values()) yield* linesOf(entry);
  }

  #put(entry: LedgerEntry): void {
    const { attemptId } = entry;
    if (!entry.settled) {
      this.#settled.delete(attemptId);
      this.#open.set(attemptId, entry);
      return;
    }
    this.#open.delete(attemptId);
    this.#settled.set(attemptId, entry);
  }
}

const BLANK = {
  offer: null,
  startedAt: null,
  startedSince: null,
  records: [],
  result: null,
  failure: null,
  every: false,
  settled: false,
} as const;

// Only this file makes entries, and it gives each started one a list of its own.
const recordsOf = (entry: LedgerEntry): LedgerRecord[] => entry.records as LedgerRecord[];

function* linesOf(entry: LedgerEntry): Iterable<EntryLine> {
  const { attemptId: a, assignment, epoch, at } = entry;
  if (entry.offer !== null) yield { k: 'accepted', offer: entry.offer, at };
  if (entry.state === 'STARTED') {
    const since = entry.startedSince === null ? {} : { since: entry.startedSince };
    yield { k: 'started', a, at: entry.startedAt ?? at, ...since };
    for (const { name, data } of entry.records) yield { k: 'record', a, name, data };
  }
  if (entry.state === 'FINISHED') yield { k: 'finished', a, assignment, epoch, result: entry.result, at };
  if (entry.state === 'TOMBSTONE' && entry.failure !== null) {
    yield {
      k: 'tombstone',
      a,
      assignment,
      epoch,
      failure: entry.failure,
      every: entry.every,
      owed: !entry.settled,
      at,
    };
  }
}
