/** A control plane in this process, and the connection file by which commands in other terminals find it. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { FailureError } from '@fairlead/proto/model/failure.ts';
import type { Actor } from '../app/authorize.ts';
import { loadConfig } from '../config.ts';
import { startControlPlane } from '../main.ts';
import { ApiClient } from './api-client.ts';
import { CliError } from './cli-error.ts';
import { CONNECTION_FILE } from './connection.ts';
import { EXIT } from './exit-codes.ts';
import { webDirectory } from './locate.ts';

const OWNER: Actor = { id: 'local', name: 'local', kind: 'SYSTEM', rights: ['*'] };
const KEY_NAME = 'local-command-line';

export interface LocalServer {
  readonly url: string;
  readonly api: ApiClient;
  /** A link that opens the page without a password, once. */
  loginLink(next?: string): Promise<string>;
  close(): Promise<void>;
}

export async function startLocalServer(
  data: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<LocalServer> {
  const page = webDirectory();
  const config = loadConfig({
    ...environment,
    FAIRLEAD_DATA: data,
    ...(page === null ? {} : { FAIRLEAD_WEB_DIR: page }),
  });
  const controlPlane = await startControlPlane(config).catch((error: unknown) => {
    if (!(error instanceof FailureError)) throw error;
    throw new CliError(
      EXIT.FAILED,
      error.failures.map((each) => each.message),
    );
  });
  const { useCases, url } = controlPlane;
  // The value is known only when it is made: every start has a key of its own.
  await useCases.revokeApiKey(OWNER, KEY_NAME).catch((error: unknown) => {
    if (!(error instanceof FailureError) || error.failures[0].code !== 'NOT_FOUND') throw error;
  });
  const { key } = await useCases.createApiKey(OWNER, KEY_NAME);
  const file = path.join(data, CONNECTION_FILE);
  // Written anew: a file that exists would keep the mode it has.
  rmSync(file, { force: true });
  writeFileSync(file, `${JSON.stringify({ url, key, pid: process.pid })}\n`, { mode: 0o600 });
  return {
    url,
    api: new ApiClient({ url, key }),
    loginLink: async (next) => {
      const { token } = await useCases.createLoginToken(OWNER);
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
