import { fileURLToPath } from 'node:url';
import { defineConfig, mergeConfig } from 'vitest/config';
import all from '../vitest.config.ts';
import { warmThreads } from './warm-threads.ts';

/**
 * The engine's tests as `npm run mutate` runs them, once for each mutant. All in one thread that is kept for the next mutant:
 * starting one and loading the engine takes longer than the tests do. Without the suites that repeat themselves, at random or
 * for every combination: hardly a mutant dies of these alone, and each that survives would wait for them.
 */
export default mergeConfig(
  all,
  defineConfig({
    test: {
      exclude: ['**/properties.test.ts', '**/strategies.test.ts'],
      setupFiles: [fileURLToPath(new URL('no-mutant-yet.ts', import.meta.url))],
      isolate: false,
      maxWorkers: 1,
    },
    plugins: [
      {
        name: 'warm-threads',
        // Stryker asks for threads by name, over whatever stands here.
        configureVitest: ({ project }) => {
          project.config.pool = warmThreads.name;
          project.config.poolRunner = warmThreads;
        },
      },
    ],
  }),
);
