import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A program that a test run started, and must end: by its process id, never by its name. */
export interface RunningProcess {
  readonly pid: number;
  /** Everything it wrote so far, both streams. */
  output(): string;
  /** Resolves with the first match in its output; rejects when it ends or the time is up before. */
  waitFor(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  /** SIGTERM to it and everything below it, SIGKILL after the grace. Resolves when it is gone. Safe to call twice. */
  stop(graceMs?: number): Promise<void>;
}

interface StartOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

const running = new Set<RunningProcess>();
const directories = new Set<string>();

// Also the last resort for a crash of the runner itself; the ordinary way out is stopAll.
process.on('exit', () => {
  for (const each of running) for (const pid of [each.pid, ...descendants(each.pid)]) kill(pid, 'SIGKILL');
  for (const each of directories) rmSync(each, { recursive: true, force: true });
});

/** Gone with this process, whatever a server still wrote into it. */
export function temporaryDirectory(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), `fairlead-${name}-`));
  directories.add(directory);
  return directory;
}

let onUnexpectedEnd: (what: string) => void = () => undefined;

/** The runner tells of a shared server that ended by itself: the suites only see a refused connection. */
export function tellUnexpectedEnds(tell: (what: string) => void): void {
  onUnexpectedEnd = tell;
}

export function startProcess(command: string, args: readonly string[], options: StartOptions = {}): RunningProcess {
  const [program, ...rest] = tiedToThisProcess(command, args);
  const child = spawn(program, rest, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  let ended: string | null = null;
  let asked = false;
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const take = (chunk: Buffer): void => {
    text += chunk.toString();
    changed();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  child.on('error', (error) => {
    ended = error.message;
    changed();
  });
  child.on('exit', (code, signal) => {
    ended = `ended with ${signal ?? `exit status ${String(code)}`}`;
    running.delete(self);
    changed();
    if (!asked) onUnexpectedEnd(`${command} ${ended}:\n${text.split('\n').slice(-30).join('\n')}`);
  });

  const until = <T>(probe: () => T | undefined, timeoutMs: number, what: string): Promise<T> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => finish(new Error(`${command}: ${what} not seen in ${timeoutMs} ms:\n${text}`)),
        timeoutMs,
      );
      const finish = (outcome: T | Error): void => {
        clearTimeout(timer);
        listeners.delete(look);
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      const look = (): void => {
        const found = probe();
        if (found !== undefined) finish(found);
      };
      listeners.add(look);
      look();
    });

  const self: RunningProcess = {
    pid: child.pid ?? -1,
    output: () => text,
    async waitFor(pattern, timeoutMs = 30_000) {
      const found = await until(
        () => pattern.exec(text) ?? (ended === null ? undefined : ended),
        timeoutMs,
        String(pattern),
      );
      if (typeof found === 'string') throw new Error(`${command} ${found} before ${String(pattern)}:\n${text}`);
      return found;
    },
    async stop(graceMs = 3_000) {
      asked = true;
      if (ended !== null) return;
      const below = descendants(self.pid);
      const gone = until(() => (ended === null ? undefined : true), graceMs + 10_000, 'its end');
      for (const pid of [self.pid, ...below]) kill(pid, 'SIGTERM');
      const hard = setTimeout(() => {
        for (const pid of [self.pid, ...descendants(self.pid)]) kill(pid, 'SIGKILL');
      }, graceMs);
      await gone.finally(() => clearTimeout(hard));
      // A child that outlived its parent was asked as well; it does not get to stay.
      for (const pid of below) kill(pid, 'SIGKILL');
    },
  };
  if (child.pid !== undefined) running.add(self);
  return self;
}

/** The command line that has the kernel end the program when this process is killed without a chance to clean up. */
export function tiedToThisProcess(command: string, args: readonly string[]): readonly [string, ...string[]] {
  const setpriv = '/usr/bin/setpriv';
  return existsSync(setpriv) ? [setpriv, '--pdeathsig', 'KILL', '--', command, ...args] : [command, ...args];
}

export async function stopAll(): Promise<void> {
  await Promise.allSettled([...running].map((each) => each.stop()));
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    if (pid > 1) process.kill(pid, signal);
  } catch {
    // Already gone, which is what was wanted.
  }
}

/** Every process below this one, by the kernel's own table. */
export function descendants(root: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const pid of processIds()) {
    // The command name may hold spaces and parentheses: the parent's id is the second field after the last one.
    const stat = readProc(pid, 'stat');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found: number[] = [];
  for (let open = [root]; open.length > 0;) {
    open = open.flatMap((pid) => children.get(pid) ?? []);
    found.push(...open);
  }
  return found;
}

/** Every process whose environment holds exactly this `NAME=value`, however far it went from who started it. */
export function processesWith(assignment: string): readonly number[] {
  return processIds().filter((pid) => readProc(pid, 'environ').split('\0').includes(assignment));
}

function processIds(): readonly number[] {
  if (!existsSync('/proc/self/stat')) return [];
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
