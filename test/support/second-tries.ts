/** Tests that passed only when they were run again: told of loudly, or nobody would ever look at them. */

import { relative } from 'node:path';

/** The part of vitest's JSON report that is read here. */
export interface TriedReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
}

/** One line each: file, test, and what it said when it failed. A test that passed has failures only of earlier tries. */
export function secondTries({ testResults }: TriedReport, root: string): readonly string[] {
  return testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter((test) => test.status === 'passed' && (test.failureMessages ?? []).length > 0)
      .map(({ fullName, failureMessages }) => {
        const [why = ''] = failureMessages?.[0]?.split('\n') ?? [];
        return `SECOND TRY: ${relative(root, name)} > ${fullName}: ${why}`;
      }),
  );
}

/** Nothing where every test passed at once, or failed. */
export function tellSecondTries(lines: readonly string[], tell: (line: string) => void): void {
  if (lines.length === 0) return;
  tell(
    lines.length === 1
      ? '!! 1 test passed only at its second try:'
      : `!! ${lines.length} tests passed only at their second try:`,
  );
  lines.forEach(tell);
}
