import { setTimeout } from 'node:timers/promises';
import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { replyOf, type BusReply } from '@fairlead/proto/fairlead/v1/bus-reply.ts';
import { failure } from '@fairlead/proto/model/failure.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { AgentAnswer, AgentRequest } from '@fairlead/proto/model/task.ts';
import type { Logger } from '../ports/logger.ts';

type Handler = (request: AgentRequest) => Promise<AgentAnswer>;

/** Between two attempts to reach the first server, and for one of them. */
const AGAIN_MS = 500;
const DIAL_MS = 5_000;

/**
 * Takes requests from NATS, on the agent's own subject and no other. The connection outlives sessions; who handles the
 * requests changes with each. While there is no session, they are refused by silence: the asker times out.
 */
export class NatsRequests {
  readonly #url: string;
  readonly #subject: string;
  readonly #logger: Logger;
  #handler: Handler | null = null;
  #connection: NatsConnection | null = null;
  readonly #closing = new AbortController();

  constructor(url: string, subject: string, logger: Logger) {
    this.#url = url;
    this.#subject = subject;
    this.#logger = logger;
    void this.#connect();
  }

  get url(): string {
    return this.#url;
  }

  /** From now on this one answers; null: nobody. */
  handleWith(handler: Handler | null): void {
    this.#handler = handler;
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#handler = null;
    await this.#connection?.close();
  }

  async #connect(): Promise<void> {
    const connection = await this.#first();
    if (connection === null) return;
    if (this.#closed) return await connection.close();
    this.#connection = connection;
    connection.subscribe(this.#subject, {
      callback: (error, message) => {
        if (error !== null) this.#logger.warn({ err: error }, 'the requests from NATS cannot be read');
        else void this.#answer(message);
      },
    });
    this.#logger.info({ server: connection.getServer() }, 'requests are taken from NATS');
  }

  /** Tries until there is a server, or nobody wants one any more. The client's own waiting ends with neither. */
  async #first(): Promise<NatsConnection | null> {
    const { signal } = this.#closing;
    for (let told = ''; !signal.aborted;) {
      try {
        return await connect({
          servers: this.#url.split(',').map((each) => each.trim()),
          timeout: DIAL_MS,
          maxReconnectAttempts: -1,
          reconnectTimeWait: 200,
          reconnectJitter: 1_000,
          pingInterval: 5_000,
          maxPingOut: 2,
        });
      } catch (error) {
        const reason = String(error);
        if (reason !== told) this.#logger.warn({ err: error }, 'NATS is not reached; it is tried again');
        told = reason;
      }
      await setTimeout(AGAIN_MS + Math.random() * AGAIN_MS, undefined, { signal }).catch(() => {});
    }
    return null;
  }

  async #answer(message: Msg): Promise<void> {
    const handler = this.#handler;
    if (handler === null) return;
    // Only the control plane may publish on this subject, and it sends an AgentRequest; an answer is plain JSON.
    const reply = await replyOf(async () => ({ ...(await handler(message.json<AgentRequest>())) }) as JsonObject);
    if (this.#respond(message, reply) || this.#closed) return;
    this.#respond(message, { failure: failure('TOO_LARGE', 'the answer is larger than what NATS carries here') });
  }

  /** False when the client does not take it: too large for its broker, or the connection is closed. */
  #respond(message: Msg, reply: BusReply): boolean {
    try {
      return message.respond(JSON.stringify(reply));
    } catch (error) {
      this.#logger.warn({ err: error }, 'an answer could not be given to NATS');
      return false;
    }
  }
}
