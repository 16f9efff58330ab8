/**
 * A load balancer that behaves as HAProxy 2.6 does where Fairlead meets it: round robin over servers that are admitted
 * and up, health checks, and the part of the runtime API that the agent uses, with HAProxy's own columns and answers.
 */
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { admin, type SimulatedServer } from './simulated-server.ts';
import { answerCommand } from './simulated-runtime.ts';

export interface BalancerOptions {
  readonly backend: string;
  readonly servers: readonly {
    readonly name: string;
    readonly port: number;
    /** As `disabled` in the configuration. */
    readonly disabled?: boolean;
    /** False: no health check. */
    readonly check?: boolean;
  }[];
  /** Path of the runtime socket; a free TCP port of loopback when it is left out. */
  readonly socket?: string;
  readonly socketLevel?: 'admin' | 'operator';
}

/** What a suite does with a load balancer, whatever it is. */
export interface BalancerUnderTest {
  /** Where people's requests go. */
  readonly url: string;
  /** In the words of the language. */
  readonly socket: string;
  stop(): Promise<void>;
}

const INTERVAL_MS = 100;
const RISE = 2;
const FALL = 2;

export async function startSimulatedHaproxy(options: BalancerOptions): Promise<BalancerUnderTest> {
  const servers = options.servers.map((each, index): SimulatedServer => {
    const check = each.check !== false;
    return {
      id: index + 1,
      name: each.name,
      port: each.port,
      check,
      admin: each.disabled === true ? admin.CMAINT | admin.FMAINT : 0,
      up: each.disabled !== true,
      health: each.disabled === true ? 0 : RISE + FALL - 1,
      checkStatus: 1,
      connections: 0,
    };
  });
  let turn = 0;
  const next = (): SimulatedServer | null => {
    const able = servers.filter((each) => each.up && each.admin === (each.admin & admin.CMAINT));
    turn += 1;
    return able[turn % Math.max(able.length, 1)] ?? null;
  };

  const front = http.createServer((request, response) => {
    const server = next();
    if (server === null) return void response.writeHead(503).end('no server is available to handle this request');
    server.connections += 1;
    response.once('close', () => (server.connections -= 1));
    const { method, url: path, headers } = request;
    const onward = http.request(
      { host: '127.0.0.1', port: server.port, method, path, headers, agent: false },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end('bad gateway')));
    request.pipe(onward);
  });
  const runtime = net.createServer({ allowHalfOpen: true }, (socket) => {
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (part: Buffer) => {
      text += part.toString('utf8');
      const end = text.indexOf('\n');
      if (end === -1) return;
      const commands = text.slice(0, end).split(';');
      const level = options.socketLevel ?? 'admin';
      // Each answer ends with an empty line; after the last one the connection is closed.
      const answers = commands.map((each) => `${answerCommand(each.trim(), options.backend, servers, level, RISE)}\n`);
      socket.end(answers.join(''));
    });
  });
  const stop = checkHealth(servers);
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => {
    if (options.socket === undefined) runtime.listen(0, '127.0.0.1', resolve);
    else runtime.listen(options.socket, resolve);
  });
  // Both listen on TCP, or the socket's path is known.
  const portOf = (server: net.Server): number => (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${portOf(front)}`,
    socket: options.socket === undefined ? `tcp://127.0.0.1:${portOf(runtime)}` : `unix:${options.socket}`,
    stop: async () => {
      stop();
      front.closeAllConnections();
      await Promise.all([front, runtime].map((each) => new Promise((resolve) => each.close(resolve))));
    },
  };
}

/** `GET /health` of every server that is not in maintenance, as often as the configuration of the real one says. */
function checkHealth(servers: readonly SimulatedServer[]): () => void {
  const timers = servers
    .filter(({ check }) => check)
    .map((server) => {
      let busy = false;
      return setInterval(() => {
        if (busy || (server.admin & admin.FMAINT) !== 0) return;
        busy = true;
        const request = http.get({
          host: '127.0.0.1',
          port: server.port,
          path: '/health',
          agent: false,
          timeout: 2_000,
        });
        const tell = (well: boolean): void => {
          busy = false;
          if ((server.admin & admin.FMAINT) !== 0) return;
          server.checkStatus = well ? 15 : 17;
          if (well) server.health = Math.min(server.health + 1, RISE + FALL - 1);
          else server.health = server.health > RISE ? server.health - 1 : 0;
          server.up = server.health >= RISE;
        };
        request.once('response', (response) => {
          response.resume();
          tell((response.statusCode ?? 500) < 400);
        });
        request.once('timeout', () => request.destroy());
        request.once('error', () => busy && tell(false));
      }, INTERVAL_MS);
    });
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}
