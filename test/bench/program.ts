/**
 * The processes of a bench. What is measured runs as it is shipped, bundled by esbuild: the loader of the sources wraps
 * every function it meets, which costs a third of the throughput. A parent calls its programs by name, over node's IPC.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { descendants, kill } from '../support/real/processes.ts';

export type Calls = Readonly<Record<string, (argument: never) => unknown>>;

export interface Program {
  readonly pid: number;
  call<T>(name: string, argument?: unknown): Promise<T>;
  stop(): Promise<void>;
}

interface Request {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}
type Answer = { readonly id: number } & ({ readonly value: unknown } | { readonly error: string });

const root = fileURLToPath(new URL('../../', import.meta.url));

const REQUIRE = [
  "import { createRequire as createRequireOfBundle } from 'node:module';",
  'const require = createRequireOfBundle(import.meta.url);',
].join('\n');

let bundled: Promise<string> | null = null;

/** This bench with everything it runs, as one file. */
function bundle(): Promise<string> {
  bundled ??= (async () => {
    const directory = join(root, '.cache', 'bench', String(process.pid));
    const program = join(directory, 'dist');
    mkdirSync(program, { recursive: true });
    process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
    const outfile = join(program, 'bench.mjs');
    await build({
      absWorkingDir: root,
      entryPoints: ['test/bench/run.ts'],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20.19',
      sourcemap: 'inline',
      logLevel: 'warning',
      packages: 'external',
      alias: Object.fromEntries(['proto', 'agent', 'control-plane'].map((each) => [`@fairlead/${each}`, `./${each}`])),
      banner: { js: REQUIRE },
    });
    // As in what is released: the description of the wire beside the program, the package above it.
    copyFileSync(join(root, 'proto/fairlead/v1/agent.proto'), join(program, 'agent.proto'));
    copyFileSync(join(root, 'package.json'), join(directory, 'package.json'));
    return outfile;
  })();
  return bundled;
}

/** Starts `run.ts program <name>` as a process of its own. `FAIRLEAD_BENCH_PROFILE` names a directory for CPU profiles. */
export async function startProgram(name: string): Promise<Program> {
  const file = await bundle();
  const profile = process.env['FAIRLEAD_BENCH_PROFILE'];
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
  const names = profile === undefined ? [] : [`--cpu-prof-name=${name}.${Date.now()}.cpuprofile`];
  const execArgv = [...flags, ...names];
  const child = fork(file, ['program', name], { execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return connect(child, name);
}

function connect(child: ChildProcess, name: string): Program {
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  let calls = 0;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const killed = (): void => {
    for (const pid of [child.pid ?? 0, ...descendants(child.pid ?? 0)]) kill(pid, 'SIGKILL');
  };
  process.on('exit', killed);
  child.on('message', (answer: Answer) => {
    const caller = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('error' in answer) caller?.reject(new Error(`${name}: ${answer.error}`));
    else caller?.resolve(answer.value as never); // Typed by the caller, who knows the program.
  });
  child.once('exit', (code, signal) => {
    process.off('exit', killed);
    for (const { reject } of waiting.values()) reject(new Error(`${name} ended (${signal ?? String(code)})`));
  });
  return {
    pid: child.pid ?? 0,
    call: (method, argument) =>
      new Promise((resolve, reject) => {
        calls += 1;
        waiting.set(calls, { resolve, reject });
        child.send({ id: calls, name: method, argument } satisfies Request);
      }),
    async stop() {
      if (child.connected) child.disconnect();
      const hard = setTimeout(killed, 10_000);
      await ended;
      clearTimeout(hard);
    },
  };
}

/** The other end: answers calls until the parent lets go, then ends. */
export function serveCalls(calls: Calls, close: () => Promise<void>): void {
  process.on('message', (request: Request) => {
    const answer = async (): Promise<Answer> => {
      const method = calls[request.name];
      if (method === undefined) throw new Error(`there is no call ${request.name}`);
      return { id: request.id, value: await method(request.argument as never) }; // The parent knows what it takes.
    };
    answer().then(
      (given) => process.send?.(given),
      (error: unknown) =>
        process.send?.({
          id: request.id,
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        }),
    );
  });
  process.once('disconnect', () => void close().finally(() => process.exit(0)));
}
