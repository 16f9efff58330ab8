// Sums what the stages of .ci/run left behind: the exit status of each, and vitest's report where it ran suites.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The part of vitest's JSON report that is read here. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

function countsOf(path: string): Counts {
  if (!existsSync(path)) return { passed: 0, failed: 0, skipped: 0 };
  const report = JSON.parse(readFileSync(path, 'utf8')) as Report;
  // A file that could not be loaded has no tests to fail.
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

const [directory = '.'] = process.argv.slice(2);
let [passed, failed, skipped] = [0, 0, 0];
for (const file of readdirSync(directory).filter((name) => name.endsWith('.exit'))) {
  const stage = file.slice(0, -'.exit'.length);
  const counts = countsOf(`${directory}/${stage}.json`);
  // A stage may fail without a failed test: a type error, an absent server, an error nobody awaited.
  const broke = readFileSync(`${directory}/${file}`, 'utf8').trim() !== '0' && counts.failed === 0;
  const told = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
  console.log(`${stage}: ${broke ? `the stage failed; ${told}` : told}`);
  passed += counts.passed;
  failed += counts.failed + (broke ? 1 : 0);
  skipped += counts.skipped;
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || skipped > 0 || passed === 0 ? 1 : 0;
