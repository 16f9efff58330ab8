import net from 'node:net';
import ssh2 from 'ssh2';
import type { AnyAuthMethod, Client, ConnectConfig } from 'ssh2';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { HostTarget } from '@fairlead/proto/model/task.ts';
import { classifyConnect } from './classify.ts';
import { HostKeyCheck, hasNoSuchKey } from './host-key-check.ts';
import type { HostKeys } from './host-keys.ts';
import type { PrivateKeys } from './private-keys.ts';
import type { Slots } from './slots.ts';

export interface Credentials {
  readonly key?: string;
  readonly passphrase?: string;
  readonly password?: string;
}

export interface DialOptions {
  readonly hostKeys: HostKeys;
  readonly privateKeys: PrivateKeys;
  /** Key exchange costs processor time: only so many at once. A host that does not speak takes none of them. */
  readonly handshakes: Slots;
  /** From the first packet to the end of the login. Milliseconds. */
  readonly readyTimeoutMs: number;
  readonly keepaliveMs: number;
  readonly signal?: AbortSignal;
}

export const whereOf = (target: HostTarget): string =>
  `${target.name} (${target.address === target.name ? '' : `${target.address} `}port ${target.port})`;

/** One connection, logged in; `take` gets it in the moment it is, so that nothing it says is missed. Rejects with a FailureError. */
export async function dial<T>(
  target: HostTarget,
  credentials: Credentials,
  options: DialOptions,
  take: (client: Client) => T,
): Promise<T> {
  const methods = authentications(target, credentials, options.privateKeys);
  const check = new HostKeyCheck(target, whereOf(target), options.hostKeys);
  for (;;) {
    try {
      return await dialOnce(target, methods, check, options, take);
    } catch (error) {
      if (!(error instanceof OtherKey)) throw error;
      if (!error.shown || !check.mayShowAnother) throw check.mismatch ?? error;
    }
  }
}

/** The connection failed by the host's key: another was shown, or it has none of those that were left to ask for. */
class OtherKey extends Error {
  readonly shown: boolean;

  constructor(shown: boolean) {
    super('another host key');
    this.shown = shown;
  }
}

async function dialOnce<T>(
  target: HostTarget,
  methods: AnyAuthMethod[],
  check: HostKeyCheck,
  options: DialOptions,
  take: (client: Client) => T,
): Promise<T> {
  const started = performance.now();
  const socket = await reach(target, options);
  const reachedMs = performance.now() - started;
  // To wait for our own turn is no fault of the host's: it does not count against its time.
  const release = await options.handshakes.take(options.signal);
  try {
    return await logIn(socket, target, methods, check, take, {
      ...options,
      readyTimeoutMs: Math.max(500, options.readyTimeoutMs - reachedMs),
    });
  } finally {
    release();
  }
}

/** A socket on which the host has begun to speak; its first words stay unread in it. */
function reach(target: HostTarget, options: DialOptions): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    // Nagle's algorithm would hold every small packet back for the acknowledgement of the one before: 40 ms each.
    const socket = net.connect({ host: target.address, port: target.port, noDelay: true });
    let connected = false;
    const listeners = {
      connect: () => (connected = true),
      error: (error: Error) => done(error),
      end: () => done(new Error('closed before the handshake')),
      close: () => done(new Error('closed before the handshake')),
      // Zero bytes readable is the end of the stream, which 'end' tells once it is read.
      readable: () => {
        if (socket.readableLength > 0) done(null);
        else socket.read();
      },
    };
    const aborted = (): void => done(new Error('given up'));
    let over = false;
    const done = (error: (Error & { code?: string }) | null): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      for (const [event, listener] of Object.entries(listeners)) socket.off(event, listener);
      options.signal?.removeEventListener('abort', aborted);
      // Also while it waits for its turn: an error that nobody listens to ends the process.
      socket.on('error', () => undefined);
      if (error === null) {
        resolve(socket);
        return;
      }
      socket.destroy();
      reject(new FailureError(classifyConnect(error, whereOf(target), target.login.user)));
    };
    const late = (): void =>
      done(connected ? new Error('timed out') : Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }));
    // What arrived while this process was busy elsewhere is read first.
    const timer = setTimeout(() => setImmediate(late), options.readyTimeoutMs);
    if (options.signal?.aborted === true) {
      aborted();
      return;
    }
    options.signal?.addEventListener('abort', aborted, { once: true });
    for (const [event, listener] of Object.entries(listeners)) socket.on(event, listener);
  });
}

/** The ways to log in that the credentials allow, in the order they are tried. */
function authentications(target: HostTarget, credentials: Credentials, keys: PrivateKeys): AnyAuthMethod[] {
  const username = target.login.user;
  const methods: AnyAuthMethod[] = [];
  if (credentials.key !== undefined) {
    const key = keys.read(credentials.key, credentials.passphrase);
    if (key instanceof Error) {
      const problem = `the private key for '${username}' at ${whereOf(target)} cannot be read: ${key.message}`;
      throw new FailureError(failure('AUTHENTICATION_REFUSED', problem));
    }
    methods.push({ type: 'publickey', username, key });
  }
  const { password } = credentials;
  if (password !== undefined) {
    methods.push({ type: 'password', username, password });
    // Many hosts take a password only in this form.
    const prompt = (
      _name: string,
      _text: string,
      _language: string,
      prompts: readonly unknown[],
      answer: (answers: string[]) => void,
    ): void => answer(prompts.map(() => password));
    methods.push({ type: 'keyboard-interactive', username, prompt });
  }
  return methods;
}

function logIn<T>(
  socket: net.Socket,
  target: HostTarget,
  methods: AnyAuthMethod[],
  check: HostKeyCheck,
  take: (client: Client) => T,
  options: DialOptions,
): Promise<T> {
  const where = whereOf(target);
  const { user } = target.login;
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    let refused = false;
    const fail = (error: Error & { level?: string; code?: string }): void => {
      options.signal?.removeEventListener('abort', aborted);
      client.removeAllListeners();
      client.on('error', () => undefined);
      client.destroy();
      socket.destroy();
      if (refused || (check.mismatch !== null && hasNoSuchKey(error))) reject(new OtherKey(refused));
      else reject(new FailureError(classifyConnect(error, where, user)));
    };
    const aborted = (): void => fail(new Error('given up'));
    options.signal?.addEventListener('abort', aborted, { once: true });
    client.once('error', fail);
    client.once('close', () => fail(new Error('closed before the handshake was complete')));
    client.once('ready', () => {
      options.signal?.removeEventListener('abort', aborted);
      client.removeAllListeners('error').removeAllListeners('close').removeAllListeners('ready');
      resolve(take(client));
    });
    if (socket.destroyed) {
      fail(new Error('closed before the handshake'));
      return;
    }
    const config: ConnectConfig = {
      sock: socket,
      username: user,
      readyTimeout: options.readyTimeoutMs,
      keepaliveInterval: options.keepaliveMs,
      keepaliveCountMax: 3,
      // Forwarding to a socket file is an extension of OpenSSH that others have as well.
      strictVendor: false,
      hostVerifier: (key: Buffer, verified: (good: boolean) => void) => {
        void check.accepts(key).then((good) => {
          refused = !good;
          verified(good);
        });
      },
      authHandler: methods,
      ...(check.algorithms === undefined ? {} : { algorithms: { serverHostKey: check.algorithms } }),
    };
    try {
      client.connect(config);
    } catch (error) {
      // Settings it does not accept are told by a throw.
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  });
}
