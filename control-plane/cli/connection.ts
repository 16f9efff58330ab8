/**
 * Where the control plane is and with which key: flags, then the environment, then the file that `start` and `demo`
 * leave in the data directory while they run.
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { usage } from './cli-error.ts';

export interface Connection {
  readonly url: string;
  readonly key: string;
  /** Every start of a control plane writes the file anew: what stands there now; null while none runs. */
  readonly reread?: () => Connection | null;
}

export interface ConnectionOptions {
  readonly server?: string | undefined;
  readonly key?: string | undefined;
  readonly data?: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

export const CONNECTION_FILE = 'cli.json';
export const connectionFile = z.object({ url: z.url(), key: z.string().min(1), pid: z.int() });

export function dataDirectory(options: ConnectionOptions, environment: Environment): string {
  return path.resolve(options.data ?? environment['FAIRLEAD_DATA'] ?? path.join(homedir(), '.fairlead'));
}

export function findConnection(options: ConnectionOptions, environment: Environment): Connection {
  const url = options.server ?? environment['FAIRLEAD_SERVER'];
  const key = options.key ?? environment['FAIRLEAD_KEY'];
  const data = dataDirectory(options, environment);
  if (url !== undefined) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      throw usage(`--server: ${url} is no http(s) address. Write it like http://127.0.0.1:8080.`);
    }
    const local = readConnection(data);
    const known = key ?? (local !== null && sameOrigin(local.url, url) ? local.key : undefined);
    if (known === undefined) throw usage('--key: is missing. Give it, or set FAIRLEAD_KEY.');
    const given = { url: url.replace(/\/+$/, ''), key: known };
    if (key !== undefined) return given;
    const reread = (): Connection | null => {
      const now = readConnection(data);
      return now !== null && sameOrigin(now.url, url) ? { ...given, key: now.key, reread } : null;
    };
    return { ...given, reread };
  }
  const found = findLocal(data, key);
  if (found === null) {
    throw usage(
      `--server: is missing, and no Fairlead runs with the data directory ${data}. ` +
        'Start one with `fairlead start`, or give --server and --key (FAIRLEAD_SERVER, FAIRLEAD_KEY).',
    );
  }
  return found;
}

function findLocal(data: string, key: string | undefined): Connection | null {
  const found = readConnection(data) ?? readConnection(path.join(data, 'demo'));
  return found === null ? null : { url: found.url, key: key ?? found.key, reread: () => findLocal(data, key) };
}

/** Null when there is none, or when the process that wrote it is gone. */
export function readConnection(directory: string): Connection | null {
  let text: string;
  try {
    text = readFileSync(path.join(directory, CONNECTION_FILE), 'utf8');
  } catch {
    return null;
  }
  const parsed = connectionFile.safeParse(jsonOrNull(text));
  return parsed.success && isAlive(parsed.data.pid) ? parsed.data : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is a process too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const sameOrigin = (one: string, other: string): boolean => new URL(one).origin === new URL(other).origin;
