/** Every failure type × every action × both levels, and what two strategies that differ come to (orchestration 9). */
import { describe, expect, it } from 'vitest';
import { FAILURE_TYPES, FAILURES, type FailureCode, type FailureType } from '@fairlead/proto/model/failure.ts';
import { onFailure, onePhase, retryTimes, sectionPlan, stepPlan } from '../../../test/support/plans.ts';
import { failedWith, Play } from '../../../test/support/play.ts';
import { FAILURE_ACTIONS, type FailureAction, type FailureStrategy } from '../plan.ts';

type Level = 'section' | 'workflow';
const LEVELS: readonly Level[] = ['section', 'workflow'];

const codeOf = (type: FailureType): FailureCode => {
  // Its keys are the codes.
  const codes = Object.keys(FAILURES) as FailureCode[];
  const found = codes.find((code) => FAILURES[code].type === type);
  if (found === undefined) throw new Error(`no failure of type ${type}`);
  return found;
};

const strategy = (action: FailureAction, types: readonly FailureType[] = []): FailureStrategy =>
  action === 'RETRY' ? { ...retryTimes(1), types } : onFailure(action, { types });

/** One step on one host fails each time with that type; then one more step. Its rollback leaves nothing to be asked. */
function played(type: FailureType, section: readonly FailureStrategy[], workflow: readonly FailureStrategy[]): Play {
  const plan = onePhase(
    [sectionPlan('deploy', [stepPlan('a')], { failureStrategies: section }), sectionPlan('after', [stepPlan('b')])],
    {
      run: { failureStrategies: workflow },
      phase: { rollback: [sectionPlan('undo', [stepPlan('undo')], { undoes: 'deploy' })] },
    },
  );
  const play = new Play(plan);
  return play.run((id) => (id.includes('/a@') ? failedWith(codeOf(type)) : { outcome: 'SUCCESS', touched: true }));
}

type Strategies = readonly FailureStrategy[];
/** Those of the section and those of the workflow. */
const at = (level: Level, ...strategies: Strategies): readonly [Strategies, Strategies] =>
  level === 'section' ? [strategies, []] : [[], strategies];

/** `status / step / attempts / rollback`. */
function outcomeOf({ execution }: Play): string {
  const run = execution.runs[0];
  const step = run?.phases[0]?.sections[0]?.steps[0];
  const shown = `${step?.status}${step?.ignored === true ? ' ignored' : ''}`;
  const { scope, provisioners } = run?.rollback ?? {};
  const back = scope === undefined ? 'no rollback' : `${scope} ${provisioners}`;
  return [execution.status, shown, step?.tasks[0]?.attempts.length, back].join(' / ');
}

const DEFAULT = 'FAILED / FAILED / 1 / WORKFLOW BEFORE';
const EXPECTED: Readonly<Record<FailureAction, string>> = {
  RETRY: 'FAILED / FAILED / 2 / WORKFLOW BEFORE',
  IGNORE: 'SUCCESS / FAILED ignored / 1 / no rollback',
  MARK_SUCCESS: 'SUCCESS / SUCCESS / 1 / no rollback',
  MANUAL_INTERVENTION: 'RUNNING / WAITING / 1 / no rollback',
  ROLLBACK_PHASE: 'FAILED / FAILED / 1 / PHASE BEFORE',
  ROLLBACK_WORKFLOW: DEFAULT,
  ROLLBACK_PROVISIONER_AFTER_PHASES: 'FAILED / FAILED / 1 / WORKFLOW AFTER',
  END_EXECUTION: DEFAULT,
  ABORT: 'ABORTED / FAILED / 1 / no rollback',
};

/** What nobody saw the end of is not done twice. */
const expected = (action: FailureAction, type: FailureType): string =>
  action === 'RETRY' && type === 'UNKNOWN' ? DEFAULT : EXPECTED[action];

const other = (type: FailureType): FailureType => (type === 'CONNECTIVITY' ? 'AUTHENTICATION' : 'CONNECTIVITY');

describe.each(LEVELS)('a strategy of the %s', (level) => {
  describe.each(FAILURE_TYPES)('for %s', (type) => {
    it.each(FAILURE_ACTIONS)('%s is done for that type, one of several or any, and for no other', (action) => {
      for (const types of [[type], [other(type), type], []]) {
        expect([types, outcomeOf(played(type, ...at(level, strategy(action, types))))]).toEqual([
          types,
          expected(action, type),
        ]);
      }
      expect(outcomeOf(played(other(type), ...at(level, strategy(action, [type]))))).toBe(DEFAULT);
    });
  });
});

describe('of two strategies that differ', () => {
  const pairs = FAILURE_ACTIONS.flatMap((one) => FAILURE_ACTIONS.map((two) => [one, two] as const));
  /** A retry that is used up hands on to the next one that is none, after one more attempt. */
  const first = (one: FailureAction, two: FailureAction): string => {
    if (one !== 'RETRY') return EXPECTED[one];
    return two === 'RETRY' ? EXPECTED.RETRY : EXPECTED[two].replace(/ 1 /, ' 2 ');
  };

  it.each(pairs)('that of the section hides that of the workflow: %s over %s', (one, two) => {
    expect(outcomeOf(played('TIMEOUT', [strategy(one)], [strategy(two)]))).toBe(first(one, two));
  });

  it.each(LEVELS.flatMap((level) => pairs.map((pair) => [level, ...pair] as const)))(
    'at one level, the %s, the first has its say: %s before %s',
    (level, one, two) => {
      expect(outcomeOf(played('TIMEOUT', ...at(level, strategy(one), strategy(two))))).toBe(first(one, two));
    },
  );

  it('that of the section says nothing of steps and types that it does not name', () => {
    const elsewhere = onFailure('ABORT', { steps: ['b'] });
    expect(outcomeOf(played('TIMEOUT', [elsewhere], [strategy('IGNORE')]))).toBe(EXPECTED.IGNORE);
    expect(outcomeOf(played('TIMEOUT', [strategy('ABORT', ['AGENT'])], [strategy('IGNORE')]))).toBe(EXPECTED.IGNORE);
  });

  it('a retry that is used up is no reason for another one', () => {
    const play = played('TIMEOUT', [retryTimes(1)], [retryTimes(5), onFailure('ABORT')]);
    expect(outcomeOf(play)).toBe('ABORTED / FAILED / 2 / no rollback');
  });
});
