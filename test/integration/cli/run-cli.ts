/** The `fairlead` command as a child process, as a shell sees it. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ADMIN_KEY } from '../api/fake-use-cases.ts';

const MAIN = fileURLToPath(new URL('../../../control-plane/cli/main.ts', import.meta.url));

export interface Run {
  readonly child: ChildProcess;
  /** What came so far. */
  readonly out: () => string;
  readonly err: () => string;
  readonly ended: Promise<Ended>;
}

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export function startCli(
  parameters: readonly string[],
  environment: Readonly<Record<string, string>>,
  input?: string,
): Run {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...parameters], {
    // Nothing of the caller's own settings may leak in.
    env: { PATH: PATH ?? '', HOME: HOME ?? '', ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (out += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (err += part));
  child.stdin.end(input ?? '');
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
  return { child, out: () => out, err: () => err, ended };
}

export const runCli = (
  url: string,
  parameters: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  input?: string,
): Promise<Ended> =>
  startCli(parameters, { FAIRLEAD_SERVER: url, FAIRLEAD_KEY: ADMIN_KEY, ...environment }, input).ended;
