/** A control plane in this process, and the connection file by which commands in other terminals find it. */
import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { FAILURES, FailureError, type Failure } from '@fairlead/proto/model/failure.ts';
import { makeDirectory } from '../adapters/system/index.ts';
import { readConfig } from '../config.ts';
import { startControlPlane, SYSTEM } from '../main.ts';
import type { RunningControlPlane } from '../main.ts';
import { ApiClient } from './api-client.ts';
import { CliError, reasonOf, usage } from './cli-error.ts';
import { CONNECTION_FILE } from './connection.ts';
import { EXIT } from './exit-codes.ts';
import { webDirectory } from './locate.ts';

/** One for each data directory: control planes that share a store must not revoke each other's. */
const keyNameFor = (data: string): string =>
  `local-command-line-${createHash('sha256').update(`${hostname()}\n${data}`).digest('hex').slice(0, 12)}`;

type Environment = Readonly<Record<string, string | undefined>>;

export interface LocalServer {
  readonly url: string;
  readonly api: ApiClient;
  /** A link that opens the page without a password, once. */
  loginLink(next?: string): Promise<string>;
  close(): Promise<void>;
}

export async function startLocalServer(data: string, environment: Environment): Promise<LocalServer> {
  const controlPlane = await startOrSay({ ...environment, FAIRLEAD_DATA: data });
  const { useCases, url } = controlPlane;
  // The value is known only when it is made: every start has one of its own.
  const keyName = keyNameFor(data);
  const { key } = await useCases.renewApiKey(SYSTEM, keyName);
  // With the store elsewhere and no agent inside, nobody has made it yet.
  await makeDirectory(data, 0o700).catch(async (error: unknown) => {
    await controlPlane.close();
    const why = `The data directory ${data} cannot be made: ${reasonOf(error)}.`;
    throw new CliError(EXIT.FAILED, [`${why} Choose one that this user may write (FAIRLEAD_DATA).`]);
  });
  const file = path.join(data, CONNECTION_FILE);
  // Written anew: a file that exists would keep the mode it has.
  rmSync(file, { force: true });
  writeFileSync(file, `${JSON.stringify({ url, key, pid: process.pid })}\n`, { mode: 0o600 });
  return {
    url,
    api: new ApiClient({ url, key }),
    loginLink: async (next) => {
      const { token } = await useCases.createLoginToken(SYSTEM);
      const link = new URL('/login', url);
      link.searchParams.set('token', token);
      if (next !== undefined) link.searchParams.set('next', next);
      return link.toString();
    },
    close: async () => {
      rmSync(file, { force: true });
      await controlPlane.close();
    },
  };
}

/** Settings that are wrong and doors that are closed are said in lines, not as a trace. */
async function startOrSay(environment: Environment): Promise<RunningControlPlane> {
  try {
    // A setting of the command line, not of the control plane.
    return await startControlPlane(readConfig({ ...environment, FAIRLEAD_RECONNECT: undefined }), webDirectory());
  } catch (error) {
    if (isListenError(error)) throw usage(`${error.message}. Choose another port, or none.`);
    if (!(error instanceof FailureError)) throw error;
    const isUsage = error.failures.every((each) => each.code === 'INVALID_INPUT');
    throw new CliError(
      isUsage ? EXIT.USAGE : EXIT.FAILED,
      error.failures.map((each) => (isUsage ? each.message : `${each.message} ${mendOf(each)}`)),
    );
  }
}

function mendOf({ code, details }: Failure): string {
  const own = details?.['mend'];
  return typeof own === 'string' ? own : FAILURES[code].help;
}

const isListenError = (error: unknown): error is Error =>
  error instanceof Error && 'syscall' in error && error.syscall === 'listen';
