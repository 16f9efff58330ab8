import { crc32 } from 'node:zlib';
import type { Failure } from '@fairlead/proto/model/failure.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { AttemptId } from '@fairlead/proto/model/ids.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { Offer } from '@fairlead/proto/model/task.ts';

/** What stands in the ledger's file: one line each, `<crc32 of the rest> <JSON>`, so that a person can read it too. */
export type LedgerLine =
  | { readonly k: 'ledger'; readonly id: string; readonly format: 1 }
  | { readonly k: 'incarnation'; readonly value: string }
  | { readonly k: 'accepted'; readonly offer: Offer; readonly at: number }
  | { readonly k: 'started'; readonly a: AttemptId; readonly at: number; readonly since?: SinceEra }
  | { readonly k: 'record'; readonly a: AttemptId; readonly name: string; readonly data: JsonObject }
  | {
      readonly k: 'finished';
      readonly a: AttemptId;
      readonly assignment: number;
      readonly epoch: number;
      /** Null once it was acknowledged and is only remembered. */
      readonly result: AttemptResult | null;
      readonly at: number;
    }
  | {
      readonly k: 'tombstone';
      readonly a: AttemptId;
      readonly assignment: number;
      readonly epoch: number;
      readonly failure: Failure;
      /** No later assignment may start here either: it was canceled, not merely given back. */
      readonly every: boolean;
      /** A `released` report has to be acknowledged. */
      readonly owed: boolean;
      readonly at: number;
    }
  /** The last report about this assignment was acknowledged. */
  | { readonly k: 'settled'; readonly a: AttemptId; readonly assignment: number };

/** A moment that a process which counts from the same start can compare with its own. */
export interface SinceEra {
  readonly era: string;
  /** Milliseconds. */
  readonly ms: number;
}

/** Those about one attempt. */
export type EntryLine = Exclude<LedgerLine, { k: 'ledger' | 'incarnation' }>;

const NEWLINE = 10;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export function encodeLines(lines: readonly LedgerLine[]): Uint8Array {
  return encoder.encode(lines.map(encodeLine).join(''));
}

function encodeLine(line: LedgerLine): string {
  const body = JSON.stringify(line);
  return `${crc32(body).toString(16).padStart(8, '0')} ${body}\n`;
}

/**
 * The intact lines and how many bytes they take. What a crash left of the last append is cut off; damage *before* an
 * intact line is no torn tail but a broken disk, and nobody may guess what stood there.
 */
export function decodeLines(bytes: Uint8Array): { readonly lines: readonly LedgerLine[]; readonly intact: number } {
  const lines: LedgerLine[] = [];
  let intact = 0;
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(NEWLINE, from);
    const line = end < 0 ? null : decodeLine(bytes.subarray(from, end));
    if (line !== null && intact < from) throw damaged(intact);
    if (line !== null) {
      lines.push(line);
      intact = end + 1;
    }
    if (end < 0) break;
    from = end + 1;
  }
  return { lines, intact };
}

function decodeLine(bytes: Uint8Array): LedgerLine | null {
  try {
    const body = bytes.subarray(9);
    if (Number.parseInt(decoder.decode(bytes.subarray(0, 8)), 16) !== crc32(body)) return null;
    // The checksum says that we wrote it, and we write only LedgerLine.
    return JSON.parse(decoder.decode(body)) as LedgerLine;
  } catch {
    return null;
  }
}

function damaged(at: number): FailureError {
  return new FailureError(
    failure(
      'ILLEGAL_STATE',
      `the agent's ledger is damaged at byte ${at}, before records that are intact: move the file away, and the agent ` +
        'starts with an empty ledger; what the old one held is then shown as unknown',
    ),
  );
}
