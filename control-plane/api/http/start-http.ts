/** The HTTP side of the control plane: API, live socket, login and page on one port. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { System } from '@fairlead/proto/model/system.ts';
import express from 'express';
import type { Logger } from 'pino';
import type { UseCases } from '../../app/use-cases.ts';
import { startLive } from '../live/start-live.ts';
import { answerError, answerUnknown } from './answer-error.ts';
import { health } from './health.ts';
import { login } from './login.ts';
import { openApi } from './openapi.ts';
import { page } from './page.ts';
import { ROUTES } from './routes/index.ts';
import { securityHeaders } from './security-headers.ts';
import { serveRoute } from './serve-route.ts';
import { UpgradableMessage } from './upgradable-message.ts';

export const API_VERSION = '1.0.0';

export interface HttpOptions {
  /** 127.0.0.1 unless told otherwise. */
  readonly host?: string;
  /** 0: any free one. */
  readonly port: number;
  readonly useCases: UseCases;
  /** Where the built page is; null: none. */
  readonly webDirectory: string | null;
  readonly logger: Logger;
  readonly system: Pick<System, 'clock' | 'scheduler' | 'ids'>;
  /** How people reach it, where a proxy stands before it: `https://…` makes cookies secure. */
  readonly publicUrl?: string;
}

export interface HttpServer {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Takes no new requests, tells live sockets to come back, ends open ones. */
  close(): Promise<void>;
}

export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const { useCases, logger, system } = options;
  const publicOrigin = options.publicUrl === undefined ? null : new URL(options.publicUrl).origin;
  const secure = publicOrigin?.startsWith('https:') ?? false;
  const ownOrigins = publicOrigin === null ? [] : [publicOrigin];

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((_request, response, next) => {
    const requestId = system.ids.unique('req');
    response.locals['requestId'] = requestId;
    response.set('X-Request-Id', requestId);
    next();
  });
  app.use(securityHeaders(secure));
  app.use(health(useCases, system.clock, logger));
  app.use('/api/v1', api(useCases, ownOrigins));
  app.use('/api', answerUnknown([]));
  app.use(login(useCases, system.clock, secure));
  app.use(page(options.webDirectory));
  app.use(answerUnknown([]));
  app.use(answerError(logger));

  const limits = { maxHeaderSize: 16_384, requestTimeout: 60_000, headersTimeout: 20_000 };
  const server = http.createServer({ ...limits, IncomingMessage: UpgradableMessage }, app);
  // Longer than what load balancers keep an idle connection, so that they close it and not we.
  server.keepAliveTimeout = 75_000;
  const live = startLive({ server, path: '/api/v1/live', useCases, system, logger, ownOrigins });
  const host = options.host ?? '127.0.0.1';
  const port = await listen(server, host, options.port);
  return {
    host,
    port,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close: async () => {
      live.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      // Whoever follows a log would keep us for ever.
      const patience = system.scheduler.after(2000, () => server.closeAllConnections());
      await closed;
      patience.cancel();
    },
  };
}

function api(useCases: UseCases, ownOrigins: readonly string[]): express.Router {
  const router = express.Router({ caseSensitive: true });
  const document = JSON.stringify(openApi(ROUTES, API_VERSION));
  router.use((_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  router.get('/openapi.json', (_request, response) => void response.type('json').send(document));
  for (const route of ROUTES) {
    router[route.method](route.path.replaceAll(/\{(\w+)\}/g, ':$1'), ...serveRoute(route, useCases, ownOrigins));
  }
  router.use(answerUnknown(ROUTES));
  return router;
}

function listen(server: http.Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      // A listening TCP server has such an address.
      resolve((server.address() as AddressInfo).port);
    });
  });
}
