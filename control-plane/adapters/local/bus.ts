import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { Scheduler } from '@fairlead/proto/model/system.ts';
import { encodePayload, payloadOf, replyOf, type BusReply } from '@fairlead/proto/fairlead/v1/bus-reply.ts';
import type { Bus, Subscription } from '../../ports/bus.ts';

type Server = (payload: JsonObject) => Promise<JsonObject>;
type Listener = (payload: JsonObject) => void;

/**
 * The bus inside one process. Payloads are copied through JSON, so that nobody comes to rely on sharing an object that
 * a broker would not share, and a later turn delivers them, so that nobody relies on being called back at once.
 */
export class LocalBus implements Bus {
  readonly #scheduler: Scheduler;
  readonly #servers = new Map<string, Server>();
  readonly #listeners = new Map<string, Set<Listener>>();
  #closed = false;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  async request(subject: string, payload: JsonObject, timeoutMs: number): Promise<JsonObject> {
    const text = encodePayload(payload, `a request to ${subject}`);
    const server = this.#servers.get(subject);
    if (this.#closed) throw unavailable('the bus is closed');
    if (server === undefined) throw unavailable(`nobody serves ${subject}`);
    return payloadOf(await this.#within(timeoutMs, subject, answer(server, text, subject)));
  }

  serve(subject: string, handler: Server): Subscription {
    if (this.#servers.has(subject)) throw new Error(`${subject} is served already`);
    this.#servers.set(subject, handler);
    return { end: () => void (this.#servers.get(subject) === handler && this.#servers.delete(subject)) };
  }

  publish(subject: string, payload: JsonObject): void {
    const text = encodePayload(payload, `a message to ${subject}`);
    const listeners = this.#listeners.get(subject);
    if (this.#closed || listeners === undefined) return;
    for (const listener of listeners) {
      queueMicrotask(() => listeners.has(listener) && !this.#closed && listener(parse(text)));
    }
  }

  subscribe(subject: string, handler: Listener): Subscription {
    // A function of its own, so that one handler can be subscribed twice and end once.
    const listener: Listener = (payload) => handler(payload);
    const listeners = this.#listeners.get(subject) ?? new Set();
    this.#listeners.set(subject, listeners.add(listener));
    return {
      end: () => {
        listeners.delete(listener);
        if (listeners.size === 0 && this.#listeners.get(subject) === listeners) this.#listeners.delete(subject);
      },
    };
  }

  trouble(): string | null {
    return this.#closed ? 'it is closed' : null;
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#servers.clear();
    this.#listeners.clear();
    return Promise.resolve();
  }

  async #within(timeoutMs: number, subject: string, reply: Promise<BusReply>): Promise<BusReply> {
    let late: () => void = () => {};
    const timeout = new Promise<BusReply>((_, reject) => {
      late = () => reject(unavailable(`${subject} did not answer within ${timeoutMs} ms`));
    });
    const timer = this.#scheduler.after(timeoutMs, late);
    try {
      return await Promise.race([reply, timeout]);
    } finally {
      timer.cancel();
    }
  }
}

/** The answer as it would arrive over a wire. */
async function answer(server: Server, request: string, subject: string): Promise<BusReply> {
  await Promise.resolve();
  return await replyOf(async () => parse(encodePayload(await server(parse(request)), `the answer of ${subject}`)));
}

// JSON made of a JsonObject is one again.
const parse = (text: string): JsonObject => JSON.parse(text) as JsonObject;

const unavailable = (message: string): FailureError => new FailureError(failure('UNAVAILABLE', message));
