/**
 * Watches an execution over the live socket until it has ended. A lost connection is taken up again where it was
 * (`after`); only when it stays away for so long does the watcher give up.
 */
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { ExecutionView, NodeView, ServerMessage } from '@fairlead/proto/live.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { System, Timer } from '@fairlead/proto/model/system.ts';
import { WebSocket } from 'ws';
import { CliError, connectionLost } from './cli-error.ts';
import type { ApiClient } from './api-client.ts';
import { EXIT } from './exit-codes.ts';

export interface FollowOptions {
  readonly api: Pick<ApiClient, 'connection' | 'renew'>;
  readonly executionId: ExecutionId;
  readonly system: Pick<System, 'clock' | 'scheduler'>;
  /** How long a connection may stay away. */
  readonly patienceMs: number;
  readonly onView: (view: ExecutionView) => void;
  /** The connection went, or came back. */
  readonly onConnection: (connected: boolean, reason: string) => void;
  readonly signal: AbortSignal;
}

const RETRY_MS = 500;
/** The server pings every 20 s; who hears nothing for so long has no connection. */
const SILENCE_MS = 45_000;

/** The view when it had ended; null when the signal ended the watching. */
export async function followExecution(options: FollowOptions): Promise<ExecutionView | null> {
  const { clock, scheduler } = options.system;
  let view: ExecutionView | null = null;
  let heardAt = clock.monotonic();
  let lost = false;
  while (!options.signal.aborted) {
    const end = await attend(options, view, (next) => {
      heardAt = clock.monotonic();
      if (lost) options.onConnection(true, 'connected again');
      lost = false;
      if (next === null) return;
      view = next;
      options.onView(next);
    });
    // The callback above assigns it, which the compiler cannot see.
    const last = view as ExecutionView | null;
    if (last !== null && isTerminal(last.header.status)) return last;
    if (options.signal.aborted) return null;
    // A control plane that was started again has given this machine another key, or will at any moment.
    const isOld = end.refused === 'key' && options.api.connection.reread !== undefined;
    if (end.final !== null && !isOld) throw end.final;
    if (clock.monotonic() - heardAt >= options.patienceMs) {
      throw end.final ?? connectionLost(options.api.connection.url, new Error(end.reason));
    }
    if (!lost) options.onConnection(false, end.reason);
    lost = true;
    await scheduler.sleep(RETRY_MS);
    options.api.renew();
  }
  return null;
}

interface End {
  readonly reason: string;
  /** Trying again is no use. */
  readonly final: CliError | null;
  readonly refused: 'key' | null;
}

/** One connection, from opening to its end. `onHeard(null)`: alive, nothing new. */
function attend(
  options: FollowOptions,
  start: ExecutionView | null,
  onHeard: (view: ExecutionView | null) => void,
): Promise<End> {
  return new Promise((resolve) => {
    const { scheduler } = options.system;
    const { connection } = options.api;
    const url = `${connection.url.replace(/^http/, 'ws')}/api/v1/live`;
    const headers = { authorization: `Bearer ${connection.key}` };
    const socket = new WebSocket(url, { headers, handshakeTimeout: 10_000 });
    let view = start;
    let reason = 'the connection was closed';
    let final: CliError | null = null;
    let refused: End['refused'] = null;
    let silence: Timer | null = null;
    const leave = (): void => socket.terminate();
    const listen = (): void => {
      silence?.cancel();
      silence = scheduler.after(SILENCE_MS, () => {
        reason = 'silence';
        socket.terminate();
      });
    };
    options.signal.addEventListener('abort', leave);
    socket.on('open', () => {
      listen();
      onHeard(null);
      const after = view === null ? {} : { after: view.seq };
      const { executionId } = options;
      socket.send(JSON.stringify({ type: 'subscribe', sub: 1, feed: 'execution', executionId, ...after }));
    });
    socket.on('ping', () => {
      listen();
      onHeard(null);
    });
    socket.on('message', (data) => {
      listen();
      // The server is held to these types by the compiler.
      for (const frame of (JSON.parse(String(data)) as ServerMessage).frames) {
        if ('error' in frame) {
          final = new CliError(EXIT.FAILED, [frame.error.message]);
          socket.close();
        } else if (frame.feed === 'execution') {
          view = merge(frame.snapshot ? null : view, frame);
          onHeard(view);
          if (isTerminal(view.header.status)) socket.close();
        }
      }
    });
    socket.on('unexpected-response', (_request, response) => {
      reason = `status ${response.statusCode ?? 0}`;
      if (response.statusCode === 401 || response.statusCode === 403) {
        final = new CliError(EXIT.USAGE, [`${connection.url} refused the key. Check --key or FAIRLEAD_KEY.`]);
        if (response.statusCode === 401) refused = 'key';
      }
      socket.terminate();
      finish();
    });
    socket.on('error', (error) => {
      if (error.message !== '') reason = error.message;
    });
    socket.on('close', (code, text) => {
      if (text.length > 0) reason = text.toString();
      if (code === 4401) [final, refused] = [new CliError(EXIT.USAGE, ['The key was revoked.']), 'key'];
      finish();
    });
    const finish = (): void => {
      silence?.cancel();
      options.signal.removeEventListener('abort', leave);
      resolve({ reason, final, refused });
    };
  });
}

interface Frame {
  readonly seq: number;
  readonly header: ExecutionView['header'];
  readonly nodes: readonly NodeView[];
}

function merge(before: ExecutionView | null, frame: Frame): ExecutionView {
  if (before === null) return { seq: frame.seq, header: frame.header, nodes: frame.nodes };
  const nodes = new Map(before.nodes.map((node) => [node.id, node]));
  for (const node of frame.nodes) nodes.set(node.id, node);
  return { seq: frame.seq, header: frame.header, nodes: [...nodes.values()] };
}
