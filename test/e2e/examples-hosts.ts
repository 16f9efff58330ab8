/** Hosts on loopback with one build of a small program, for examples that were written for other people's machines. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../support/real/listening.ts';
import { keyPair, startTestHost, type TestHost } from '../support/ssh-host/index.ts';

export interface ExampleWorld {
  /** A home with `.ssh/id_ed25519` and `builds/web-7.tgz` in it. */
  readonly home: string;
  readonly hosts: readonly ExampleHost[];
  remove(): Promise<void>;
}

export interface ExampleHost extends TestHost {
  /** Where the program is to listen: they share one machine. */
  readonly httpPort: number;
}

/** Listens where `--port` says, or the environment: one start line of the README gives the one, `init` the other. */
const PROGRAM: Readonly<Record<string, string>> = {
  start: '#!/bin/sh\n[ "$1" = --port ] && port=$2\nexport port\nexec node "$(dirname "$0")/server.cjs"\n',
  stop: '#!/bin/sh\nkill "$(cat server.pid)"\n',
  'server.cjs': `require('node:fs').writeFileSync('server.pid', String(process.pid));
require('node:http').createServer((request, response) => response.end(request.url)).listen(Number(process.env.port));
`,
};

export async function makeExampleWorld(hostNames: readonly string[]): Promise<ExampleWorld> {
  const home = mkdtempSync(join(tmpdir(), 'fairlead-examples-'));
  const { privateKey, publicKey } = keyPair();
  mkdirSync(join(home, '.ssh'));
  writeFileSync(join(home, '.ssh', 'id_ed25519'), privateKey, { mode: 0o600 });
  const tree = join(home, 'tree');
  mkdirSync(join(tree, 'bin'), { recursive: true });
  for (const [name, text] of Object.entries(PROGRAM)) {
    writeFileSync(join(tree, 'bin', name), text);
    chmodSync(join(tree, 'bin', name), 0o755);
  }
  mkdirSync(join(home, 'builds'));
  await promisify(execFile)('tar', ['-czf', join(home, 'builds', 'web-7.tgz'), '-C', tree, 'bin']);
  const hosts: ExampleHost[] = [];
  for (const name of hostNames) {
    const host = await startTestHost(name, { authorizedKeys: [publicKey], address: name });
    hosts.push({ ...host, httpPort: await freePort('127.0.0.1') });
  }
  return {
    home,
    hosts,
    remove: async () => {
      for (const host of hosts) await host.remove();
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
