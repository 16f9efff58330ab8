import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { secondTries } from './second-tries.ts';

const test = (fullName: string, status: string, ...failureMessages: readonly string[]) => ({
  fullName,
  status,
  failureMessages,
});
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const REPORT = {
  ...{ numPassedTests: 2, numFailedTests: 1, numPendingTests: 0, numTodoTests: 0 },
  testResults: [
    {
      name: `${ROOT}a/b.test.ts`,
      status: 'failed',
      assertionResults: [
        test('is fine', 'passed'),
        test('is flaky', 'passed', 'AssertionError: 1 is not 2\n    at somewhere'),
        test('is broken', 'failed', 'AssertionError: once', 'AssertionError: twice'),
      ],
    },
  ],
};

it('names what passed only at its second try, and why it did not at once', () => {
  expect(secondTries(REPORT, ROOT)).toEqual(['SECOND TRY: a/b.test.ts > is flaky: AssertionError: 1 is not 2']);
});

it('stands in the last lines of a run of CI, of which the very last is the sum', () => {
  const reports = mkdtempSync(join(tmpdir(), 'fairlead-tally-'));
  writeFileSync(join(reports, 'test.json'), JSON.stringify(REPORT));
  writeFileSync(join(reports, 'test.exit'), '1\n');
  writeFileSync(join(reports, 'check.exit'), '0\n');
  const tally = fileURLToPath(new URL('../../.ci/tally.ts', import.meta.url));
  const { stdout } = spawnSync(process.execPath, ['--import', 'tsx', tally, reports], { cwd: ROOT, encoding: 'utf8' });
  rmSync(reports, { recursive: true });
  expect(stdout.trimEnd().split('\n').slice(-3)).toEqual([
    '!! 1 test passed only at its second try:',
    'SECOND TRY: a/b.test.ts > is flaky: AssertionError: 1 is not 2',
    '2 passed, 1 failed, 0 skipped',
  ]);
});
