import { failure, FailureError, type Failure } from '../../model/failure.ts';
import type { JsonObject } from '../../model/json.ts';

/** What a server of a subject answers: its payload, or why there is none. The same on every bus, between all ends. */
export type BusReply = { readonly ok: JsonObject } | { readonly failure: Failure };

/** The largest payload, as JSON in UTF-8; the envelope fits beside it into a broker's usual limit of 1 MiB. */
export const MOST_BYTES = 1_000_000;

/** Runs a server and wraps what comes of it: it never throws. */
export async function replyOf(work: () => Promise<JsonObject>): Promise<BusReply> {
  try {
    return { ok: await work() };
  } catch (error) {
    if (error instanceof FailureError) return { failure: error.failures[0] };
    return { failure: failure('INTERNAL', `a request could not be handled: ${textOf(error)}`) };
  }
}

export function payloadOf(reply: BusReply): JsonObject {
  if ('failure' in reply) throw new FailureError(reply.failure);
  return reply.ok;
}

/** JSON text, or TOO_LARGE. */
export function encodePayload(payload: JsonObject, what: string): string {
  const text = JSON.stringify(payload);
  // Counting bytes is needed only where a third of the characters could already be too much.
  const bytes = text.length * 3 <= MOST_BYTES ? 0 : new TextEncoder().encode(text).length;
  if (bytes <= MOST_BYTES) return text;
  throw new FailureError(failure('TOO_LARGE', `${what} is ${bytes} bytes long; the bus carries ${MOST_BYTES}`));
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
