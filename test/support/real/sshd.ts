import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { runToEnd } from './install.ts';
import { freePort, untilListening } from './listening.ts';
import { kill, processesWith, startProcess, temporaryDirectory } from './processes.ts';

/** One real sshd that stands for one host: its own address, host key, home directory and log. */
export interface SshdHost {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** The account to log in as: the one that runs the tests. */
  readonly user: string;
  /** HOME of every command. It is the account's real home that a command starts in, so name paths from here. */
  readonly directory: string;
  /** `SHA256:…`, as ssh shows it. */
  readonly hostKeyFingerprint: string;
  /** The sshd itself, to be stopped (SIGSTOP makes a hanging host) or killed by a suite. */
  readonly pid: number;
  log(): string;
  /** Ids of every process that this host's commands started and that lives, however well it detached itself. */
  processes(): readonly number[];
}

export interface SshdHosts {
  readonly hosts: readonly SshdHost[];
  /** Private key that every host accepts, as text and as file. */
  readonly clientKey: string;
  readonly clientKeyFile: string;
  /** Ends every sshd, everything their commands left running, and removes the directories. */
  stop(): Promise<void>;
}

export interface SshdOptions {
  /** Lines for sshd_config of the host with this index (from 0), as `MaxSessions 1`. They win over the usual ones. */
  readonly config?: (index: number) => readonly string[];
  /** Hosts of which this says false know no key: every login is refused. */
  readonly acceptsKey?: (index: number) => boolean;
}

/** Starts `count` hosts, `host-1` on 127.0.0.1, `host-2` on 127.0.0.2 and so on, each on a port of its own. */
export async function startSshdHosts(path: string, count: number, options: SshdOptions = {}): Promise<SshdHosts> {
  const root = temporaryDirectory('sshd');
  // As root, sshd insists on this empty directory, which a service manager would have made.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  const clientKeyFile = join(root, 'client-key');
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(stops.map((each) => each()));
    rmSync(root, { recursive: true, force: true });
  };
  try {
    await newKey(clientKeyFile);
    const hosts: SshdHost[] = [];
    // A few at a time: making keys is the slow part, and there are two cores.
    for (let from = 0; from < count; from += 8) {
      const indexes = Array.from({ length: Math.min(8, count - from) }, (_, offset) => from + offset);
      const started = await Promise.all(
        indexes.map((index) => startHost(path, root, index, options, (each) => stops.push(each))),
      );
      hosts.push(...started);
    }
    return { hosts, clientKeyFile, clientKey: readFileSync(clientKeyFile, 'utf8'), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startHost(
  path: string,
  root: string,
  index: number,
  options: SshdOptions,
  onStop: (stop: () => Promise<void>) => void,
): Promise<SshdHost> {
  const name = `host-${index + 1}`;
  const place = join(root, name);
  const directory = join(place, 'home');
  mkdirSync(directory, { recursive: true });
  const hostKey = join(place, 'host-key');
  await newKey(hostKey);
  const address = `127.0.0.${index + 1}`;
  const authorizedKeys = join(place, 'authorized-keys');
  const accepted = options.acceptsKey?.(index) ?? true;
  writeFileSync(authorizedKeys, accepted ? readFileSync(join(root, 'client-key.pub')) : '');
  const port = await freePort(address);
  const configFile = join(place, 'sshd_config');
  // sshd takes the first of two settings of one name.
  const config = [
    ...(options.config?.(index) ?? []),
    `ListenAddress ${address}:${port}`,
    `HostKey ${hostKey}`,
    `AuthorizedKeysFile ${authorizedKeys}`,
    `PidFile ${join(place, 'pid')}`,
    `SetEnv HOME=${directory}`,
    'AuthenticationMethods publickey',
    'PermitRootLogin yes',
    'StrictModes no',
    'UsePAM no',
    'PrintMotd no',
    'MaxStartups 100',
    'Subsystem sftp internal-sftp',
    '',
  ];
  writeFileSync(configFile, config.join('\n'));
  const server = startProcess(path, ['-D', '-e', '-f', configFile]);
  const processes = (): readonly number[] => processesWith(`HOME=${directory}`);
  onStop(async () => {
    kill(server.pid, 'SIGCONT');
    await server.stop();
    // What detached itself from its session is still known by its home.
    for (const pid of processes()) kill(pid, 'SIGKILL');
  });
  await untilListening(address, port, server);
  const user = userInfo().username;
  const hostKeyFingerprint = fingerprint(readFileSync(`${hostKey}.pub`, 'utf8'));
  return { name, address, port, user, directory, hostKeyFingerprint, pid: server.pid, log: server.output, processes };
}

async function newKey(file: string): Promise<void> {
  await runToEnd('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'fairlead-test', '-f', file]);
}

function fingerprint(publicKeyLine: string): string {
  const [, blob = ''] = publicKeyLine.split(' ');
  return `SHA256:${createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64').replace(/=+$/, '')}`;
}
