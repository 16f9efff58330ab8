import { connect, type Msg, type NatsConnection, type Subscription as NatsSubscription } from '@nats-io/transport-node';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import { encodePayload, payloadOf, replyOf, type BusReply } from '@fairlead/proto/fairlead/v1/bus-reply.ts';
import type { Scheduler } from '@fairlead/proto/model/system.ts';
import type { Bus, Subscription } from '../../ports/bus.ts';

export interface NatsLogger {
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
}

export interface NatsOptions {
  /** `nats://host:port`, several separated by commas. */
  readonly url: string;
  /** Shown in the server's monitoring. */
  readonly name: string;
  readonly logger: NatsLogger;
  readonly scheduler: Scheduler;
}

/** Between two attempts to reach the first server, and for one of them. */
const AGAIN_MS = 500;
const DIAL_MS = 5_000;

interface Standing {
  readonly subject: string;
  readonly receive: (message: Msg) => void;
  live: NatsSubscription | null;
}

/**
 * The bus over NATS. It needs no server to start: until there is one, and whenever it is away, requests answer
 * UNAVAILABLE at once and what is published is lost, as the port allows; servers and subscriptions come back by themselves.
 * Callbacks, never `for await`, on the subjects: an iterator costs several times the latency.
 */
export class NatsBus implements Bus {
  readonly #options: NatsOptions;
  readonly #standing = new Set<Standing>();
  readonly #served = new Set<string>();
  #connection: NatsConnection | null = null;
  #connected = false;
  #trouble: string | null = 'no server was reached yet';
  #closed = false;
  /** Ends the rest between two attempts. */
  #rouse: () => void = () => {};
  #tellConnected: () => void = () => {};
  /** Resolves when the first server was reached. */
  readonly connected = new Promise<void>((resolve) => (this.#tellConnected = resolve));

  constructor(options: NatsOptions) {
    this.#options = options;
    void this.#connect();
  }

  async request(subject: string, payload: JsonObject, timeoutMs: number): Promise<JsonObject> {
    const text = encodePayload(payload, `a request to ${subject}`);
    const connection = this.#live();
    if (connection === null) throw unavailable('NATS is not reachable');
    return payloadOf(await ask(connection, subject, text, timeoutMs));
  }

  serve(subject: string, handler: (payload: JsonObject) => Promise<JsonObject>): Subscription {
    if (this.#served.has(subject)) throw new Error(`${subject} is served already`);
    this.#served.add(subject);
    const subscription = this.#stand(subject, (message) => {
      void reply(message, () => handler(message.json<JsonObject>()), subject);
    });
    return {
      end: () => {
        this.#served.delete(subject);
        subscription.end();
      },
    };
  }

  publish(subject: string, payload: JsonObject): void {
    const text = encodePayload(payload, `a message to ${subject}`);
    this.#live()?.publish(subject, text);
  }

  subscribe(subject: string, handler: (payload: JsonObject) => void): Subscription {
    return this.#stand(subject, (message) => handler(message.json<JsonObject>()));
  }

  trouble(): string | null {
    return this.#connected ? null : this.#trouble;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#rouse();
    this.#standing.clear();
    await this.#connection?.close();
  }

  #live(): NatsConnection | null {
    return this.#connected && !this.#closed ? this.#connection : null;
  }

  #stand(subject: string, receive: (message: Msg) => void): Subscription {
    const standing: Standing = { subject, receive, live: null };
    this.#standing.add(standing);
    if (this.#connection !== null) this.#begin(this.#connection, standing);
    return {
      end: () => {
        this.#standing.delete(standing);
        standing.live?.unsubscribe();
      },
    };
  }

  #begin(connection: NatsConnection, standing: Standing): void {
    const { subject, receive } = standing;
    standing.live = connection.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) this.#options.logger.warn({ err: error, subject }, 'a subscription failed');
        else receive(message);
      },
    });
  }

  async #connect(): Promise<void> {
    const connection = await this.#first();
    if (connection === null) return;
    if (this.#closed) return await connection.close();
    const { logger } = this.#options;
    try {
      this.#connection = connection;
      this.#connected = true;
      for (const standing of this.#standing) this.#begin(connection, standing);
      await connection.flush();
      logger.info({ server: connection.getServer() }, 'connected to NATS');
      this.#tellConnected();
      await this.#watch(connection);
    } catch (error) {
      if (!this.#closed) logger.warn({ err: error }, 'the connection to NATS is lost for good');
    }
  }

  /** Tries until there is a server, or nobody wants one any more. The client's own waiting ends with neither. */
  async #first(): Promise<NatsConnection | null> {
    const { url, name, logger } = this.#options;
    while (!this.#closed) {
      try {
        return await connect({
          servers: url.split(',').map((each) => each.trim()),
          name,
          timeout: DIAL_MS,
          maxReconnectAttempts: -1,
          reconnectTimeWait: 200,
          reconnectJitter: 300,
          pingInterval: 5_000,
          maxPingOut: 2,
          // Otherwise each request makes two errors with a stack beforehand, for the case that it fails.
          noAsyncTraces: true,
        });
      } catch (error) {
        const reason = reasonOf(error);
        if (reason !== this.#trouble) logger.warn({ reason }, 'NATS is not reached; it is tried again');
        this.#trouble = reason;
      }
      await this.#rest();
    }
    return null;
  }

  #rest(): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.scheduler.after(AGAIN_MS, resolve);
      this.#rouse = () => {
        timer.cancel();
        resolve();
      };
      if (this.#closed) this.#rouse();
    });
  }

  async #watch(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect')
        [this.#connected, this.#trouble] = [false, 'the connection is lost; it is tried again'];
      if (type === 'reconnect') this.#connected = true;
      if (type === 'disconnect' || type === 'reconnect') {
        this.#options.logger.info({ status: type }, 'the connection to NATS changed');
      }
    }
  }
}

async function ask(connection: NatsConnection, subject: string, text: string, timeoutMs: number): Promise<BusReply> {
  try {
    const message = await connection.request(subject, text, { timeout: timeoutMs });
    return message.json<BusReply>();
  } catch (error) {
    // Nobody serves it, no answer in time, the connection closed: the caller cannot tell them apart either.
    throw unavailable(`${subject} did not answer: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function reply(message: Msg, work: () => Promise<JsonObject>, subject: string): Promise<void> {
  const given = await replyOf(async () => {
    const payload = await work();
    encodePayload(payload, `the answer of ${subject}`);
    return payload;
  });
  message.respond(JSON.stringify(given));
}

/** The client says `connection refused` and keeps why in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message;
}

const unavailable = (message: string): FailureError => new FailureError(failure('UNAVAILABLE', message));
