import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';

export interface DirectoryLock {
  release(): Promise<void>;
}

/** What a socket's path may be at most on every system. */
const LONGEST_PATH = 100;
const TRIES = 5;

/**
 * Holds a directory for this process. A listening socket, not a file with a process id: it ends with the process
 * however that dies, and it is seen from another container, where process ids mean nothing.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const path = socketPath(directory);
  for (let tried = 0; tried < TRIES; tried += 1) {
    const server = await listen(path);
    if (server !== null) {
      return { release: () => new Promise((resolve) => void server.close(() => resolve())) };
    }
    if (await answers(path)) throw inUse(directory);
    // Nobody listens: left behind by a process that is gone. Moved first, so that of two who see that only one removes
    // it, and looked at again, because the other may have made a living one of it meanwhile.
    const aside = `${path}.${process.pid}`;
    const moved = await rename(path, aside).then(
      () => true,
      () => false,
    );
    if (moved && (await answers(aside))) {
      await rename(aside, path);
      throw inUse(directory);
    }
    if (moved) await rm(aside, { force: true });
  }
  throw inUse(directory);
}

function socketPath(directory: string): string {
  const beside = join(directory, 'in-use');
  if (Buffer.byteLength(beside) <= LONGEST_PATH) return beside;
  const name = createHash('sha256').update(realpathSync(directory)).digest('hex').slice(0, 32);
  return join(tmpdir(), `fairlead-${name}`);
}

function listen(path: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

const inUse = (directory: string): FailureError =>
  new FailureError(
    failure(
      'CONFLICT',
      `another agent runs on ${directory}: give each agent a data directory of its own (--data), or end the other first`,
      { field: 'data' },
    ),
  );
