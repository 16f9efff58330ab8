/** What is kept of a soak: which suites ran how often and how long, the figures they told, on what, of which commit. */
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { keepResult } from './bench/measure.ts';

/** The part of vitest's JSON report that is read here. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly startTime: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly startTime: number;
    readonly endTime: number;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

interface Told {
  readonly name: string;
  readonly value: number | string;
}

export interface Soaked {
  readonly root: string;
  /** Vitest's report. */
  readonly report: string;
  /** What the suites told, a line each. */
  readonly figures: string;
  readonly filters: readonly string[];
  readonly endedAt: number;
}

/** Answers where it was kept; null when there is no report. */
export function keepSoak({ root, report, figures, filters, endedAt }: Soaked): string | null {
  if (!existsSync(report)) return null;
  const read = JSON.parse(readFileSync(report, 'utf8')) as Report;
  const suites = read.testResults.map((file) => ({
    suite: relative(root, file.name),
    passed: file.assertionResults.filter((test) => test.status === 'passed').length,
    failed: file.assertionResults.filter((test) => test.status !== 'passed').length,
    seconds: Math.round((file.endTime - file.startTime) / 1_000),
  }));
  return keepResult(filters.length === 0 ? 'soak' : `soak-${filters.join('-')}`, {
    passed: read.numPassedTests,
    failed: read.numFailedTests,
    minutes: Math.round((endedAt - read.startTime) / 60_000),
    seed: process.env['FAIRLEAD_TEST_SEED'] ?? '1',
    suites,
    figures: sum(existsSync(figures) ? readFileSync(figures, 'utf8') : ''),
  });
}

function sum(lines: string): Readonly<Record<string, number | string>> {
  const sums: Record<string, number | string> = {};
  for (const line of lines.split('\n').filter((each) => each !== '')) {
    const { name, value } = JSON.parse(line) as Told;
    const before = sums[name];
    sums[name] = typeof before === 'number' && typeof value === 'number' ? before + value : value;
  }
  return sums;
}
