/** Steps of every kind, small: what they wait for ends within seconds, so that much happens in little virtual time. */
import type { SectionPlan, StepPlan } from '../../../control-plane/engine/plan.ts';
import { agentStep, sectionPlan, stepPlan } from '../../support/plans.ts';
import type { Dice } from '../dice.ts';
import { sectionStrategies } from './strategies.ts';

/** What every plan of `test/support/plans.ts` says of its environment, and what none does. */
export const HOLDS = '${env.name} == "prod"';
const HOLDS_NOT = '${env.name} == "qa"';
/** Fails the step: it cannot be told. */
export const NOBODY_KNOWS = '${workflow.variables.nothing} == "1"';

export const skipFrom = (dice: Dice): string | null =>
  dice.chance(0.8)
    ? null
    : dice.pick([HOLDS, HOLDS, HOLDS, HOLDS_NOT, HOLDS_NOT, dice.chance(0.03) ? NOBODY_KNOWS : HOLDS]);

const times = (dice: Dice): Pick<StepPlan, 'timeoutMs' | 'waitMs' | 'cancelGraceMs' | 'skip' | 'withPrevious'> => ({
  timeoutMs: dice.pick([2_000, 5_000, 10_000]),
  waitMs: dice.pick([0, 0, 0, 0, 0, 300, 1_500]),
  cancelGraceMs: 300,
  skip: skipFrom(dice),
  withPrevious: dice.chance(0.3),
});

export const onHosts = (dice: Dice, id: string): StepPlan =>
  stepPlan(id, { ...times(dice), idempotent: dice.chance(0.2) });

export const onAgent = (dice: Dice, id: string): StepPlan => agentStep(id, times(dice));

const decided = (dice: Dice, id: string, type: string, parameters: StepPlan['parameters']): StepPlan =>
  stepPlan(id, {
    type,
    parameters,
    runs: 'decided',
    idempotent: true,
    deploys: false,
    cancelGraceMs: 0,
    timeoutMs: dice.pick([2_000, 8_000, 20_000, 20_000]),
    skip: dice.chance(0.1) ? HOLDS : null,
  });

export const approval = (dice: Dice, id: string): StepPlan =>
  decided(dice, id, 'APPROVAL', {
    groups: dice.pick([[], ['release']]),
    inputs: dice.pick<Readonly<Record<string, string>>>([{}, { note: 'none' }]),
    autoReject: dice.chance(0.2),
  });

export const barrier = (dice: Dice, id: string, identifier: string): StepPlan =>
  decided(dice, id, 'BARRIER', { identifier });

/** Shared by every execution of the world. */
const GUARDS = [
  { id: 'g1', capacity: 1, strategy: 'FIFO' },
  { id: 'g2', capacity: 2, strategy: 'FIFO' },
  { id: 'g3', capacity: 3, strategy: 'ASAP' },
] as const;

export function guard(dice: Dice, id: string): StepPlan {
  const of = dice.pick(GUARDS);
  return decided(dice, id, 'RESOURCE_CONSTRAINT', {
    constraint: of.id,
    guard: of,
    permits: dice.between(1, of.capacity),
    unit: '',
    scope: dice.pick(['PHASE', 'WORKFLOW', 'WORKFLOW', 'PIPELINE']),
  });
}

/** Something that people, peers or permits hold up; mostly nothing. */
export function holdUps(dice: Dice, prefix: string, often: number): readonly StepPlan[] {
  const steps: StepPlan[] = [];
  if (dice.chance(often)) steps.push(approval(dice, `${prefix}ok`));
  if (dice.chance(often)) steps.push(guard(dice, `${prefix}guard`));
  return steps;
}

export const section = (
  dice: Dice,
  id: string,
  steps: readonly StepPlan[],
  more: Partial<SectionPlan> = {},
): SectionPlan =>
  sectionPlan(id, steps, {
    parallel: dice.chance(0.3),
    skip: dice.chance(0.08) ? HOLDS : null,
    waitMs: dice.pick([0, 0, 0, 0, 400]),
    failureStrategies: sectionStrategies(dice),
    ...more,
  });

export const some = (
  dice: Dice,
  least: number,
  most: number,
  make: (number: number) => StepPlan,
): readonly StepPlan[] => Array.from({ length: dice.between(least, most) }, (_, index) => make(index + 1));
