import type { CrashPoints } from '@fairlead/proto/model/crash.ts';
import { failure, FailureError, type Failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptId, LedgerId } from '@fairlead/proto/model/ids.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import type { Offer } from '@fairlead/proto/model/task.ts';
import { decodeLines, encodeLines, type EntryLine, type LedgerLine } from './ledger-format.ts';
import { Entries, type LedgerEntry } from './ledger-entries.ts';
import type { AppendFile } from './ports/append-file.ts';

export interface LedgerOptions {
  readonly file: AppendFile;
  readonly system: System;
  readonly crash: CrashPoints;
  /** The file is rewritten when it is longer than this and twice as long as after the last time. */
  readonly compactAtBytes?: number;
}

/**
 * What this agent promised and did, on its own disk. An attempt goes ACCEPTED → STARTED → FINISHED, or becomes a
 * TOMBSTONE before it started: then it never starts here.
 *
 * A change is visible to `entry` at once and durable when its promise resolves; nothing may be told to anybody before.
 * After a write failed, memory and disk may differ: every later write is refused until the process starts again.
 */
export class Ledger {
  readonly id: LedgerId;
  readonly #options: LedgerOptions;
  readonly #entries: Entries;
  readonly #lazy: LedgerLine[] = [];
  readonly #compactAt: number;
  #incarnation: string | null;
  #bytes: number;
  #compactedTo: number;
  #last: Promise<void> = Promise.resolve();
  #broken: FailureError | null = null;
  #lose: (error: FailureError) => void = () => {};
  /** Resolves when nothing can be written any more. */
  readonly lost = new Promise<FailureError>((resolve) => (this.#lose = resolve));

  private constructor(
    options: LedgerOptions,
    id: LedgerId,
    entries: Entries,
    incarnation: string | null,
    bytes: number,
  ) {
    this.#options = options;
    this.id = id;
    this.#entries = entries;
    this.#incarnation = incarnation;
    this.#bytes = bytes;
    this.#compactedTo = bytes;
    this.#compactAt = options.compactAtBytes ?? 4_194_304;
  }

  static async open(options: LedgerOptions): Promise<Ledger> {
    const { file, system } = options;
    const bytes = await file.read();
    const { lines, intact } = decodeLines(bytes);
    if (intact < bytes.length) await file.replace(bytes.slice(0, intact));
    const entries = new Entries();
    let id: LedgerId | null = null;
    let incarnation: string | null = null;
    for (const line of lines) {
      if (line.k === 'ledger') id = line.id;
      else if (line.k === 'incarnation') {
        if (incarnation !== null && incarnation !== line.value) entries.ofEarlierIncarnation();
        incarnation = line.value;
      } else entries.apply(line);
    }
    if (id !== null) return new Ledger(options, id, entries, incarnation, intact);
    const ledger = new Ledger(options, system.ids.unique('l'), entries, null, 0);
    await ledger.#write({ k: 'ledger', id: ledger.id, format: 1 });
    return ledger;
  }

  /** Store incarnation of the last control plane it spoke to. */
  get incarnation(): string | null {
    return this.#incarnation;
  }

  /** Why nothing can be written any more, or null. */
  get broken(): FailureError | null {
    return this.#broken;
  }

  entry(attemptId: AttemptId): LedgerEntry | undefined {
    return this.#entries.get(attemptId);
  }

  /** Everything whose last report is not acknowledged, in order of acceptance. */
  open(): readonly LedgerEntry[] {
    return this.#entries.open();
  }

  /** What had ended, and was acknowledged, when the store was last put back from a backup. */
  ofEarlier(): Iterable<LedgerEntry> {
    return this.#entries.ofEarlier(this.#now());
  }

  /** Every entry still remembered. */
  all(): Iterable<LedgerEntry> {
    return this.#entries.all();
  }

  /** Resolves when everything called so far is durable. */
  async written(): Promise<void> {
    await this.#last;
    if (this.#broken !== null) throw this.#broken;
  }

  accepted(offer: Offer): Promise<void> {
    return this.#change({ k: 'accepted', offer, at: this.#now() });
  }

  started(attemptId: AttemptId): Promise<void> {
    const { clock } = this.#options.system;
    const since = clock.era === undefined ? {} : { since: { era: clock.era, ms: clock.monotonic() } };
    return this.#change({ k: 'started', a: attemptId, at: this.#now(), ...since });
  }

  record(attemptId: AttemptId, name: string, data: JsonObject): Promise<void> {
    return this.#change({ k: 'record', a: attemptId, name, data });
  }

  finished(attemptId: AttemptId, result: AttemptResult): Promise<void> {
    const entry = this.#entries.get(attemptId);
    return this.#change({
      k: 'finished',
      a: attemptId,
      assignment: entry?.assignment ?? 0,
      epoch: entry?.epoch ?? 0,
      result,
      at: this.#now(),
    });
  }

  /** It never starts here: not this assignment, or (`every`) none. `owed`: a report about it will be acknowledged. */
  tombstone(
    attemptId: AttemptId,
    why: {
      readonly assignment: number;
      readonly epoch: number;
      readonly failure: Failure;
      readonly every: boolean;
      readonly owed: boolean;
    },
  ): Promise<void> {
    return this.#change({ k: 'tombstone', a: attemptId, ...why, at: this.#now() });
  }

  /** The last report about this assignment was acknowledged. Not worth a sync of its own: lost, the report is only sent once more. */
  settled(attemptId: AttemptId, assignment: number): void {
    const line: EntryLine = { k: 'settled', a: attemptId, assignment };
    this.#entries.apply(line);
    this.#lazy.push(line);
  }

  async metIncarnation(value: string): Promise<void> {
    if (value === this.#incarnation) return;
    if (this.#incarnation !== null) this.#entries.ofEarlierIncarnation();
    this.#incarnation = value;
    await this.#write({ k: 'incarnation', value });
  }

  async close(): Promise<void> {
    if (this.#lazy.length > 0 && this.#broken === null) await this.#write();
    await this.#last.catch(() => {});
    await this.#options.file.close();
  }

  #now(): number {
    return this.#options.system.clock.now();
  }

  #change(line: EntryLine): Promise<void> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    this.#entries.apply(line);
    return this.#write(line);
  }

  #write(...lines: readonly LedgerLine[]): Promise<void> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    const written = this.#append(encodeLines([...this.#lazy.splice(0), ...lines]));
    this.#last = written.catch(() => {});
    return written;
  }

  async #append(bytes: Uint8Array): Promise<void> {
    const { file, crash } = this.#options;
    crash.pass('ledger:before');
    this.#bytes += bytes.length;
    await this.#guard(file.append(bytes));
    crash.pass('ledger:after');
    if (this.#bytes > Math.max(this.#compactAt, 2 * this.#compactedTo)) this.#compact().catch(() => {}); // `#guard` has told.
  }

  async #compact(): Promise<void> {
    this.#entries.prune(this.#now());
    // Memory is ahead of the disk by what is being appended: that is written before, so the rewrite only repeats it.
    const lines: LedgerLine[] = [{ k: 'ledger', id: this.id, format: 1 }];
    if (this.#incarnation !== null) lines.push({ k: 'incarnation', value: this.#incarnation });
    lines.push(...this.#entries.lines());
    const bytes = encodeLines(lines);
    this.#bytes = bytes.length;
    this.#compactedTo = bytes.length;
    this.#lazy.length = 0;
    await this.#guard(this.#options.file.replace(bytes));
  }

  async #guard(operation: Promise<void>): Promise<void> {
    try {
      await operation;
    } catch (cause) {
      this.#broken ??= new FailureError(
        failure(
          'ILLEGAL_STATE',
          `the agent cannot write its ledger: ${cause instanceof Error ? cause.message : String(cause)}`,
        ),
      );
      this.#lose(this.#broken);
      throw this.#broken;
    }
  }
}
