/** Four SSH hosts on loopback, the same ones at every start: keys, ports and directories are kept. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import ssh2 from 'ssh2';
import { z } from 'zod';
import type { SshHost } from './ssh-host.ts';
import { newKeyPair, startSshHost } from './ssh-host.ts';
import { realSystem } from '../../adapters/system/index.ts';
import { appAt, belongsTo, stopApp } from './served-versions.ts';

export const DEMO_USER = 'deploy';
const NAMES = ['web-1', 'web-2', 'web-3', 'web-4'] as const;

export interface DemoHost {
  readonly name: string;
  readonly address: string;
  readonly sshPort: number;
  readonly fingerprint: string;
  readonly directory: string;
  readonly httpPort: number;
  /** As if its power went: no SSH, no shop. */
  down(): Promise<void>;
  /** Back, with an empty memory. */
  up(): Promise<void>;
}

const keptPorts = z.record(z.string(), z.object({ ssh: z.int(), http: z.int() }));

export async function startDemoHosts(
  directory: string,
): Promise<{ readonly hosts: readonly DemoHost[]; readonly keyFile: string }> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const key = loadKey(directory);
  const kept = readPorts(directory);
  const hosts: DemoHost[] = [];
  const taken = new Set<number>();
  for (const name of NAMES) {
    const home = path.join(directory, name);
    mkdirSync(home, { recursive: true });
    const httpPort = await usablePort(kept[name]?.http, home, taken);
    taken.add(httpPort);
    const host = await openHost(name, home, key.publicKey, kept[name]?.ssh ?? 0, httpPort);
    taken.add(host.sshPort);
    hosts.push(host);
  }
  const ports = Object.fromEntries(hosts.map((host) => [host.name, { ssh: host.sshPort, http: host.httpPort }]));
  writeFileSync(path.join(directory, 'ports.json'), `${JSON.stringify(ports, null, 2)}\n`);
  return { hosts, keyFile: key.file };
}

async function openHost(
  name: string,
  directory: string,
  publicKey: string,
  port: number,
  httpPort: number,
): Promise<DemoHost> {
  const first = await startHost(directory, publicKey, port);
  const { address, port: sshPort, fingerprint } = first;
  let running: SshHost | null = first;
  return {
    name,
    address,
    sshPort,
    fingerprint,
    directory,
    httpPort,
    async down() {
      await running?.close();
      running = null;
      await stopApp(httpPort, directory, realSystem);
    },
    async up() {
      running ??= await startHost(directory, publicKey, sshPort);
    },
  };
}

async function startHost(home: string, publicKey: string, port: number): Promise<SshHost> {
  const options = {
    directory: home,
    user: DEMO_USER,
    authorizedKeys: [publicKey],
    // The shop is started with the Node that runs the demo, wherever that is.
    environment: { PATH: `${path.dirname(process.execPath)}:${process.env['PATH'] ?? '/usr/bin:/bin'}` },
  };
  try {
    return await startSshHost({ ...options, port });
  } catch (error) {
    if (port === 0 || !isTaken(error)) throw error;
    return startSshHost({ ...options, port: 0 });
  }
}

/** The port of last time, if it is free or our own shop still answers there; otherwise a new one. */
async function usablePort(port: number | undefined, home: string, taken: ReadonlySet<number>): Promise<number> {
  if (port !== undefined && !taken.has(port)) {
    if ((await tryPort(port)) !== null) return port;
    const app = await appAt(port);
    if (app !== null && belongsTo(app, home)) return port;
  }
  for (;;) {
    const free = await tryPort(0);
    if (free !== null && !taken.has(free)) return free;
  }
}

function tryPort(port: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', (error) => (isTaken(error) ? resolve(null) : reject(error)));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : null));
    });
  });
}

const isTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES');

/** The agent's key of last time; a new one where there is none, or none that can be read. */
function loadKey(directory: string): { readonly file: string; readonly publicKey: string } {
  const file = path.join(directory, 'client-key');
  if (!isReadable(file) || !isReadable(`${file}.pub`)) {
    const made = newKeyPair();
    writeFileSync(`${file}.pub`, made.public);
    writeFileSync(file, made.private, { mode: 0o600 });
  }
  return { file, publicKey: readFileSync(`${file}.pub`, 'utf8').trim() };
}

const isReadable = (file: string): boolean =>
  existsSync(file) && !(ssh2.utils.parseKey(readFileSync(file)) instanceof Error);

function readPorts(directory: string): z.output<typeof keptPorts> {
  try {
    return keptPorts.parse(JSON.parse(readFileSync(path.join(directory, 'ports.json'), 'utf8')));
  } catch {
    // The first start, or a file that is damaged: new ports do as well.
    return {};
  }
}
