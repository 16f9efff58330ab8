/** HAProxy, told by its runtime API. It needs a `stats socket … level admin`, and nothing else on its machine. */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { Admission, Router } from '../router.ts';
import { readConnections, readServersState, type RuntimeServer } from './answers.ts';
import { askRuntime, parseEndpoint, type Connect } from './runtime-socket.ts';

/** Names that need no quoting in the runtime API, whose commands are words on a line. */
const NAME = /^[A-Za-z0-9_.:-]+$/;

const STATES: Readonly<Record<Admission, string>> = { ON: 'ready', DRAIN: 'drain', OFF: 'maint' };

export function haproxyRouter(address: string, backend: string, connect: Connect, via = ''): Router {
  const endpoint = parseEndpoint(address);
  if (endpoint === null) {
    const mend = 'write unix:/path/of/the/socket or tcp://host:port';
    throw new FailureError(failure('INVALID_INPUT', `'${address}' is no address of a socket of HAProxy: ${mend}`));
  }
  const name = `HAProxy at ${address}${via}`;
  const refuse = (message: string, existing: readonly string[]): FailureError =>
    new FailureError(
      failure('NOT_FOUND', `${name}: ${message}; it has ${existing.join(', ') || 'none'}`, { details: { existing } }),
    );
  const ask = async (command: string): Promise<string> => {
    const answer = await askRuntime(connect, endpoint, command);
    if (/^permission denied/i.test(answer)) {
      const mend = 'its `stats socket` needs `level admin`';
      throw new FailureError(failure('AUTHENTICATION_REFUSED', `${name} refuses '${command}': ${mend}`));
    }
    if (/^unknown (command|keyword)/i.test(answer)) {
      throw new FailureError(failure('UNSUPPORTED', `${name} does not know '${command}'`));
    }
    return answer;
  };
  const backends = async (): Promise<readonly string[]> =>
    (await ask('show backend')).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

  const servers = async (): Promise<readonly RuntimeServer[]> => {
    if (!NAME.test(backend)) throw refuse(`'${backend}' is no name of a backend`, await backends());
    const answer = await ask(`show servers state ${backend}`);
    if (/can't find backend/i.test(answer)) throw refuse(`there is no backend '${backend}'`, await backends());
    return readServersState(answer);
  };

  /** A command that answers nothing when it was taken. */
  const tell = async (server: string, rest: string): Promise<void> => {
    const known = async (): Promise<readonly string[]> => (await servers()).map((each) => each.name);
    if (!NAME.test(server)) throw refuse(`'${server}' is no name of a server`, await known());
    const command = `set server ${backend}/${server} ${rest}`;
    const answer = await ask(command);
    if (answer === '') return;
    if (/no such backend/i.test(answer)) throw refuse(`there is no backend '${backend}'`, await backends());
    if (/no such server/i.test(answer)) throw refuse(`there is no server '${server}'`, await known());
    throw new FailureError(failure('COMMAND_FAILED', `${name} answers '${command}': ${answer.slice(0, 300)}`));
  };

  return {
    name,
    read: async () => {
      const all = await servers();
      const [first] = all;
      const connections =
        first === undefined
          ? new Map<string, number>()
          : readConnections(await ask(`show stat ${first.backendId} 4 -1`));
      return new Map(
        all.map((each) => [each.name, { ...each.state, connections: connections.get(each.name) ?? 0 }] as const),
      );
    },
    admit: (server, admission) => tell(server, `state ${STATES[admission]}`),
    prove: async (server) => {
      const found = (await servers()).find((each) => each.name === server);
      // In maintenance it is not checked; and leaving it, it counts as up until the first check says otherwise.
      await tell(server, 'state drain');
      if (found?.hasCheck === true) await tell(server, 'health down');
    },
  };
}
