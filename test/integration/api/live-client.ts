/** A client of the live socket that keeps everything it was sent. */
import type { ExecutionView, NodeView, ServerFrame, ServerMessage } from '@fairlead/proto/live.ts';
import { WebSocket } from 'ws';
import { ADMIN_KEY } from './fake-use-cases.ts';

export interface LiveClient {
  readonly socket: WebSocket;
  readonly messages: { readonly at: number; readonly frames: readonly ServerFrame[] }[];
  frames(sub: number): readonly ServerFrame[];
  send(frame: unknown): void;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

export async function connectLive(
  url: string,
  headers: Readonly<Record<string, string>> = { authorization: `Bearer ${ADMIN_KEY}` },
): Promise<LiveClient> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/api/v1/live`, { headers });
  const messages: LiveClient['messages'] = [];
  socket.on('message', (data) => {
    const { frames } = JSON.parse(String(data)) as ServerMessage;
    messages.push({ at: performance.now(), frames });
  });
  const closed = new Promise<{ readonly code: number; readonly reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
  });
  return {
    socket,
    messages,
    frames: (sub) => messages.flatMap((message) => message.frames).filter((frame) => frame.sub === sub),
    send: (frame) => socket.send(JSON.stringify(frame)),
    closed,
  };
}

type ExecutionFrame = Extract<ServerFrame, { readonly feed: 'execution' }>;
type LogFrame = Extract<ServerFrame, { readonly feed: 'log' }>;

export const isExecution = (frame: ServerFrame): frame is ExecutionFrame =>
  'feed' in frame && frame.feed === 'execution';
export const isLog = (frame: ServerFrame): frame is LogFrame => 'feed' in frame && frame.feed === 'log';

/** What a client knows after these frames, starting from what it had. */
export function fold(frames: readonly ServerFrame[], start: ExecutionView | null = null): ExecutionView | null {
  let view = start;
  for (const frame of frames.filter(isExecution)) {
    const base: readonly NodeView[] = frame.snapshot || view === null ? [] : view.nodes;
    const nodes = new Map(base.map((node) => [node.id, node]));
    for (const node of frame.nodes) nodes.set(node.id, node);
    view = { seq: frame.seq, header: frame.header, nodes: [...nodes.values()] };
  }
  return view;
}
