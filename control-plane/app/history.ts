import type { CrashPoints } from '@fairlead/proto/model/crash.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { Scheduler } from '@fairlead/proto/model/system.ts';
import type { Execution } from '../engine/execution.ts';
import type { Journal } from '../ports/journal.ts';
import { fold, type Decision } from './deliberate.ts';
import type { Engine } from './engine.ts';
import { insist } from './insist.ts';
import type { JournalCodec, RecordHead } from './journal-codec.ts';

/** An execution as far as it was read. */
export interface Loaded {
  readonly execution: Execution | null;
  readonly seq: number;
}

export interface DecidedRecord extends RecordHead {
  readonly decisions: readonly Decision[];
}

/** So many records can be read and folded without a pause: some ten milliseconds. */
const PAGE = 100;

export const NOTHING: Loaded = { execution: null, seq: 0 };

/** The journal as the loop sees it: executions instead of records, and appends whose outcome is always known. */
export class History {
  readonly #journal: Journal;
  readonly #codec: JournalCodec;
  readonly #engine: Engine;
  readonly #scheduler: Scheduler;
  readonly #crash: CrashPoints;

  constructor(journal: Journal, codec: JournalCodec, engine: Engine, scheduler: Scheduler, crash: CrashPoints) {
    this.#journal = journal;
    this.#codec = codec;
    this.#engine = engine;
    this.#scheduler = scheduler;
    this.#crash = crash;
  }

  /** Folds what was appended since. */
  async load(id: ExecutionId, since: Loaded = NOTHING): Promise<Loaded> {
    let { execution, seq } = since;
    for await (const { decisions, seq: at } of this.records(id, since.seq)) {
      for (const decision of decisions) execution = fold(this.#engine, execution, decision.events);
      seq = at;
    }
    return { execution, seq };
  }

  /** Everything appended after that, so many records at a time: a long journal must not keep all others waiting. */
  async *records(id: ExecutionId, after: number, most = PAGE): AsyncGenerator<DecidedRecord> {
    for (let seq = after; ;) {
      const page = await this.decisions(id, seq, most);
      yield* page;
      if (page.length < most) return;
      seq = page.at(-1)?.seq ?? seq;
      await this.#scheduler.sleep(0);
    }
  }

  /** The whole journal at once: for whoever goes through it more than once. */
  async all(id: ExecutionId): Promise<readonly DecidedRecord[]> {
    const records: DecidedRecord[] = [];
    for await (const record of this.records(id, 0)) records.push(record);
    return records;
  }

  async decisions(id: ExecutionId, after: number, limit: number): Promise<readonly DecidedRecord[]> {
    const records = await this.#journal.read(id, after, limit);
    return Promise.all(records.map(async (record) => ({ ...record, decisions: await this.#codec.decode(record) })));
  }

  /** As `load`, however long the store is away: for whoever must not stop half-way. */
  catchUp(id: ExecutionId, since: Loaded = NOTHING): Promise<Loaded> {
    return insist(this.#scheduler, () => this.load(id, since));
  }

  /** How far each was written. */
  lastSeqs(ids: readonly ExecutionId[]): Promise<ReadonlyMap<ExecutionId, number>> {
    return this.#journal.lastSeqs(ids);
  }

  /** A store that does not answer is asked again until it does: the same record, so that nothing is written twice. */
  append(head: RecordHead, decisions: readonly Decision[]): Promise<'appended' | 'conflict'> {
    return insist(this.#scheduler, async () => {
      const record = await this.#codec.encode(head, decisions);
      this.#crash.pass('append:before');
      const outcome = await this.#journal.append(record);
      this.#crash.pass('append:after');
      return outcome;
    });
  }
}
