/** What is between a watcher and the live socket of a control plane: in order and once, until one of its ends is gone. */
import { EventEmitter } from 'node:events';
import type { ServerMessage } from '@fairlead/proto/live.ts';
import type { WebSocket } from 'ws';
import { LiveSocket, type LiveContext } from '../../control-plane/api/live/live-socket.ts';
import type { Actor } from '../../control-plane/app/authorize.ts';
import type { VirtualProcess } from '../support/virtual-system.ts';

/** Longest way of a message. Milliseconds. */
const WAY_MS = 60;

export interface Wire {
  send(frame: object): void;
  close(): void;
}

/** `hear` is called with every message of the control plane, `lost` once, when it has gone. */
export function connect(
  { context, onEnd }: { readonly context: LiveContext; readonly onEnd: (end: () => void) => void },
  actor: Actor,
  { scheduler, random, clock }: VirtualProcess,
  hear: (message: ServerMessage) => void,
  lost: () => void,
): Wire {
  let open = true;
  const latest = { up: 0, down: 0 };
  const later = (way: 'up' | 'down', task: () => void): void => {
    const now = clock.monotonic();
    latest[way] = Math.max(latest[way], now + random.fraction() * WAY_MS);
    scheduler.after(latest[way] - now, () => open && task());
  };
  const events = new EventEmitter();
  const shut = (tell: boolean): void => {
    if (!open) return;
    open = false;
    events.emit('close');
    if (tell) lost();
  };
  const there = Object.assign(events, {
    OPEN: 1,
    get readyState() {
      return open ? 1 : 3;
    },
    bufferedAmount: 0,
    send: (text: string) => later('down', () => hear(JSON.parse(text) as ServerMessage)), // Made by the socket.
    close: () => shut(true),
  });
  // As much of a socket as is used there.
  new LiveSocket(there as unknown as WebSocket, actor, context);
  onEnd(() => shut(true));
  return {
    send: (frame) => later('up', () => void events.emit('message', JSON.stringify(frame), false)),
    close: () => shut(false),
  };
}
