import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Suites named `*.real.test.ts` need a real server and run only under `npm run test:real`. */
const real = process.env['FAIRLEAD_TEST_REAL'] === '1';

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['**/*.test.{ts,tsx}'],
    exclude: [
      '**/node_modules/**',
      '**/dist/**',
      '**/.cache/**',
      '**/.stryker-tmp/**',
      ...(real ? [] : ['**/*.real.test.{ts,tsx}']),
    ],
    pool: 'forks',
    setupFiles: [fileURLToPath(new URL('support/real/end-with-runner.ts', import.meta.url))],
    // Two, whatever the machine has: suites that race or measure must see the same pressure everywhere.
    fileParallelism: true,
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // What is waited for comes; how soon, on a machine that others use, is not what these tests are about.
    expect: { poll: { timeout: 10_000 } },
    teardownTimeout: 20_000,
    // CI shares its machine with strangers: one more try there, of which the end of the run tells. Never elsewhere.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    // A lone `.only` would silence everything else and still be green.
    allowOnly: false,
  },
});
