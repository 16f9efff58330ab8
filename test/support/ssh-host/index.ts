import { mkdtemp, rm } from 'node:fs/promises';
import type net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import type { HostTarget } from '@fairlead/proto/model/task.ts';
import {
  newKeyPair,
  startSshHost,
  type SshHost,
  type SshHostOptions,
} from '@fairlead/control-plane/cli/demo/ssh-host.ts';

/** Ways a host can be out of order. All can be changed while it runs. */
export interface Faults {
  /** Accepts connections and never speaks. */
  hangs: boolean;
  /** Closes connections before the handshake. */
  closesEarly: number;
  refusesLogin: boolean;
  /** Channels allowed at once on one connection. */
  maxSessions: number;
  /** Writing says that the disk is full: for every command. */
  diskFull: boolean;
  /** Nothing can be taken away: for every command. */
  cannotRemove: boolean;
  /** Its login shell is a csh, as far as we have to do with it: no line breaks inside quotes. */
  csh: boolean;
}

export interface TestHost extends SshHost {
  readonly target: HostTarget;
  readonly faults: Faults;
  /** Commands it was asked to run, oldest first. */
  readonly commands: string[];
  /** Connections it ever accepted. */
  readonly accepted: () => number;
  /** Cuts every connection there is, as a network would. */
  cut(): void;
  remove(): Promise<void>;
}

export const PASSWORD = 'correct horse';

/** One SSH host with a directory of its own, which can be put out of order. */
export async function startTestHost(name: string, more: Partial<SshHostOptions> = {}): Promise<TestHost> {
  const directory = await mkdtemp(join(tmpdir(), `fairlead-host-${name}-`));
  const faults: Faults = {
    hangs: false,
    closesEarly: 0,
    refusesLogin: false,
    maxSessions: 100,
    diskFull: false,
    cannotRemove: false,
    csh: false,
  };
  const commands: string[] = [];
  const sockets = new Set<net.Socket>();
  let accepted = 0;
  const host = await startSshHost({
    directory,
    user: 'deploy',
    password: PASSWORD,
    ...more,
    hooks: {
      accepted: (socket) => {
        accepted += 1;
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
        if (faults.closesEarly > 0) {
          faults.closesEarly -= 1;
          socket.destroy();
          return false;
        }
        return !faults.hangs;
      },
      authenticated: () => !faults.refusesLogin,
      session: (open) => open < faults.maxSessions,
      command: (command) => {
        commands.push(command);
        if (faults.csh && command.includes('\n')) return `echo "Unmatched '''." >&2; exit 1`;
        if (faults.cannotRemove)
          return `rm() { echo "rm: Operation not permitted" >&2; return 1; }; ${command.replace(/^exec sh -c /, 'eval ')}`;
        // The shell then can make no file in its home: a limit on the size of files, and what tools say of it.
        return faults.diskFull
          ? `mkdir() { echo "mkdir: cannot create directory: No space left on device" >&2; return 1; }; ${command.replace(/^exec sh -c /, 'eval ')}`
          : null;
      },
    },
  });
  return {
    ...host,
    target: {
      name,
      address: host.address,
      port: host.port,
      login: { user: host.user, password: { secret: 'env:PASSWORD' } },
      hostKey: host.fingerprint,
      variables: {},
    },
    faults,
    commands,
    accepted: () => accepted,
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    remove: async () => {
      await host.close();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A key pair in OpenSSH's own format. */
export function keyPair(passphrase?: string): { readonly privateKey: string; readonly publicKey: string } {
  if (passphrase === undefined) {
    const made = newKeyPair();
    return { privateKey: made.private, publicKey: made.public };
  }
  for (;;) {
    const made = ssh2.utils.generateKeyPairSync('ed25519', { passphrase, cipher: 'aes256-ctr', rounds: 1 });
    if (!(ssh2.utils.parseKey(made.private, passphrase) instanceof Error)) {
      return { privateKey: made.private, publicKey: made.public };
    }
  }
}
