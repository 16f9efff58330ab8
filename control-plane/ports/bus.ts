import type { JsonObject } from '@fairlead/proto/model/json.ts';

/**
 * The doorbell between replicas and the road to the agents. Nothing rests on it: any message may be lost, delayed,
 * doubled or reordered; the store is the record.
 *
 * - `request` resolves with the one answer, or rejects with UNAVAILABLE when there is no responder or none answers
 *   within `timeoutMs` (the request may have been handled all the same).
 * - `serve`: at most one server per subject in one process; a second replaces none and is a bug. A handler that throws
 *   answers with a failure; it never takes the bus down.
 * - `publish` is fire and forget, at most once per subscriber; own subscriptions receive it too.
 * - Messages of one publisher to one subscriber usually keep their order; nobody relies on it.
 * - `trouble`: null where messages get through, as far as this process knows; else why not, for people.
 * - `close` ends every attempt to reach anybody: nothing of the bus keeps the process alive.
 * - Payloads are at most 1 MB as JSON (TOO_LARGE otherwise).
 */
export interface Bus {
  request(subject: string, payload: JsonObject, timeoutMs: number): Promise<JsonObject>;
  serve(subject: string, handler: (payload: JsonObject) => Promise<JsonObject>): Subscription;
  publish(subject: string, payload: JsonObject): void;
  subscribe(subject: string, handler: (payload: JsonObject) => void): Subscription;
  trouble(): string | null;
  close(): Promise<void>;
}

export interface Subscription {
  end(): void;
}
