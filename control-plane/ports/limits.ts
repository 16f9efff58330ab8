import type { JournalRecord } from './journal.ts';
import type { LogChunk } from './logs.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';

/**
 * What every store refuses, whatever is underneath, so that nothing is accepted by one and refused by another: TOO_LARGE
 * for what exceeds these (bytes of UTF-8 where it is text), INVALID_INPUT for an id that some database cannot hold.
 */
export const MAX_RECORD_BYTES = 1_048_576;
export const MAX_DOCUMENT_BYTES = 4_194_304;
export const MAX_CHUNK_BYTES = 1_048_576;
/** Decimal, so that it fits a MongoDB document (16 MiB) together with its id. */
export const MAX_BLOB_BYTES = 16_000_000;

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Ids are not empty, well-formed Unicode, without NUL (SQLite would cut them there). */
export function checkId(what: string, id: string): void {
  const reason =
    id === ''
      ? 'is empty'
      : id.includes('\0')
        ? 'holds a NUL character'
        : LONE_SURROGATE.test(id)
          ? 'holds half of a surrogate pair'
          : null;
  if (reason === null) return;
  throw new FailureError(
    failure('INVALID_INPUT', `The id ${JSON.stringify(id)} of a ${what} ${reason}; use other characters.`),
  );
}

export function checkRecord(record: JournalRecord): void {
  checkId('journal record', record.executionId);
  checkSize('journal record', textBytes(record.body, MAX_RECORD_BYTES), MAX_RECORD_BYTES);
}

export function checkDocument(id: string, text: string): void {
  checkId('document', id);
  checkSize('document', textBytes(text, MAX_DOCUMENT_BYTES), MAX_DOCUMENT_BYTES);
}

export function checkChunk(chunk: LogChunk): void {
  checkId('log chunk', chunk.attemptId);
  checkSize('log chunk', chunk.bytes.byteLength, MAX_CHUNK_BYTES);
}

export function checkBlob(bytes: Uint8Array): void {
  checkSize('blob', bytes.byteLength, MAX_BLOB_BYTES);
}

/** Counting UTF-8 costs; text that cannot exceed the limit is not counted. */
function textBytes(text: string, limit: number): number {
  return text.length * 3 <= limit ? text.length : Buffer.byteLength(text);
}

function checkSize(what: string, bytes: number, limit: number): void {
  if (bytes <= limit) return;
  throw new FailureError(
    failure('TOO_LARGE', `A ${what} of ${bytes} bytes exceeds the limit of ${limit} bytes.`, {
      details: { bytes, limit },
    }),
  );
}
