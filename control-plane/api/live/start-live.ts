/** `/api/v1/live`: lets known clients in, keeps an eye on whether they are still there and still allowed. */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { System, Timer } from '@fairlead/proto/model/system.ts';
import type { Logger } from 'pino';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { UseCases } from '../../app/use-cases.ts';
import { authenticate, credentialOf } from '../http/credentials.ts';
import { internalProblem, PROBLEM_TYPE, problemOf } from '../http/problem.ts';
import type { ProblemBody } from '../http/problem.ts';
import type { LiveContext } from './live-socket.ts';
import { LiveSocket } from './live-socket.ts';
import { Topics } from './topics.ts';

export interface LiveOptions {
  readonly server: Server;
  readonly path: string;
  readonly useCases: UseCases;
  readonly system: Pick<System, 'clock' | 'scheduler' | 'ids'>;
  readonly logger: Logger;
  readonly ownOrigins: readonly string[];
}

export const PING_INTERVAL_MS = 20_000;
const MAX_SOCKETS = 5000;
/** 4xxx codes are ours: the key or session is no longer good. */
export const CLOSE_UNAUTHENTICATED = 4401;
const GOING_AWAY = 1001;

export function startLive(options: LiveOptions): { close(): void } {
  const { server, useCases, system, logger } = options;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 65_536, perMessageDeflate: false });
  const context: LiveContext = { useCases, system, logger, topics: new Topics(useCases, system, logger) };

  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    // Whatever the peer does to the stream before it is a socket is no bug of ours.
    stream.on('error', () => stream.destroy());
    const requestId = system.ids.unique('req');
    admit(request).then(
      (actor) => sockets.handleUpgrade(request, stream, head, (socket) => attend(socket, request, actor)),
      (error: unknown) => {
        const problem = problemOf(error, requestId);
        if (problem === null) logger.error({ err: error, requestId }, 'an upgrade met a bug');
        refuse(stream, problem ?? internalProblem(requestId));
      },
    );
  });

  const admit = async (request: IncomingMessage) => {
    if (request.url?.split('?', 1)[0] !== options.path) {
      throw new FailureError(failure('NOT_FOUND', `The live socket is at ${options.path}.`));
    }
    if (sockets.clients.size >= MAX_SOCKETS) {
      throw new FailureError(failure('OVERLOADED', `There are ${MAX_SOCKETS} live sockets already.`));
    }
    return authenticate(useCases, request, true, options.ownOrigins);
  };

  const attend = (socket: WebSocket, request: IncomingMessage, actor: Awaited<ReturnType<typeof admit>>): void => {
    const live = new LiveSocket(socket, actor, context);
    let alive = true;
    let timer: Timer | null = null;
    const check = (): void => {
      if (!alive) return socket.terminate();
      alive = false;
      socket.ping();
      timer = system.scheduler.after(PING_INTERVAL_MS, check);
      // A key may have been revoked since.
      const credential = credentialOf(request)?.text ?? '';
      useCases.authenticate(credential).catch((error: unknown) => {
        const gone = error instanceof FailureError && error.failures[0].code === 'UNAUTHENTICATED';
        if (gone) socket.close(CLOSE_UNAUTHENTICATED, 'the key or session is no longer valid');
      });
    };
    timer = system.scheduler.after(PING_INTERVAL_MS, check);
    socket.on('pong', () => (alive = true));
    socket.on('error', (error) => logger.debug({ err: error }, 'a live socket broke'));
    socket.on('close', () => {
      timer?.cancel();
      live.end();
    });
  };

  return {
    close() {
      for (const socket of sockets.clients) socket.close(GOING_AWAY, 'the control plane is stopping');
      sockets.close();
      // Who does not answer the farewell is cut off.
      system.scheduler.after(1000, () => sockets.clients.forEach((socket) => socket.terminate()));
    },
  };
}

function refuse(stream: Duplex, problem: ProblemBody): void {
  const body = JSON.stringify(problem);
  stream.end(
    `HTTP/1.1 ${problem.status} ${problem.title}\r\nConnection: close\r\nContent-Type: ${PROBLEM_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
