/** Watches an execution over the live socket until it has ended; a lost connection is taken up where it was (`after`). */
import type { ExecutionId } from '@fairlead/proto/model/ids.ts';
import type { ExecutionView, NodeView, ServerMessage } from '@fairlead/proto/live.ts';
import { isTerminal } from '@fairlead/proto/model/status.ts';
import type { Timer } from '@fairlead/proto/model/system.ts';
import { WebSocket } from 'ws';
import { CliError } from './cli-error.ts';
import { EXIT } from './exit-codes.ts';
import { stayConnected } from './stay-connected.ts';
import type { Break, StayOptions } from './stay-connected.ts';

export interface FollowOptions extends StayOptions {
  readonly executionId: ExecutionId;
  readonly onView: (view: ExecutionView) => void;
}

/** The server pings every 20 s; who hears nothing for so long has no connection. */
const SILENCE_MS = 45_000;

/** The view when it had ended; null when the signal ended the watching. */
export async function followExecution(options: FollowOptions): Promise<ExecutionView | null> {
  let view: ExecutionView | null = null;
  const hasEnded = (): boolean => view !== null && isTerminal(view.header.status);
  await stayConnected(options, async (heard) => {
    const broken = await attend(options, view, (next) => {
      heard();
      if (next === null) return;
      view = next;
      options.onView(next);
    });
    return hasEnded() ? null : broken;
  });
  return hasEnded() ? view : null;
}

/** One connection, from opening to its end. `onHeard(null)`: alive, nothing new. */
function attend(
  options: FollowOptions,
  start: ExecutionView | null,
  onHeard: (view: ExecutionView | null) => void,
): Promise<Break> {
  return new Promise((resolve) => {
    const { scheduler } = options.system;
    const { connection } = options.api;
    const url = `${connection.url.replace(/^http/, 'ws')}/api/v1/live`;
    const headers = { authorization: `Bearer ${connection.key}` };
    const socket = new WebSocket(url, { headers, handshakeTimeout: 10_000 });
    let view = start;
    let reason = 'the connection was closed';
    let final: CliError | null = null;
    let isKeyRefused = false;
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
        if (response.statusCode === 401) isKeyRefused = true;
      }
      socket.terminate();
      finish();
    });
    socket.on('error', (error) => {
      if (error.message !== '') reason = error.message;
    });
    socket.on('close', (code, text) => {
      if (text.length > 0) reason = text.toString();
      if (code === 4401) [final, isKeyRefused] = [new CliError(EXIT.USAGE, ['The key was revoked.']), true];
      finish();
    });
    const finish = (): void => {
      silence?.cancel();
      options.signal.removeEventListener('abort', leave);
      resolve({ reason, final, isKeyRefused });
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
