import type { LongStrategy } from './long-form.ts';
import { longAmount, longDuration, longList } from './normalize-values.ts';
import type { Path, Report } from './problem.ts';
import type { AuthoredStrategy } from './schema-strategy.ts';

/** Each is one entry, or two: `retry` beside another action is used up first, then the other is done (orchestration 9.3). */
export function longStrategies(
  strategies: readonly AuthoredStrategy[],
  path: Path,
  report: Report,
  inSection: boolean,
): readonly LongStrategy[] {
  return strategies.flatMap((strategy, index): readonly LongStrategy[] => {
    const at = [...path, index];
    reportUnfit(strategy, at, report, inSection);
    const { retry, every, steps, scope, tolerate, timeout } = strategy;
    const retries = retry !== undefined || strategy.do === 'retry';
    const other = strategy.do === 'retry' ? undefined : strategy.do;
    const match = {
      on: longList(strategy.on ?? 'any'),
      ...(steps === undefined ? {} : { steps }),
      ...(scope === undefined ? {} : { scope }),
    };
    const tolerance = tolerate === undefined ? {} : { tolerate: longAmount(tolerate) };
    const intervals = every === undefined ? {} : { every: longList(every).map(longDuration) };
    const first: LongStrategy = {
      ...match,
      do: 'retry',
      retry: retry ?? 1,
      ...intervals,
      // Beside another action the hosts are tolerated by that one, which is the same and said once.
      ...(other === undefined ? tolerance : {}),
    };
    if (other === undefined) return retries ? [first] : [];
    const second: LongStrategy = {
      ...match,
      do: other,
      ...tolerance,
      ...(timeout === undefined ? {} : { timeout: longDuration(timeout) }),
      ...(strategy.then === undefined ? {} : { then: strategy.then }),
    };
    return retries ? [first, second] : [second];
  });
}

/** Fields that do not go together. */
function reportUnfit(strategy: AuthoredStrategy, at: Path, report: Report, inSection: boolean): void {
  const { retry, every, steps, scope, timeout } = strategy;
  const on = longList(strategy.on ?? 'any');
  if (on.length > 1 && on.includes('any')) {
    report([...at, 'on'], "'any' includes all others", "Write only 'any', or leave it out.");
  }
  if (steps !== undefined && !inSection) {
    const mend = 'Move the entry to the section, or remove steps.';
    report([...at, 'steps'], 'steps can be named in the onFailure of a section only', mend, 'key');
  }
  if (scope !== undefined && inSection) {
    report([...at, 'scope'], 'an entry of a section is for that section', 'Remove scope.', 'key');
  }
  const retries = retry !== undefined || strategy.do === 'retry';
  if (!retries && every !== undefined) {
    report([...at, 'every'], "'every' belongs to retry", 'Add retry: 2, or remove every.', 'key');
  }
  if (strategy.do === undefined && !retries) {
    report(at, 'the entry says nothing to do', 'Add do: rollback, abort or ignore, or retry: 2.');
  }
  if (strategy.do === 'manual') return;
  for (const field of ['timeout', 'then'] as const) {
    if (strategy[field] === undefined) continue;
    const mend = timeout === undefined ? 'Add do: manual, or remove it.' : 'Write do: manual, or remove it.';
    report([...at, field], `'${field}' belongs to do: manual`, mend, 'key');
  }
}
