import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningProcess } from './processes.ts';
import { startProcess, temporaryDirectory } from './processes.ts';

export interface NatsServer {
  readonly url: string;
  readonly process: RunningProcess;
  stop(): Promise<void>;
}

/**
 * A nats-server of its own on loopback. `config` is the text of its configuration file (users, permissions, TLS …); the
 * address comes from the arguments. Port 0 takes a free one; name the old port to start again where clients look.
 */
export async function startNats(path: string, config = '', port = 0): Promise<NatsServer> {
  const directory = temporaryDirectory('nats');
  const file = join(directory, 'nats.conf');
  writeFileSync(file, config);
  const server = startProcess(path, ['-c', file, '-a', '127.0.0.1', '-p', String(port === 0 ? -1 : port)]);
  const stop = async (): Promise<void> => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const [, address] = await server.waitFor(/Listening for client connections on (127\.0\.0\.1:\d+)/);
    await server.waitFor(/Server is ready/);
    return { url: `nats://${String(address)}`, process: server, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
