// Sums what the stages of .ci/run left behind: the exit status of each, and vitest's report where it ran suites.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const [directory] = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };
for (const file of readdirSync(directory).filter((name) => name.endsWith('.exit'))) {
  const stage = file.slice(0, -'.exit'.length);
  const count = countsOf(`${directory}/${stage}.json`);
  // A stage may fail without a failed test: a type error, an absent server, an error nobody awaited.
  const broke = readFileSync(`${directory}/${file}`, 'utf8').trim() !== '0' && count.failed === 0;
  console.log(
    `${stage}: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped${broke ? ', and the stage failed' : ''}`,
  );
  total.passed += count.passed;
  total.failed += count.failed + (broke ? 1 : 0);
  total.skipped += count.skipped;
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 || total.skipped > 0 || total.passed === 0 ? 1 : 0;

function countsOf(path) {
  if (!existsSync(path)) return { passed: 0, failed: 0, skipped: 0 };
  const report = JSON.parse(readFileSync(path, 'utf8'));
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
