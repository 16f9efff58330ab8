/**
 * How an attempt ended, in a size that can be told: a report that is larger than a message may be would end the agent's
 * session every time it is sent, for ever. What is left out is said.
 */
import { utf8Length } from '@fairlead/proto/expressions/limits.ts';
import { failure, FailureError, type Failure } from '@fairlead/proto/model/failure.ts';
import type { Json, JsonObject } from '@fairlead/proto/model/json.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';

/** Of one output: what a resolved value may have (orchestration 4.3). */
export const OUTPUT_BYTES = 262_144;
/** Of all outputs of one step together, and of one checkpoint, as they are sent. */
export const OUTPUTS_BYTES = 1_048_576;
const MESSAGE_CHARACTERS = 16_384;
const NOTE_CHARACTERS = 1_024;
const NOTES = 100;
const DETAIL_CHARACTERS = 4_096;
const DETAILS = 50;
const NAME_CHARACTERS = 100;

/** The same result where it is small enough. A success whose outputs later steps would not get is a failure. */
export function boundedResult(result: AttemptResult): AttemptResult {
  const { outputs, notes, failure: why, outcome, ...rest } = result;
  const { kept, problem } = boundedOutputs(outputs ?? {});
  const fails = problem !== null && outcome === 'SUCCESS';
  const failed = fails ? problem : why;
  const lines = problem === null || fails ? notes : [problem.message, ...(notes ?? [])];
  return {
    outcome: fails ? 'FAILED' : outcome,
    ...(failed === undefined ? {} : { failure: boundedFailure(failed) }),
    ...(outputs === undefined ? {} : { outputs: kept }),
    ...(lines === undefined ? {} : { notes: boundedNotes(lines) }),
    ...rest,
  };
}

/** A failure quotes what others said, at any length. */
export function boundedFailure(why: Failure): Failure {
  const message = cut(why.message, MESSAGE_CHARACTERS);
  if (why.details === undefined) return { ...why, message };
  const entries = Object.entries(why.details);
  const small = entries.filter(([name, value]) => name.length + sent(value).length <= DETAIL_CHARACTERS);
  const kept = small.slice(0, DETAILS);
  const left = entries.length - kept.length;
  const told =
    left === 0 ? message : cut(`(${left} of its details are too large to be told) ${message}`, MESSAGE_CHARACTERS);
  return { ...why, message: told, details: Object.fromEntries(kept) };
}

/** Of a record nothing can be left out: whoever rolls back relies on it. */
export function refuseLargeCheckpoint(name: string, data: JsonObject): void {
  const bytes = utf8Length(sent(data));
  if (bytes <= OUTPUTS_BYTES) return;
  const message = `the checkpoint '${name}' has ${bytes} bytes, and may have ${OUTPUTS_BYTES}`;
  throw new FailureError(failure('TOO_LARGE', message, { details: { bytes, atMost: OUTPUTS_BYTES } }));
}

interface Output {
  readonly name: string;
  readonly value: Json;
  /** Of the value itself. */
  readonly bytes: number;
  /** With its name, as it is sent: a control character takes six. */
  readonly sentBytes: number;
}

function boundedOutputs(outputs: JsonObject): { readonly kept: JsonObject; readonly problem: Failure | null } {
  const all: readonly Output[] = Object.entries(outputs).map(([name, value]) => ({
    name,
    value,
    bytes: utf8Length(typeof value === 'string' ? value : sent(value)),
    sentBytes: utf8Length(sent({ [name]: value })),
  }));
  const large = all.filter(({ bytes }) => bytes > OUTPUT_BYTES);
  const rest = all.filter(({ bytes }) => bytes <= OUTPUT_BYTES);
  const over = beyond(rest);
  if (large.length === 0 && over.length === 0) return { kept: outputs, problem: null };
  const left = new Set([...large, ...over]);
  const kept = all.filter((output) => !left.has(output)).map(({ name, value }) => [name, value] as const);
  const leftOut = [...left].slice(0, DETAILS / 2).map(({ name }) => shown(name));
  return { kept: Object.fromEntries(kept), problem: problemOf(large, rest, leftOut) };
}

/** The largest, so many that the others are not too much together. */
function beyond(outputs: readonly Output[]): readonly Output[] {
  let bytes = sumOf(outputs);
  return outputs
    .toSorted((a, b) => b.sentBytes - a.sentBytes)
    .filter(({ sentBytes }) => {
      const tooMuch = bytes > OUTPUTS_BYTES;
      if (tooMuch) bytes -= sentBytes;
      return tooMuch;
    });
}

function problemOf(large: readonly Output[], rest: readonly Output[], leftOut: readonly string[]): Failure {
  const sizes = large.slice(0, DETAILS).map(({ name, bytes }) => `'${shown(name)}' has ${bytes} bytes`);
  const message =
    sizes.length > 0
      ? `the output ${sizes.join(', ')}; an output may have ${OUTPUT_BYTES}`
      : `the outputs have ${sumOf(rest)} bytes together, and may have ${OUTPUTS_BYTES}; ` +
        `the largest of them: ${leftOut.map((name) => `'${name}'`).join(', ')}`;
  return failure('TOO_LARGE', message, { field: 'outputs', details: { leftOut } });
}

function boundedNotes(notes: readonly string[]): readonly string[] {
  const more = notes.length - NOTES;
  const kept = notes.slice(0, more > 0 ? NOTES - 1 : NOTES).map((note) => cut(note, NOTE_CHARACTERS));
  return more > 0 ? [...kept, `${more + 1} more lines are not told`] : kept;
}

const sumOf = (outputs: readonly Output[]): number => outputs.reduce((sum, { sentBytes }) => sum + sentBytes, 0);
const sent = (value: Json): string => JSON.stringify(value);
const shown = (name: string): string => cut(name, NAME_CHARACTERS);

/** Never longer than that, so that what is cut once stays as it is. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const room = most - 40;
  return `${text.slice(0, room)}… (${text.length - room} more characters)`;
}
