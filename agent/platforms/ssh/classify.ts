import { failure, type Failure } from '@fairlead/proto/model/failure.ts';

/** What ssh2 and sockets say about themselves beside the message. */
interface Told {
  readonly message: string;
  readonly level?: string;
  readonly code?: string;
  readonly reason?: number;
}

const DIALING: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'its name does not resolve',
  EAI_AGAIN: 'its name does not resolve now',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to its network',
  ETIMEDOUT: 'it does not answer',
  ECONNRESET: 'it closed the connection',
};

/** An error from making a connection as a failure; `where` names host, address and port. */
export function classifyConnect(error: Told, where: string, user: string): Failure {
  const { level, message, code } = error;
  if (level === 'client-authentication') {
    return failure(
      'AUTHENTICATION_REFUSED',
      `${where} refuses to log in '${user}' with the key or password it was given`,
    );
  }
  if (/verification failed/i.test(message))
    return failure('HOST_KEY_MISMATCH', `${where} shows a host key other than the pinned one`);
  if (/timed out/i.test(message)) {
    return failure('UNREACHABLE', `${where} accepts connections but does not speak SSH in time`);
  }
  if (/before handshake|before the handshake/i.test(message) || code === 'ECONNRESET') {
    return failure(
      'UNREACHABLE',
      `${where} closed the connection before the login (does its sshd limit MaxStartups?)`,
      {
        details: { closedEarly: true },
      },
    );
  }
  if (code !== undefined) {
    return failure('UNREACHABLE', `${where} cannot be reached: ${DIALING[code] ?? message}`, {
      details: { errno: code },
    });
  }
  return failure('UNREACHABLE', `${where} cannot be spoken to: ${message}`);
}

/** An error from opening a channel on a connection that stands. */
export function classifyChannel(error: Told, where: string): Failure {
  if (error.reason !== undefined || /channel open failure/i.test(error.message)) {
    return failure('CHANNEL_REFUSED', `${where} refuses another session on this connection: ${error.message}`);
  }
  return failure('CONNECTION_LOST', `the connection to ${where} went away: ${error.message}`);
}

export type ForwardTo = { readonly path: string } | { readonly host: string; readonly port: number };

/** An error from having the host connect somewhere. */
export function classifyForward(error: Told, where: string, to: ForwardTo): Failure {
  const what = 'path' in to ? `unix:${to.path}` : `tcp://${to.host}:${to.port}`;
  if (error.reason === undefined && !/channel open failure/i.test(error.message)) return classifyChannel(error, where);
  const mend = 'is there such a socket, may the login open it, and does the sshd allow forwarding to it?';
  return failure('UNREACHABLE', `${where} cannot connect to ${what}: ${error.message}; ${mend}`);
}
