import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import { failureFrom } from '@fairlead/proto/fairlead/v1/status.ts';
import { openInParts } from '@fairlead/proto/fairlead/v1/open-parts.ts';
import { MOST_MESSAGE_BYTES } from '@fairlead/proto/fairlead/v1/agents.ts';
import type { FromAgent, ToAgent } from '@fairlead/proto/fairlead/v1/messages.ts';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { System } from '@fairlead/proto/model/system.ts';
import type { Acknowledgement, AgentAnswer, AgentRequest, Hello, Report, Welcome } from '@fairlead/proto/model/task.ts';
import { subjects } from '@fairlead/proto/subjects.ts';
import type { Link, LinkEvents, OpenLink } from '../ports/link.ts';
import type { LogChunk } from '../ports/log-chunk.ts';
import type { Logger } from '../ports/logger.ts';
import { GrpcConnection, type Credential } from './grpc-connection.ts';
import { LogCall } from './log-call.ts';
import { NatsRequests } from './nats-requests.ts';

export interface GrpcLinkOptions {
  /** `host:port` of the control plane. */
  readonly address: string;
  readonly credential: Credential;
  readonly system: System;
  readonly logger: Logger;
}

const OPEN_LIMIT_MS = 10_000;
/**
 * How long a connection that failed is left alone. A frame sent on it while its end is still being worked off can throw
 * Node's HTTP/2 into an endless loop of empty frames (nodejs/node#52952): the process hangs, and its memory grows until
 * it is killed. A moment later the connection is gone, or it was only the call that ended.
 */
const SETTLING_MS = 100;

/** What a message needs beside its body. */
const FRAME_BYTES = 1_024;
/** Of the list of open attempts, in one message: at most four bytes each. */
const PART_CHARACTERS = MOST_MESSAGE_BYTES / 5;
const TOO_LARGE = JSON.stringify({
  answer: 'refused',
  final: false,
  failure: failure('TOO_LARGE', 'the answer is larger than what a session carries'),
} satisfies AgentAnswer);

/** The link over gRPC: a session stream and a log stream on one connection, made anew each time. */
export class GrpcLink implements Link {
  readonly #options: GrpcLinkOptions;
  #nats: NatsRequests | null = null;

  constructor(options: GrpcLinkOptions) {
    this.#options = options;
  }

  open(hello: Hello, events: LinkEvents): Promise<OpenLink> {
    return new Promise((resolve, reject) => {
      const { address, credential, system } = this.#options;
      const connection = new GrpcConnection(address);
      const session = connection.session(credential);
      const timer = system.scheduler.after(OPEN_LIMIT_MS, () => {
        give(new FailureError(failure('UNAVAILABLE', `${address} did not answer within ${OPEN_LIMIT_MS} ms`)));
      });
      let open: OpenStreams | null = null;
      let over = false;
      const give = (error: FailureError): void => {
        timer.cancel();
        if (open !== null) return open.failed(error.message);
        if (over) return;
        over = true;
        system.scheduler.after(SETTLING_MS, () => {
          session.cancel();
          connection.close();
        });
        reject(error);
      };
      session.on('error', (error: ServiceError) => give(failureFrom(error)));
      session.on('end', () => give(new FailureError(failure('UNAVAILABLE', 'the control plane ended the session'))));
      session.on('data', (message: ToAgent) => {
        if (open !== null) return open.receive(message);
        if (over || message.body !== 'welcome') return;
        timer.cancel();
        // Welcomes are made by our own control plane, which serializes a Welcome.
        const welcome = JSON.parse(message.welcome) as Welcome;
        const nats = this.#requestsFrom(welcome, hello);
        const { logger } = this.#options;
        open = new OpenStreams({ connection, session, credential, welcome, events, nats, system, logger });
        resolve(open);
      });
      const parts = openInParts(hello.open, PART_CHARACTERS);
      for (const open of parts.slice(0, -1)) session.write({ body: 'open', open: JSON.stringify(open) });
      session.write({ body: 'hello', hello: JSON.stringify({ ...hello, open: parts.at(-1) }) });
    });
  }

  /** Lets go of NATS; sessions are closed by whoever opened them. */
  async close(): Promise<void> {
    await this.#nats?.close();
  }

  #requestsFrom({ bus }: Welcome, { agentId }: Hello): NatsRequests | null {
    if (bus.kind === 'STREAM') return null;
    if (this.#nats?.url !== bus.url) {
      void this.#nats?.close();
      this.#nats = new NatsRequests(bus.url, subjects.agent(agentId), this.#options.logger);
    }
    return this.#nats;
  }
}

interface OpenParts {
  readonly connection: GrpcConnection;
  readonly session: ClientDuplexStream<FromAgent, ToAgent>;
  readonly credential: Credential;
  readonly welcome: Welcome;
  readonly events: LinkEvents;
  readonly nats: NatsRequests | null;
  readonly system: System;
  readonly logger: Logger;
}

class OpenStreams implements OpenLink {
  readonly welcome: Welcome;
  readonly #parts: OpenParts;
  readonly #logs: LogCall;
  #over = false;

  constructor(parts: OpenParts) {
    const { connection, credential, welcome, events, nats, system, logger } = parts;
    this.#parts = parts;
    this.welcome = welcome;
    this.#logs = new LogCall({
      call: () => connection.logs(credential, welcome.sessionId),
      stored: ({ attempt_id, offset }) => events.logsStored(attempt_id, offset),
      writable: () => events.logsWritable(),
      anew: () => events.logsAnew(),
      system,
      logger,
    });
    nats?.handleWith((request) => events.request(request));
  }

  heartbeat(beat: Parameters<OpenLink['heartbeat']>[0]): void {
    this.#send({ body: 'heartbeat', heartbeat: beat });
  }

  report(id: string, report: Report): void {
    this.#send({ body: 'report', report: { id, body: JSON.stringify(report) } });
  }

  goodbye(): void {
    this.#send({ body: 'goodbye', goodbye: {} });
    this.#parts.session.end();
  }

  logs(chunks: readonly LogChunk[]): boolean {
    if (this.#over) return false;
    return this.#logs.send({
      chunks: chunks.map(({ attemptId, offset, bytes, gap, at }) => ({
        attempt_id: attemptId,
        offset,
        bytes,
        gap,
        at_ms: Math.max(0, Math.round(at)),
      })),
    });
  }

  close(): void {
    if (this.#isNews('closed here')) this.#letGo();
  }

  /** The session's stream did, and with it all. */
  failed(reason: string): void {
    if (this.#isNews(reason)) this.#parts.system.scheduler.after(SETTLING_MS, () => this.#letGo());
  }

  /** Ended, whoever wanted that; told once. */
  #isNews(reason: string): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#logs.stop();
    this.#parts.nats?.handleWith(null);
    this.#parts.events.closed(reason);
    return true;
  }

  #letGo(): void {
    const { session, connection } = this.#parts;
    this.#logs.cancel();
    if (!session.writableEnded) session.cancel();
    connection.close();
  }

  receive(message: ToAgent): void {
    if (this.#over) return;
    const { events } = this.#parts;
    switch (message.body) {
      case 'welcome':
        return;
      case 'heartbeat_ack':
        return events.heartbeatAnswered(message.heartbeat_ack.number);
      case 'ack':
        // Made by our own control plane, as are requests.
        return events.acknowledged(message.ack.report, JSON.parse(message.ack.body) as Acknowledgement);
      case 'request':
        void this.#answer(message.request.number, JSON.parse(message.request.body) as AgentRequest);
        return;
      case 'revoked':
        return events.revoked(message.revoked);
      case 'drain':
        return events.drain();
    }
  }

  async #answer(number: number, request: AgentRequest): Promise<void> {
    const body = JSON.stringify(await this.#parts.events.request(request));
    const fits = Buffer.byteLength(body) < MOST_MESSAGE_BYTES - FRAME_BYTES;
    this.#send({ body: 'answer', answer: { request: number, body: fits ? body : TOO_LARGE } });
  }

  #send(message: FromAgent): void {
    if (!this.#over) this.#parts.session.write(message);
  }
}
