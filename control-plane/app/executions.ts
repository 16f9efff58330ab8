/** Reading executions: from the loop where it is driven here, from the journal otherwise. */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { Json } from '@fairlead/proto/model/json.ts';
import type { ExecutionListRow, JournalView, ListFilter } from '@fairlead/proto/live.ts';
import type { Rows } from '../ports/rows.ts';
import type { Drivers } from './drivers.ts';
import type { History, Loaded } from './history.ts';
import { noCursor } from './page-cursor.ts';

/** Of the states of executions that are not driven here as many are kept as have so many events: some 70 MB. */
const KEPT_EVENTS = 300_000;

export class Executions {
  readonly #drivers: Drivers;
  readonly #history: History;
  readonly #rows: Rows;
  readonly #kept = new Map<ExecutionId, Loaded>();
  readonly #keptEvents: number;

  constructor(drivers: Drivers, history: History, rows: Rows, keptEvents = KEPT_EVENTS) {
    this.#keptEvents = keptEvents;
    this.#drivers = drivers;
    this.#history = history;
    this.#rows = rows;
  }

  /** NOT_FOUND when there is none. */
  async load(id: ExecutionId): Promise<Loaded & { readonly execution: NonNullable<Loaded['execution']> }> {
    const driven = this.#drivers.loop(id)?.at;
    const at = driven?.execution == null ? await this.#read(id) : driven;
    const { execution, seq } = at;
    if (execution === null) throw new FailureError(failure('NOT_FOUND', `there is no execution ${id}`));
    return { execution, seq };
  }

  async journal(
    id: ExecutionId,
    { after, limit }: { readonly after: number; readonly limit: number },
  ): Promise<{ readonly records: readonly JournalView[]; readonly next: number | null }> {
    const found = await this.#history.decisions(id, after, limit + 1);
    if (found.length === 0 && after === 0) await this.load(id);
    const page = found.slice(0, limit);
    const next = found.length > limit ? (page.at(-1)?.seq ?? null) : null;
    const records = page.map(({ seq, epoch, now, decisions }) => ({
      seq,
      epoch,
      now,
      decisions: decisions.map(({ input, events }) => ({
        input: input as unknown as Json, // Plain data.
        events: events as unknown as readonly Json[],
      })),
    }));
    return { records, next };
  }

  async list(
    filter: ListFilter,
    cursor: string | undefined,
    limit: number,
  ): Promise<{ readonly rows: readonly ExecutionListRow[]; readonly next: string | null }> {
    const from = cursor === undefined ? {} : { cursor: readCursor(cursor) };
    const rows = await this.#rows.list(filter, { ...from, limit: limit + 1 });
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    const next = rows.length > limit && last !== undefined ? `${last.startedAt}.${last.executionId}` : null;
    return { rows: page, next };
  }

  /** A whole id, a unique beginning of one, or `last`. */
  async resolve(text: string): Promise<ExecutionId> {
    if (text === 'last') {
      const [newest] = await this.#rows.list({}, { limit: 1 });
      if (newest !== undefined) return newest.executionId;
      throw unknown('there is no execution yet', 'Start one with `fairlead deploy`.');
    }
    if (this.#drivers.loop(text) !== undefined) return text;
    const found = await this.#rows.find(text, 5);
    const exact = found.find((row) => row.executionId === text);
    const [first] = found;
    if (exact !== undefined || (found.length === 1 && first !== undefined))
      return (exact ?? first)?.executionId ?? text;
    if (found.length > 1) {
      const some = found.map((row) => row.executionId).join(', ');
      throw new FailureError(failure('INVALID_INPUT', `'${text}' begins several executions: ${some}`, { field: 'id' }));
    }
    // Its row may not be written yet.
    if ((await this.#read(text)).execution !== null) return text;
    const recent = (await this.#rows.list({}, { limit: 3 })).map((row) => row.executionId).join(', ');
    throw unknown(
      `there is no execution '${text}'`,
      recent === '' ? 'Start one with `fairlead deploy`.' : `The newest are ${recent}.`,
    );
  }

  async #read(id: ExecutionId): Promise<Loaded> {
    const at = await this.#history.load(id, this.#kept.get(id));
    if (at.execution !== null) this.#keep(id, at);
    return at;
  }

  /** Those that were looked at last. */
  #keep(id: ExecutionId, at: Loaded): void {
    this.#kept.delete(id);
    this.#kept.set(id, at);
    let events = 0;
    for (const [each, { execution }] of [...this.#kept].toReversed()) {
      events += execution?.events ?? 0;
      if (events > this.#keptEvents && each !== id) this.#kept.delete(each);
    }
  }
}

function readCursor(cursor: string): { readonly startedAt: number; readonly executionId: ExecutionId } {
  const dot = cursor.indexOf('.');
  const startedAt = Number(cursor.slice(0, dot));
  if (dot < 1 || !Number.isFinite(startedAt)) {
    throw noCursor(cursor);
  }
  return { startedAt, executionId: cursor.slice(dot + 1) };
}

const unknown = (reason: string, mend: string): FailureError =>
  new FailureError(failure('NOT_FOUND', `${reason}. ${mend}`, { field: 'id', details: { mend } }));
