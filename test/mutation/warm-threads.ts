/**
 * A pool for vitest whose thread outlives the run, with vitest and the libraries it has loaded. The engine and its tests are
 * evaluated anew each time: the engine remembers things, and what one mutant left there would kill the next ones. A mutant
 * of what is evaluated at loading gets a thread of its own all the same. Files are handed over one by one, so that none is even
 * loaded once a test has failed.
 */
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { PoolOptions, PoolRunnerInitializer, PoolWorker, WorkerRequest } from 'vitest/node';
import { repositoryFiles } from '../support/real/suites.ts';

type Start = Extract<WorkerRequest, { type: 'start' }>;
type Run = Extract<WorkerRequest, { type: 'run' }>;

const kept: Worker[] = [];

const evaluatedAnew = (root: string): string[] =>
  repositoryFiles(root)
    .filter((file) => /^(control-plane\/engine|test\/support)\/.*\.ts$/.test(file))
    .map((file) => join(root, file));

class WarmThread extends EventEmitter implements PoolWorker {
  readonly name = 'warm-threads';
  readonly #options: PoolOptions;
  readonly #mayKeep: boolean;
  #thread: Worker | null = null;
  #isWarm = false;
  #config: Start['context']['config'] | null = null;
  #left: readonly Run[] = [];
  #forgetCancel = (): void => undefined;

  constructor(options: PoolOptions) {
    super();
    this.#options = options;
    this.#mayKeep = Reflect.get(options.project.getProvidedContext(), 'mutantActivation') === 'runtime';
  }

  async start(): Promise<void> {
    const { distPath, env, execArgv, project } = this.#options;
    const warm = this.#mayKeep ? kept.pop() : undefined;
    this.#isWarm = warm !== undefined;
    this.#thread = warm ?? new Worker(join(distPath, 'workers', 'threads.js'), { env, execArgv });
    this.#thread.ref();
    this.#thread.on('message', this.#hear).on('error', this.#fail).on('exit', this.#exit);
    this.#forgetCancel = project.vitest.onCancel(() => {
      this.#left = [];
    });
  }

  async stop(): Promise<void> {
    const thread = this.#running();
    this.#forgetCancel();
    thread.off('message', this.#hear).off('error', this.#fail).off('exit', this.#exit);
    this.#thread = null;
    if (!this.#mayKeep) return void (await thread.terminate());
    kept.push(thread);
    thread.unref();
  }

  send(message: WorkerRequest): void {
    if (message.type === 'run') {
      const { files } = message.context;
      this.#left = files.map((file, index) => {
        const invalidates = index === 0 ? evaluatedAnew(this.#options.project.config.root) : [];
        return { ...message, context: { ...message.context, files: [file], invalidates } };
      });
      return this.#next();
    }
    if (message.type === 'start') this.#config = message.context.config;
    if (message.type === 'start' && this.#isWarm) return this.#answer('started');
    if (message.type === 'stop' && this.#mayKeep) return this.#answer('stopped');
    this.#running().postMessage(message);
  }

  deserialize(data: unknown): unknown {
    return data;
  }

  /** A thread knows the configuration, and with it the tests to run, from its start: a warm one must be told. */
  #next(): void {
    const [run, ...left] = this.#left;
    this.#left = left;
    this.#running().postMessage({ ...run, context: { ...run?.context, config: this.#config } });
  }

  #hear = (message: unknown): void => {
    const isDone =
      typeof message === 'object' && message !== null && Reflect.get(message, 'type') === 'testfileFinished';
    if (isDone && this.#left.length > 0 && Reflect.get(message, 'error') === undefined) this.#next();
    else this.emit('message', message);
  };
  #fail = (error: unknown): void => void this.emit('error', error);
  #exit = (code: unknown): void => void this.emit('exit', code);

  #answer(type: 'started' | 'stopped'): void {
    queueMicrotask(() => this.emit('message', { __vitest_worker_response__: true, type }));
  }

  #running(): Worker {
    if (this.#thread === null) throw new Error('the thread was not started');
    return this.#thread;
  }
}

export const warmThreads: PoolRunnerInitializer = {
  name: 'warm-threads',
  createPoolWorker: (options) => new WarmThread(options),
};
