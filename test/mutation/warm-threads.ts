/**
 * A pool for vitest whose thread outlives the run, with everything it has loaded. Test files are evaluated anew each time,
 * by vitest; the engine and what it needs are not, and hold nothing but memories keyed by objects of the tests. A mutant of
 * what is evaluated once, at loading, gets a thread of its own.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { PoolRunnerInitializer, PoolWorker, WorkerRequest } from 'vitest/node';

type Listener = (message: unknown) => void;
type Start = Extract<WorkerRequest, { type: 'start' }>;

const kept: Worker[] = [];

export const warmThreads: PoolRunnerInitializer = {
  name: 'warm-threads',
  createPoolWorker({ distPath, execArgv, env, project }): PoolWorker {
    const mayKeep = Reflect.get(project.getProvidedContext(), 'mutantActivation') === 'runtime';
    const listeners: (readonly [string, Listener])[] = [];
    let thread: Worker | null = null;
    let isWarm = false;
    let config: Start['context']['config'] | null = null;

    const running = (): Worker => {
      if (thread === null) throw new Error('the thread was not started');
      return thread;
    };
    const answer = (type: 'started' | 'stopped'): void => {
      queueMicrotask(() => running().emit('message', { __vitest_worker_response__: true, type }));
    };

    return {
      name: warmThreads.name,
      start: async () => {
        const warm = mayKeep ? kept.pop() : undefined;
        isWarm = warm !== undefined;
        thread = warm ?? new Worker(join(distPath, 'workers', 'threads.js'), { env, execArgv });
        thread.ref();
      },
      stop: async () => {
        const last = running();
        for (const [event, listener] of listeners) last.off(event, listener);
        thread = null;
        if (!mayKeep) await last.terminate();
        else {
          kept.push(last);
          last.unref();
        }
      },
      on: (event, listener) => {
        listeners.push([event, listener]);
        running().on(event, listener);
      },
      off: (event, listener) => running().off(event, listener),
      send: (message) => {
        if (message.type === 'start') {
          config = message.context.config;
          if (isWarm) return answer('started');
        }
        if (message.type === 'stop' && mayKeep) return answer('stopped');
        // A thread knows the configuration, with the tests to run, from its start.
        const run = 'context' in message && message.type !== 'start' && config !== null;
        running().postMessage(run ? { ...message, context: { ...message.context, config } } : message);
      },
      deserialize: (data) => data,
    };
  },
};
