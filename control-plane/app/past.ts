/** An execution as it was: its journal folded up to a moment and no further. */
import { parseDuration } from '@fairlead/proto/model/duration.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { Execution } from '../engine/execution.ts';
import { fold } from './deliberate.ts';
import type { Engine } from './engine.ts';
import type { History } from './history.ts';

/** What is greater cannot be a sequence of any journal: it is milliseconds since 1970. */
const GREATEST_SEQ = 1e9;

type Moment = { readonly seq: number } | { readonly time: number } | { readonly afterMs: number };

/** `12` (a sequence of the journal), milliseconds since 1970, `2026-01-31T12:00:05Z`, or `+90s` after its start. */
export function momentOf(text: string): Moment {
  if (/^\d{1,15}$/.test(text)) return Number(text) > GREATEST_SEQ ? { time: Number(text) } : { seq: Number(text) };
  const after = text.startsWith('+') ? parseDuration(text.slice(1)) : null;
  if (after !== null) return { afterMs: after };
  const time = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return { time };
  const mend = 'Write a sequence of its journal like 12, a time like 2026-01-31T12:00:05Z, or +90s after its start.';
  throw new FailureError(
    failure('INVALID_INPUT', `at: '${text}' is no moment. ${mend}`, { field: 'at', details: { mend } }),
  );
}

/** A moment after the last is the last. */
export async function stateAt(
  engine: Engine,
  history: History,
  id: string,
  text: string,
): Promise<{ readonly execution: Execution; readonly seq: number }> {
  const moment = momentOf(text);
  const last = 'seq' in moment ? moment.seq : Infinity;
  let startedAt: number | null = null;
  let execution: Execution | null = null;
  let seq = 0;
  for await (const record of history.records(id, 0)) {
    if (record.seq > last) break;
    startedAt ??= record.decisions[0]?.events[0]?.at ?? 0;
    const until = 'time' in moment ? moment.time : 'afterMs' in moment ? startedAt + moment.afterMs : Infinity;
    const events = record.decisions.flatMap((decision) => decision.events.filter((event) => event.at <= until));
    if (events.length === 0) continue;
    execution = fold(engine, execution, events);
    seq = record.seq;
  }
  if (execution !== null) return { execution, seq };
  const began = new Date(startedAt ?? 0).toISOString();
  const mend = `It started at ${began}, with sequence 1.`;
  throw new FailureError(
    failure('INVALID_INPUT', `at: ${id} had not started then. ${mend}`, { field: 'at', details: { mend } }),
  );
}
