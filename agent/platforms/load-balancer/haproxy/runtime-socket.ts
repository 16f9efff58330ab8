/** HAProxy's runtime API: one connection for each command, which HAProxy closes after its answer. */
import net from 'node:net';
import type { Duplex } from 'node:stream';
import { failure, FailureError, type Failure } from '@fairlead/proto/model/failure.ts';

export type Endpoint = { readonly path: string } | { readonly host: string; readonly port: number };

/** Opens a connection to the endpoint; rejects with a FailureError. */
export type Connect = (endpoint: Endpoint) => Promise<Duplex>;

const ANSWER_WITHIN_MS = 5_000;
const ANSWER_BYTES = 4 * 1_048_576;

/** `unix:/path`, a bare `/path`, `tcp://host:port` or `host:port`; null when it is none of them. */
export function parseEndpoint(address: string): Endpoint | null {
  const path = /^(?:unix:(?:\/\/)?)?(\/.+)$/.exec(address)?.[1];
  if (path !== undefined) return { path };
  const tcp = /^(?:tcp:\/\/)?(?:\[([0-9a-fA-F:.]+)\]|([^\s/:[\]]+)):(\d{1,5})$/.exec(address);
  const port = Number(tcp?.[3]);
  const host = tcp?.[1] ?? tcp?.[2];
  return host === undefined || port < 1 || port > 65_535 ? null : { host, port };
}

/** From the agent itself. */
export const connectDirectly: Connect = (endpoint) =>
  new Promise((resolve, reject) => {
    const socket = net.connect('path' in endpoint ? { path: endpoint.path } : { ...endpoint, noDelay: true });
    const late = setTimeout(
      () => socket.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })),
      ANSWER_WITHIN_MS,
    );
    socket.once('connect', () => {
      clearTimeout(late);
      socket.off('error', failed);
      resolve(socket);
    });
    const failed = (error: NodeJS.ErrnoException): void => {
      clearTimeout(late);
      reject(new FailureError(unreachable(endpoint, error)));
    };
    socket.once('error', failed);
  });

const whereOf = (endpoint: Endpoint): string =>
  'path' in endpoint ? `unix:${endpoint.path}` : `tcp://${endpoint.host}:${endpoint.port}`;

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket: is HAProxy running, with this `stats socket`?',
  ECONNREFUSED: 'nothing listens there: is HAProxy running?',
  ENOTFOUND: 'its name does not resolve',
  EHOSTUNREACH: 'there is no route to it',
  ETIMEDOUT: 'it does not answer',
};

function unreachable(endpoint: Endpoint, { code = '', message }: NodeJS.ErrnoException): Failure {
  const where = `HAProxy at ${whereOf(endpoint)}`;
  if (code === 'EACCES' || code === 'EPERM') {
    const mend = 'give its group the right to write to the socket (`mode 660 group …` of its `stats socket`)';
    return failure('AUTHENTICATION_REFUSED', `${where}: the agent may not open the socket; ${mend}`);
  }
  return failure('UNREACHABLE', `${where} cannot be reached: ${REASONS[code] ?? message}`, {
    details: { errno: code },
  });
}

/** One command and the whole of its answer. */
export async function askRuntime(connect: Connect, endpoint: Endpoint, command: string): Promise<string> {
  const stream = await connect(endpoint);
  const where = `HAProxy at ${whereOf(endpoint)}`;
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    const give = (problem: Failure): void => {
      stream.destroy();
      reject(new FailureError(problem));
    };
    const late = setTimeout(
      () => give(failure('CONNECTION_LOST', `${where} did not answer '${command}' in ${ANSWER_WITHIN_MS} ms`)),
      ANSWER_WITHIN_MS,
    );
    stream.on('data', (part: Buffer) => {
      parts.push(part);
      bytes += part.length;
      if (bytes > ANSWER_BYTES) give(failure('TOO_LARGE', `${where} answered '${command}' without an end`));
    });
    stream.once('error', (error: Error) =>
      give(failure('CONNECTION_LOST', `${where} went away during '${command}': ${error.message}`)),
    );
    stream.once('close', () => {
      clearTimeout(late);
      const text = Buffer.concat(parts).toString('utf8');
      // Every answer ends with an empty line; without it, it was cut off.
      if (text.endsWith('\n')) resolve(text.trim());
      else reject(new FailureError(failure('CONNECTION_LOST', `${where} closed the connection during '${command}'`)));
    });
    stream.once('end', () => stream.destroy());
    stream.write(`${command}\n`);
  });
}
