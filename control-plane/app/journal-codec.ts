/**
 * Journal records to decisions and back. What is large (plans, outputs, checkpoints) goes to the blobs by hash first, so
 * that no event is over 64 KB; old formats are upcast here and nowhere else.
 */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import { canonicalJson, type Json, type JsonObject } from '@fairlead/proto/model/json.ts';
import type { Blobs } from '../ports/blobs.ts';
import type { JournalRecord } from '../ports/journal.ts';
import { ENGINE_VERSION } from './engine.ts';
import type { Decision } from './deliberate.ts';

export const FORMAT_VERSION = 1;

/** JSON longer than this leaves its event for the blobs. */
const LARGE = 16_384;
/** A record longer than this leaves its place for the blobs as a whole: an abort of thousands of hosts names each. */
const HUGE = 524_288;
const BLOB = '$blob';

/** The same decisions give the same text, which is how our own earlier try is known; in what order the keys stand is all one. */
const bodyOf = (decisions: Json): string =>
  JSON.stringify({ format: FORMAT_VERSION, engine: ENGINE_VERSION, decisions });

// `Array.isArray` does not narrow a readonly array away from an object.
const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

export interface RecordHead {
  readonly executionId: ExecutionId;
  readonly seq: number;
  readonly epoch: number;
  readonly now: number;
}

export interface JournalCodec {
  encode(head: RecordHead, decisions: readonly Decision[]): Promise<JournalRecord>;
  decode(record: JournalRecord): Promise<readonly Decision[]>;
}

/** What is large, and what could be taken for a reference of ours because somebody's output has such a key. */
const mustLeave = (json: string): boolean => json.length > LARGE || json.includes(`"${BLOB}"`);

const isReference = (value: Json): value is { readonly [BLOB]: string } =>
  typeof value === 'object' && value !== null && !isList(value) && typeof value[BLOB] === 'string';

/** What one record has put aside already. */
type Written = Map<Json, Promise<JsonObject>>;

export function journalCodec(blobs: Blobs): JournalCodec {
  async function shrink(value: Json, name: string, written: Written): Promise<Json> {
    if (typeof value !== 'object' || value === null) return value;
    // The plan is named by the first input and the first event alike: it is written once and never inline.
    if (name === 'plan') return putOnce(value, written);
    // Of thousands of events nearly all are small and stay as they are.
    const holdsPlan = name === 'event' && 'plan' in value;
    if (!holdsPlan && !mustLeave(canonicalJson(value))) return value;
    if (name !== 'event') return put(value);
    if (isList(value)) return value;
    const entries = await Promise.all(
      Object.entries(value).map(async ([key, each]) => [key, await shrink(each, key, written)] as const),
    );
    return Object.fromEntries(entries);
  }

  async function put(value: Json): Promise<JsonObject> {
    return { [BLOB]: await blobs.put(new TextEncoder().encode(canonicalJson(value))) };
  }

  function putOnce(value: Json, written: Written): Promise<JsonObject> {
    const known = written.get(value) ?? put(value);
    written.set(value, known);
    return known;
  }

  async function grow(value: Json): Promise<Json> {
    if (isList(value)) return Promise.all(value.map(grow));
    if (typeof value !== 'object' || value === null) return value;
    if (isReference(value)) return fetch(value[BLOB]);
    const entries = await Promise.all(
      Object.entries(value).map(async ([key, each]) => [key, await grow(each)] as const),
    );
    return Object.fromEntries(entries);
  }

  async function fetch(hash: string): Promise<Json> {
    const bytes = await blobs.get(hash);
    if (bytes === null) throw new FailureError(failure('NOT_FOUND', `blob ${hash} of a journal is missing`));
    return JSON.parse(new TextDecoder().decode(bytes)) as Json;
  }

  return {
    async encode(head, decisions) {
      const plain = bodyOf(decisions as unknown as Json); // Inputs and events are plain data by construction.
      // Nearly every record: a report or an assignment. A plan would be named in it.
      if (!mustLeave(plain) && !plain.includes('"plan":')) return { ...head, body: plain };
      const written: Written = new Map();
      const shrunk = await Promise.all(
        decisions.map(async ({ input, events }) => ({
          input: await shrink(input as unknown as Json, 'event', written), // As above.
          events: await Promise.all(events.map((event) => shrink(event as unknown as Json, 'event', written))),
        })),
      );
      const body = bodyOf(shrunk);
      return { ...head, body: body.length <= HUGE ? body : bodyOf(await put(shrunk)) };
    },
    async decode(record) {
      const body = JSON.parse(record.body) as { readonly format: number; readonly decisions: Json };
      if (body.format > FORMAT_VERSION) {
        const why = `the journal of ${record.executionId} is of format ${body.format}; this release reads up to ${FORMAT_VERSION}`;
        throw new FailureError(failure('UNSUPPORTED', why));
      }
      const { decisions } = body;
      if (!record.body.includes(`"${BLOB}"`)) return decisions as unknown as readonly Decision[];
      // Of what we put away as a whole the parts were put away before.
      const whole = isReference(decisions) ? await fetch(decisions[BLOB]) : decisions;
      return (await grow(whole)) as unknown as readonly Decision[];
    },
  };
}
