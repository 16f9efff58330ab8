// Sums what the stages of .ci/run left behind: the exit status of each, vitest's report where it ran suites, and what it
// printed. Whoever reads only the end of a long log finds there what failed and why.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { secondTries, tellSecondTries } from '../test/support/second-tries.ts';

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
  readonly testResults: readonly FileResult[];
}

interface FileResult {
  readonly name: string;
  readonly status: string;
  readonly message?: string;
  readonly assertionResults: readonly {
    readonly status: string;
    readonly fullName: string;
    readonly failureMessages?: readonly string[] | null;
  }[];
}

const NOTHING: Report = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0, testResults: [] };

/** Lines of a failure that are told; the rest is in the log. */
const TOLD = 12;
/** Lines around an error that no test owns. */
const EXCERPT = 40;

const readReport = (path: string): Report =>
  existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Report) : NOTHING;

/** A file that could not be loaded has no tests to fail. */
const isUnloaded = ({ status, assertionResults }: FileResult): boolean =>
  status === 'failed' && !assertionResults.some((test) => test.status === 'failed');

const countsOf = (report: Report): Counts => ({
  passed: report.numPassedTests,
  failed: report.numFailedTests + report.testResults.filter(isUnloaded).length,
  skipped: report.numPendingTests + report.numTodoTests,
});

const firstLines = (text: string): string =>
  text
    .split('\n')
    .slice(0, TOLD)
    .map((line) => `    ${line}`)
    .join('\n');

/** Every test that did not pass, with the beginning of what it said. */
function notPassed({ testResults }: Report): readonly string[] {
  return testResults.flatMap((file) => {
    const tests = file.assertionResults.filter((test) => test.status !== 'passed');
    const told = tests.map(({ status, fullName, failureMessages }) =>
      [`  ${status}: ${file.name} > ${fullName}`, ...(failureMessages ?? []).map(firstLines)].join('\n'),
    );
    return isUnloaded(file) ? [`  not run: ${file.name}\n${firstLines(file.message ?? '')}`, ...told] : told;
  });
}

/** What the stage printed about errors that belong to no test: a worker that died, a promise nobody awaited. */
function unownedErrors(log: string): string {
  // Colors are off in CI, but not in what children print.
  const lines = stripVTControlCharacters(log).split('\n');
  const at = lines.findIndex((line) => /Unhandled Error|Worker exited|emitted error/.test(line));
  const excerpt = at < 0 ? lines.slice(-EXCERPT) : lines.slice(at, at + EXCERPT);
  return excerpt.map((line) => `  | ${line}`).join('\n');
}

const [directory = '.'] = process.argv.slice(2);
let [passed, failed, skipped] = [0, 0, 0];
const again: string[] = [];
for (const file of readdirSync(directory).filter((name) => name.endsWith('.exit'))) {
  const stage = file.slice(0, -'.exit'.length);
  const report = readReport(`${directory}/${stage}.json`);
  const counts = countsOf(report);
  // A stage may fail without a failed test: a type error, an absent server, an error nobody awaited.
  const broke = readFileSync(`${directory}/${file}`, 'utf8').trim() !== '0' && counts.failed === 0;
  const told = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
  for (const line of notPassed(report)) console.log(line);
  if (broke) console.log(unownedErrors(readFileSync(`${directory}/${stage}.log`, 'utf8')));
  console.log(`${stage}: ${broke ? `the stage failed; ${told}` : told}`);
  again.push(...secondTries(report, process.cwd()));
  passed += counts.passed;
  failed += counts.failed + (broke ? 1 : 0);
  skipped += counts.skipped;
}
tellSecondTries(again, (line) => console.log(line));
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || skipped > 0 || passed === 0 ? 1 : 0;
