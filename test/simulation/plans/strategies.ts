/** Failure strategies with every action there is, on both levels. */
import { FAILURE_ACTIONS, type FailureAction, type FailureStrategy } from '../../../control-plane/engine/plan.ts';
import { INTERVENTIONS } from '../../../control-plane/engine/waiting.ts';
import { onFailure, retryTimes, rollbackOnAnything } from '../../support/plans.ts';
import type { Dice } from '../dice.ts';

const AFTER_TIMEOUT = INTERVENTIONS.filter((action) => action !== 'RETRY');
const OTHERS = FAILURE_ACTIONS.filter((action) => action !== 'RETRY' && action !== 'MANUAL_INTERVENTION');

const retry = (dice: Dice): FailureStrategy =>
  retryTimes(dice.between(1, 2), ...dice.pick([[200], [0, 1_000], [800, 200]]));

const ask = (dice: Dice): FailureStrategy =>
  onFailure('MANUAL_INTERVENTION', {
    manual: { timeoutMs: dice.pick([1_500, 6_000, 15_000]), afterTimeout: dice.pick(AFTER_TIMEOUT) },
  });

const tolerant = (dice: Dice, of: FailureStrategy): FailureStrategy => ({
  ...of,
  tolerate: dice.pick<FailureStrategy['tolerate']>([{ count: 1 }, { percent: 50 }, { percent: 34 }]),
});

const on = (dice: Dice, action: FailureAction): FailureStrategy =>
  onFailure(action, {
    types: dice.pick<FailureStrategy['types']>([[], [], ['CONNECTIVITY'], ['APPLICATION', 'TIMEOUT']]),
  });

/** The last one takes back whatever none before it is for: what a workflow does that says nothing. */
export function workflowStrategies(dice: Dice): readonly FailureStrategy[] {
  const list: FailureStrategy[] = [];
  if (dice.chance(0.6)) list.push(retry(dice));
  if (dice.chance(0.25)) list.push(ask(dice));
  if (dice.chance(0.2)) list.push(on(dice, dice.pick(OTHERS)));
  const last = dice.chance(0.2) ? tolerant(dice, rollbackOnAnything) : rollbackOnAnything;
  return dice.chance(0.9) ? [...list, last] : list;
}

export function sectionStrategies(dice: Dice): readonly FailureStrategy[] {
  if (dice.chance(0.55)) return [];
  const first = dice.pick<(dice: Dice) => FailureStrategy>([retry, ask, (its) => on(its, its.pick(OTHERS))]);
  return dice.chance(0.3) ? [retry(dice), first(dice)] : [first(dice)];
}
