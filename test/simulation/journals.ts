/** The journals as they stand in the store, read and folded once, record by record, apart from everything under test. */
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import type { Decision } from '../../control-plane/app/deliberate.ts';
import { ENGINE } from '../../control-plane/app/engine.ts';
import type { Event } from '../../control-plane/engine/events.ts';
import type { Execution } from '../../control-plane/engine/execution.ts';
import type { JournalRecord } from '../../control-plane/ports/journal.ts';
import type { MemoryData } from '../support/memory-store/index.ts';

/** One event with the states around it. */
export interface Move {
  readonly event: Event;
  readonly before: Execution | null;
  readonly after: Execution;
}

/** One append. */
export interface Change {
  readonly record: JournalRecord;
  /** The append before; null for the first. */
  readonly previous: JournalRecord | null;
  readonly before: Execution | null;
  readonly after: Execution;
  readonly decisions: readonly Decision[];
  readonly moves: readonly Move[];
}

interface Watched {
  records: number;
  execution: Execution | null;
}

export class Journals {
  readonly #data: MemoryData;
  readonly #watched = new Map<string, Watched>();
  readonly #blobs = new Map<string, Json>();

  constructor(data: MemoryData) {
    this.#data = data;
  }

  execution(id: string): Execution | null {
    return this.#watched.get(id)?.execution ?? null;
  }

  get executions(): readonly Execution[] {
    return [...this.#watched.values()].flatMap(({ execution }) => execution ?? []);
  }

  /** How many records of it were read. */
  seq(id: string): number {
    return this.#watched.get(id)?.records ?? 0;
  }

  /** What was appended since the last time. */
  *grown(): Iterable<Change> {
    for (const [id, records] of this.#data.journals) {
      const watched = this.#watched.get(id) ?? { records: 0, execution: null };
      this.#watched.set(id, watched);
      for (let record = records[watched.records]; record !== undefined; record = records[watched.records]) {
        const change = this.#read(record, records[watched.records - 1] ?? null, watched.execution);
        watched.records += 1;
        if (change === null) continue;
        watched.execution = change.after;
        yield change;
      }
    }
  }

  #read(record: JournalRecord, previous: JournalRecord | null, before: Execution | null): Change | null {
    const body = JSON.parse(record.body) as { readonly decisions: Json };
    const written = record.body.includes('"$blob"') ? this.#whole(body.decisions) : body.decisions;
    const decisions = written as unknown as readonly Decision[]; // Written by the codec.
    const moves: Move[] = [];
    let state = before;
    for (const event of decisions.flatMap((decision) => decision.events)) {
      const after = ENGINE.evolve(state, event);
      moves.push({ event, before: state, after });
      state = after;
    }
    return state === null ? null : { record, previous, before, after: state, decisions, moves };
  }

  /** With its blobs in place. */
  #whole(value: Json): Json {
    if (Array.isArray(value)) return value.map((each: Json) => this.#whole(each));
    if (typeof value !== 'object' || value === null) return value;
    const object = value as JsonObject;
    const hash = object['$blob'];
    if (typeof hash === 'string') return this.#blob(hash);
    return Object.fromEntries(Object.entries(object).map(([key, each]) => [key, this.#whole(each)]));
  }

  #blob(hash: string): Json {
    const known = this.#blobs.get(hash);
    if (known !== undefined) return known;
    const bytes = this.#data.blobs.get(hash);
    if (bytes === undefined) throw new Error(`a journal names blob ${hash}, which does not exist`);
    const value = JSON.parse(new TextDecoder().decode(bytes)) as Json;
    this.#blobs.set(hash, value);
    return value;
  }
}
