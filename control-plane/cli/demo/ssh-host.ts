import { spawn } from 'node:child_process';
import { createHash, timingSafeEqual } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import type { AcceptConnection, AuthContext, Connection, ExecInfo, ParsedKey, ServerChannel, Session } from 'ssh2';

/**
 * One SSH host in this process: ssh2's server running real commands by `/bin/sh -c`, with a directory of its own as
 * HOME. It behaves as sshd does where it matters here: a channel ends when the command ended and everything that
 * holds its output let go of it, and nothing is killed when a channel or a connection goes away.
 */
export interface SshHostOptions {
  /** HOME of every command; made when missing. The host key is kept in it, so it survives a restart. */
  readonly directory: string;
  readonly user: string;
  readonly password?: string;
  /** Public key lines that may log in. */
  readonly authorizedKeys?: readonly string[];
  /** 0 or absent: any free one. */
  readonly port?: number;
  readonly address?: string;
  /** Added to the environment of commands, before HOME and USER. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly hooks?: SshHostHooks;
}

/** Where a test may come between. The demo has none of them. */
export interface SshHostHooks {
  /** False: the connection was dealt with (left hanging, or destroyed). */
  accepted?(socket: net.Socket): boolean;
  authenticated?(context: AuthContext): boolean;
  /** False refuses the channel. `open` counts the channels this connection has open already. */
  session?(open: number): boolean;
  /** Another command to run instead, or null to run it as it is. */
  command?(command: string, socket: net.Socket): string | null;
}

export interface SshHost {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly directory: string;
  /** `SHA256:…`, as ssh-keygen prints it. */
  readonly fingerprint: string;
  /** Stops listening and drops every connection; commands that run go on. */
  close(): Promise<void>;
}

export async function startSshHost(options: SshHostOptions): Promise<SshHost> {
  await mkdir(options.directory, { recursive: true });
  const hostKey = await loadHostKey(options.directory);
  const allowed = (options.authorizedKeys ?? []).map(parseKey);
  const sockets = new Set<net.Socket>();
  const listener = net.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    if (options.hooks?.accepted?.(socket) === false) return;
    // One server for each socket: ssh2 tells of a connection without saying which socket it came by.
    const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => serve(client, socket, options, allowed));
    server.on('error', () => socket.destroy());
    server.injectSocket(socket);
  });
  const address = options.address ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(options.port ?? 0, address, () => resolve());
  });
  const bound = listener.address();
  if (bound === null || typeof bound === 'string') throw new Error('an SSH host listens on a TCP port');
  return {
    address,
    port: bound.port,
    user: options.user,
    directory: options.directory,
    fingerprint: fingerprintOf(parseKey(hostKey).getPublicSSH()),
    close: () =>
      new Promise((resolve) => {
        listener.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function serve(client: Connection, socket: net.Socket, options: SshHostOptions, allowed: readonly ParsedKey[]): void {
  let open = 0;
  client.on('error', () => socket.destroy());
  client.on('authentication', (context) => {
    if (mayLogIn(context, options, allowed)) context.accept();
    else context.reject(['publickey', 'password']);
  });
  client.on('session', (accept: AcceptConnection<Session>, reject) => {
    if (options.hooks?.session?.(open) === false) {
      reject();
      return;
    }
    open += 1;
    const session = accept();
    session.once('close', () => (open -= 1));
    session.on('exec', (acceptExec: AcceptConnection<ServerChannel>, _reject, info: ExecInfo) => {
      const command = options.hooks?.command?.(info.command, socket) ?? info.command;
      runCommand(command, acceptExec(), options);
    });
  });
}

function mayLogIn(context: AuthContext, options: SshHostOptions, allowed: readonly ParsedKey[]): boolean {
  if (options.hooks?.authenticated?.(context) === false) return false;
  if (context.username !== options.user) return false;
  if (context.method === 'password') return options.password !== undefined && same(context.password, options.password);
  if (context.method !== 'publickey') return false;
  const { key, signature, blob } = context;
  const known = allowed.find((each) => each.getPublicSSH().equals(key.data));
  if (known === undefined) return false;
  // Without a signature the client only asks whether the key would do.
  return signature === undefined || blob === undefined || known.verify(blob, signature, context.hashAlgo) === true;
}

/** Runs it in a session of its own, so that what a terminal sends to this process does not reach it. */
function runCommand(command: string, channel: ServerChannel, options: SshHostOptions): void {
  const child = spawn('/bin/sh', ['-c', command], {
    cwd: options.directory,
    detached: true,
    env: {
      PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
      LANG: 'C.UTF-8',
      ...options.environment,
      HOME: options.directory,
      USER: options.user,
      LOGNAME: options.user,
      SHELL: '/bin/sh',
    },
  });
  let gone = false;
  channel.on('error', () => undefined);
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined);
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  channel.once('close', () => {
    gone = true;
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  });
  child.once('error', () => {
    if (gone) return;
    channel.exit(127);
    channel.close();
  });
  child.once('close', (status, signal) => {
    if (gone) return;
    if (signal === null) channel.exit(status ?? 255);
    else channel.exit(signal.replace(/^SIG/, ''), false, '');
    channel.end();
    channel.close();
  });
}

async function loadHostKey(directory: string): Promise<string> {
  const path = join(directory, '.ssh-host-key');
  try {
    return await readFile(path, 'utf8');
  } catch {
    const made = newKeyPair().private;
    await writeFile(path, made, { mode: 0o600 });
    await chmod(path, 0o600);
    return made;
  }
}

/** ssh2 now and then writes a key that it cannot read again (a number in it begins with a zero byte): that one is not used. */
export function newKeyPair(): { readonly private: string; readonly public: string } {
  for (;;) {
    const made = ssh2.utils.generateKeyPairSync('ed25519');
    if (!(ssh2.utils.parseKey(made.private) instanceof Error)) return made;
  }
}

function parseKey(text: string): ParsedKey {
  const parsed = ssh2.utils.parseKey(text);
  const key: ParsedKey | Error | undefined = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined || key instanceof Error) throw new Error(`not an SSH key: ${String(key)}`);
  return key;
}

const fingerprintOf = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;

function same(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
