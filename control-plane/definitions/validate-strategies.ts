/** Which failure strategies may stand where (orchestration 9.1, 9.3, 10.2), and that the steps they name exist. */
import type { LongStep, LongStrategy } from './long-form.ts';
import { whatExists } from './nearest.ts';
import { listNames, type Path, type Report } from './problem.ts';

export type StrategyPlace =
  /** Of the whole workflow. */
  | 'workflow'
  /** Of a section of a phase. */
  | 'phase'
  /** Of the section before or after the deployment. */
  | 'around'
  /** Of a rollback section. */
  | 'rollback';

type Words = readonly LongStrategy['do'][];

const ON_THE_WAY_BACK: Words = ['retry', 'ignore', 'manual', 'abort'];
const AFTER_ON_THE_WAY_BACK: readonly string[] = ['ignore', 'mark-success', 'end', 'abort'];

/** Steps that a person answers in a way of their own, or that wait for others: nobody decides on them again. */
const NOT_MANUAL: readonly string[] = ['approval', 'approval-script', 'guard'];

/** `steps`: all of the section, generated ones included; empty for the workflow. */
export function validateStrategies(
  strategies: readonly LongStrategy[],
  path: Path,
  place: StrategyPlace,
  steps: readonly LongStep[],
  report: Report,
): void {
  const names = steps.map((step) => String(step['name']));
  strategies.forEach((strategy, index) => {
    const at = [...path, index];
    for (const step of place === 'workflow' ? [] : (strategy.steps ?? [])) {
      if (names.includes(step)) continue;
      report([...at, 'steps'], `no step of the section is called '${step}'`, whatExists(step, names, 'step'));
    }
    const refusal = unfit(strategy, place);
    if (refusal !== null) report([...at, 'do'], ...refusal);
    if (strategy.tolerate !== undefined && (place === 'around' || place === 'rollback')) {
      const where = place === 'around' ? 'there are no hosts here' : 'a rollback leaves no host behind';
      report([...at, 'tolerate'], where, 'Remove tolerate.', 'key');
    }
    if (place === 'rollback' && strategy.then !== undefined && !AFTER_ON_THE_WAY_BACK.includes(strategy.then)) {
      const mend = `Choose one of ${AFTER_ON_THE_WAY_BACK.join(', ')}.`;
      report([...at, 'then'], 'a rollback is never rolled back', mend);
    }
    if (strategy.do === 'manual') reportNotManual(strategy, steps, [...at, 'steps'], report);
  });
}

function unfit(strategy: LongStrategy, place: StrategyPlace): readonly [string, string] | null {
  const { do: action } = strategy;
  switch (place) {
    case 'workflow':
      return action === 'manual' || action === 'mark-success'
        ? [`'${action}' is for the steps of a section`, 'Move the entry to the onFailure of a section.']
        : null;
    case 'phase':
      return null;
    case 'around':
      return action === 'rollback-phase'
        ? ['there is no phase here', 'Write do: rollback, or move the entry to a section of a phase.']
        : null;
    case 'rollback':
      return ON_THE_WAY_BACK.includes(action)
        ? null
        : [`a failing rollback step cannot be followed by '${action}'`, `Choose one of ${ON_THE_WAY_BACK.join(', ')}.`];
  }
}

function reportNotManual(strategy: LongStrategy, steps: readonly LongStep[], path: Path, report: Report): void {
  const answered = steps.filter((step) => NOT_MANUAL.some((key) => key in step)).map((step) => String(step['name']));
  const named = answered.filter((name) => strategy.steps?.includes(name) === true);
  if (named.length === 0) return;
  report(path, `nobody is asked again about ${listNames(named)}`, 'Remove them from steps, or choose another action.');
}
