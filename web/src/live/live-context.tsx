import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { now } from '../browser/clock.ts';
import { LiveConnection, type LiveState, type LiveWorld } from './live-connection.ts';

const browserWorld: LiveWorld = {
  connect(handlers) {
    const address = new URL('/api/v1/live', window.location.href);
    address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(address);
    socket.addEventListener('open', handlers.opened);
    socket.addEventListener('message', (event: MessageEvent<unknown>) => handlers.message(String(event.data)));
    socket.addEventListener('close', handlers.closed);
    return socket;
  },
  now,
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};

const LiveContext = createContext<LiveConnection | null>(null);

export function LiveProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const [connection] = useState(() => new LiveConnection(browserWorld));
  useEffect(() => {
    const hurry = (): void => {
      if (document.visibilityState === 'visible') connection.hurry();
    };
    connection.start();
    window.addEventListener('online', hurry);
    document.addEventListener('visibilitychange', hurry);
    return () => {
      window.removeEventListener('online', hurry);
      document.removeEventListener('visibilitychange', hurry);
      connection.stop();
    };
  }, [connection]);
  return <LiveContext value={connection}>{children}</LiveContext>;
}

export function useLive(): LiveConnection {
  const connection = useContext(LiveContext);
  if (connection === null) throw new Error('useLive outside of LiveProvider');
  return connection;
}

export function useLiveState(): LiveState {
  const connection = useLive();
  return useSyncExternalStore(
    (listener) => connection.onState(listener),
    () => connection.state,
  );
}

/** Only whether there is a connection: does not change with every message. */
export function useConnected(): boolean {
  const connection = useLive();
  return useSyncExternalStore(
    (listener) => connection.onState(listener),
    () => connection.state.connection === 'live',
  );
}
