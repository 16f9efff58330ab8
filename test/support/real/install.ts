import { execFile } from 'node:child_process';
import { accessSync, constants, cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** Why a server is not there, for a person: thrown by an installer, shown as the reason of its absence. */
export class NotInstallable extends Error {}

/** Also looks where Debian puts daemons, which is not on everyone's PATH. */
export function programPath(name: string): string | null {
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/usr/local/sbin',
    '/usr/sbin',
    '/usr/local/go/bin',
  ];
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this one.
    }
  }
  return null;
}

/** Runs to its end; the error of a failure ends with what the program said. */
export async function runToEnd(command: string, args: readonly string[], cwd?: string): Promise<string> {
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    const { stdout } = await execute(command, [...args], { cwd, env, maxBuffer: 64 * 1024 * 1024, timeout: 900_000 });
    return stdout;
  } catch (error) {
    const said = error as { readonly stderr?: string; readonly stdout?: string; readonly message: string };
    const tail = `${said.stdout ?? ''}${said.stderr ?? ''}`.trim().split('\n').slice(-6).join('\n');
    throw new NotInstallable(`${command} ${args[0] ?? ''} failed: ${tail === '' ? said.message : tail}`);
  }
}

/** One package at a time: apt has one lock, and waits for it only if it is told to. */
let aptTurn: Promise<unknown> = Promise.resolve();

/** The program's path, installed from the distribution's packages when it is missing. */
export async function aptProgram(program: string, packageName: string): Promise<string> {
  const there = programPath(program);
  if (there !== null) return there;
  if (programPath('apt-get') === null) {
    throw new NotInstallable(
      `${program} is not on PATH and there is no apt-get: install ${packageName} and try again.`,
    );
  }
  const turn = aptTurn.then(() => aptInstall(packageName));
  aptTurn = turn.catch(() => undefined);
  await turn;
  const path = programPath(program);
  if (path === null) throw new NotInstallable(`${packageName} was installed but brought no ${program}.`);
  return path;
}

async function aptInstall(packageName: string): Promise<void> {
  const apt = (...args: string[]): Promise<string> => {
    const all = ['apt-get', '-qq', '-o', 'DPkg::Lock::Timeout=300', ...args];
    const [first = 'apt-get', ...rest] = process.getuid?.() === 0 ? all : ['sudo', '-n', ...all];
    return runToEnd(first, rest);
  };
  const install = ['install', '-y', '--no-install-recommends', packageName];
  try {
    await apt(...install);
  } catch {
    // The lists are missing or older than the mirror: only now are they worth their time.
    await apt('update');
    await apt(...install);
  }
}

/**
 * A directory built once and kept outside the checkout, so that a fresh clone does not build again. `key` names what it
 * was built from. Built beside its place and renamed, so two runs at once never see half of it.
 */
export async function builtOnce(
  key: string,
  source: URL,
  build: (directory: string) => Promise<void>,
): Promise<string> {
  const root = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'fairlead-test');
  const place = join(root, key);
  if (existsSync(place)) return place;
  const draft = join(root, `${key}.${process.pid}.draft`);
  mkdirSync(draft, { recursive: true });
  try {
    cpSync(source, draft, { recursive: true });
    await build(draft);
    try {
      renameSync(draft, place);
    } catch (error) {
      if (!existsSync(place)) throw error;
    }
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return place;
}
