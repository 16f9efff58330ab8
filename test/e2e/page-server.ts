/**
 * Serves the built page and plays the control plane to it: the routes it uses and the live socket, by the contract of
 * `proto/live.ts`. The test says what happens; what the page asked is kept for it to look at.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { ExecutionDiff } from '@fairlead/proto/diff.ts';
import type { ClientFrame, ExecutionListRow, ServerFrame } from '@fairlead/proto/live.ts';
import type { Hold } from '@fairlead/control-plane/app/holds.ts';
import type { QueueView } from '@fairlead/control-plane/app/use-cases.ts';
import type { WaitingExecution } from '@fairlead/control-plane/app/people.ts';
import { searchedIn, wordsOf } from '@fairlead/control-plane/ports/rows.ts';
import { failure } from '@fairlead/proto/model/failure.ts';
import { type WebSocket, WebSocketServer } from 'ws';
import type { PlayedExecution } from './page-execution.ts';

/** As strict as the real one may ever be: nothing inline, no data: addresses, no other host. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

type Subscribe = Extract<ClientFrame, { readonly type: 'subscribe' }>;

interface Subscription {
  readonly frame: Subscribe;
  /** Sequence or byte already sent; null before the first. */
  sent: number | null;
}

export class PageServer {
  readonly executions = new Map<string, PlayedExecution>();
  rows: readonly ExecutionListRow[] = [];
  instances: readonly object[] = [];
  deployments: readonly object[] = [];
  holds: readonly Hold[] = [];
  queues: readonly QueueView[] = [];
  diff: ExecutionDiff | null = null;
  waiting: readonly WaitingExecution[] = [];
  /** What whoever posts next is answered instead. */
  refusal: { readonly status: number; readonly body: object } | null = null;
  readonly subscribed: Subscribe[] = [];
  readonly posted: { readonly path: string; readonly body: unknown }[] = [];
  /** The idempotency keys that came, in order. */
  readonly keys: string[] = [];
  readonly requested: string[] = [];
  refusing = false;
  loggedOut = false;
  readonly #dist: string;
  readonly #http: Server;
  readonly #live = new WebSocketServer({ noServer: true });
  readonly #sockets = new Map<WebSocket, Map<number, Subscription>>();

  constructor(dist: string) {
    this.#dist = dist;
    this.#http = createServer((request, response) => this.#serve(request, response));
    this.#http.on('upgrade', (request, socket, head) => {
      if (this.refusing || this.loggedOut) return void socket.destroy();
      this.#live.handleUpgrade(request, socket, head, (live) => this.#welcome(live));
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#http.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.dropSockets();
    this.#http.closeAllConnections();
    await new Promise((resolve) => this.#http.close(resolve));
  }

  dropSockets(): void {
    for (const socket of this.#sockets.keys()) socket.terminate();
  }

  /** Sends everyone what they have not seen. */
  flush(): void {
    for (const socket of this.#sockets.keys()) this.#send(socket);
  }

  #welcome(socket: WebSocket): void {
    const subscriptions = new Map<number, Subscription>();
    this.#sockets.set(socket, subscriptions);
    socket.on('close', () => this.#sockets.delete(socket));
    // One buffer per message unless another binaryType is asked for.
    socket.on('message', (data) => {
      const frame = JSON.parse((data as Buffer).toString('utf8')) as ClientFrame;
      if (frame.type === 'unsubscribe') return void subscriptions.delete(frame.sub);
      this.subscribed.push(frame);
      subscriptions.set(frame.sub, { frame, sent: null });
      this.#send(socket);
    });
  }

  #send(socket: WebSocket): void {
    const frames: ServerFrame[] = [];
    for (const [sub, subscription] of this.#sockets.get(socket) ?? []) frames.push(...this.#news(sub, subscription));
    if (frames.length > 0) socket.send(JSON.stringify({ frames }));
  }

  #news(sub: number, subscription: Subscription): readonly ServerFrame[] {
    const { frame, sent } = subscription;
    if (frame.feed === 'list') {
      const rows = this.rows.filter((row) => sent === null || row.seq > sent).slice(0, frame.limit);
      if (sent !== null && rows.length === 0) return [];
      subscription.sent = Math.max(sent ?? 0, ...rows.map((row) => row.seq));
      return [{ sub, feed: 'list', snapshot: sent === null, rows }];
    }
    if (frame.feed === 'execution') {
      const execution = this.#find(frame.executionId);
      if (execution === undefined) return [{ sub, error: failure('NOT_FOUND', 'There is no such execution.') }];
      const after = sent ?? frame.after ?? null;
      if (after === execution.seq) return [];
      subscription.sent = execution.seq;
      const { seq, header } = execution;
      return [{ sub, feed: 'execution', seq, snapshot: after === null, header, nodes: execution.since(after ?? -1) }];
    }
    const from = sent ?? frame.from;
    const log = this.executions.get(frame.attemptId.split('/')[0] ?? '')?.logAfter(frame.attemptId, from) ?? [];
    const last = log.at(-1);
    if (last !== undefined) subscription.sent = last.next;
    return log.map((each) => ({ sub, feed: 'log', ...each }));
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://page');
    if (this.refusing) return void request.socket.destroy();
    if (!url.pathname.startsWith('/api/')) return this.#file(url.pathname, response);
    this.requested.push(`${request.method} ${url.pathname}${url.search}`);
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (this.loggedOut) return json(401, { title: 'Unauthenticated', detail: 'Log in first.', failures: [] });
    const path = url.pathname.slice('/api/v1'.length);
    if (request.method === 'POST') {
      let text = '';
      request.on('data', (chunk) => (text += String(chunk)));
      request.on('end', () => {
        this.posted.push({ path, body: JSON.parse(text) });
        const key = request.headers['idempotency-key'];
        if (typeof key === 'string') this.keys.push(key);
        const { refusal } = this;
        this.refusal = null;
        if (refusal !== null) return json(refusal.status, refusal.body);
        json(202, { executionId: path.split('/')[2] });
      });
      return;
    }
    const lifted = request.method === 'DELETE' ? this.holds.find((hold) => path === `/holds/${hold.id}`) : undefined;
    if (lifted !== undefined) {
      this.holds = this.holds.filter((hold) => hold !== lifted);
      return json(200, { holds: [lifted] });
    }
    if (path === '/me') return json(200, { id: 'u1', name: 'maria', kind: 'USER', rights: ['*'] });
    if (path === '/waiting') return json(200, { waiting: this.waiting });
    if (path === '/queues') return json(200, { queues: this.queues });
    if (path === '/holds') return json(200, { holds: this.holds });
    if (path === '/instances') return json(200, { instances: this.instances, next: null });
    if (path === '/instances/history') return json(200, { deployments: this.deployments, next: null });
    if (path === '/executions') return json(200, this.#page(url.searchParams));
    if (path.includes('/diff/') && this.diff !== null) return json(200, this.diff);
    const [id = '', part] = path.slice('/executions/'.length).split('/');
    const execution = this.#find(decodeURIComponent(id));
    const at = url.searchParams.get('at');
    if (execution !== undefined && part === 'moments')
      return json(200, { moments: execution.moments(Number(url.searchParams.get('after'))), next: null });
    if (execution !== undefined && at !== null) return json(200, execution.at(Number(at)));
    if (execution === undefined)
      return json(404, {
        title: 'Not found',
        detail: 'There is no such execution.',
        failures: [{ mend: 'Check the id.' }],
      });
    return json(200, { seq: execution.seq, header: execution.header, nodes: execution.since(-1) });
  }

  #find(id: string): PlayedExecution | undefined {
    return id === 'last' ? [...this.executions.values()].at(-1) : this.executions.get(id);
  }

  #page(query: URLSearchParams): { readonly rows: readonly ExecutionListRow[]; readonly next: string | null } {
    const statuses = query.get('status')?.split(',');
    const application = query.get('application');
    const words = wordsOf(query.get('find') ?? '');
    const all = this.rows
      .filter((row) => words.every((word) => searchedIn(row).includes(word)))
      .filter((row) => statuses === undefined || statuses.includes(row.status))
      .filter((row) => application === null || row.application === application);
    const from = Number(query.get('cursor') ?? 0);
    const to = from + Number(query.get('limit') ?? 50);
    return { rows: all.slice(from, to), next: to < all.length ? String(to) : null };
  }

  #file(path: string, response: ServerResponse): void {
    const named = join(this.#dist, normalize(path));
    const file = extname(path) !== '' && existsSync(named) ? named : join(this.#dist, 'index.html');
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-security-policy': POLICY,
    });
    response.end(readFileSync(file));
  }
}
