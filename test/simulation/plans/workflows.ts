/** One run of a workflow of every type. */
import type { PhasePlan, RunPlan, SectionPlan, StepPlan } from '../../../control-plane/engine/plan.ts';
import { hostNames, runPlan, sectionPlan } from '../../support/plans.ts';
import type { Dice } from '../dice.ts';
import { phaseFrom, type PhaseShape } from './phases.ts';
import { holdUps, onAgent, section, some } from './steps.ts';
import { workflowStrategies } from './strategies.ts';

const TYPES = ['BASIC', 'ROLLING', 'CANARY', 'CANARY', 'BLUE_GREEN', 'MULTI_SERVICE', 'BUILD'] as const;
type Type = (typeof TYPES)[number];

export interface RunShape {
  /** Steps of a section, at most. */
  readonly steps: number;
  /** How often it waits for people and permits. */
  readonly holdUps: number;
  /** Barriers that it comes to, in this order. */
  readonly meets?: readonly StepPlan[];
  readonly locks: number;
}

export function workflowRun(dice: Dice, id: string, shape: RunShape): RunPlan {
  const type = dice.pick(TYPES);
  const pre = dice.perhaps(0.3, () => preOf(dice, shape));
  return runPlan(phasesOf(dice, type, shape), {
    id,
    type,
    failureStrategies: workflowStrategies(dice),
    lock: type === 'BUILD' ? null : lockFrom(dice, shape.locks),
    ...pre,
    post: dice.perhaps(0.25, () =>
      section(
        dice,
        'post',
        some(dice, 1, 2, (number) => onAgent(dice, `clean${number}`)),
      ),
    ),
  });
}

/** What it provisions is taken back under the ids of the steps that did. */
function preOf(dice: Dice, shape: RunShape): Pick<RunPlan, 'pre' | 'undoPre'> {
  const steps = some(dice, 1, 2, (number) => onAgent(dice, `make${number}`));
  const undo = steps.map(({ id }) => ({ ...onAgent(dice, id), skip: null, withPrevious: false }));
  return {
    pre: section(dice, 'pre', [...steps, ...holdUps(dice, 'p', shape.holdUps)]),
    undoPre: dice.perhaps(0.6, () => sectionPlan('pre', undo)),
  };
}

export function lockFrom(dice: Dice, often: number): RunPlan['lock'] {
  if (!dice.chance(often)) return null;
  const keys = dice.pick([['k1'], ['k1'], ['k2'], ['k1', 'k2'], ['k2', 'k1']]);
  return { keys, queueLimit: dice.pick([10, 10, 1]), timeoutMs: dice.pick([3_600_000, 3_600_000, 4_000]) };
}

function phasesOf(dice: Dice, type: Type, { steps, holdUps: often, meets = [] }: RunShape): readonly PhasePlan[] {
  const hosts = hostNames(dice.pick([1, 1, 2, 2, 3]));
  const half = Math.ceil(hosts.length / 2);
  const shapes: Readonly<Record<Type, () => readonly Omit<PhaseShape, 'steps' | 'holdUps'>[]>> = {
    BASIC: () => [{ hosts, select: { percent: 100 } }],
    ROLLING: () => [{ hosts, select: { count: dice.between(1, hosts.length) }, rolling: true }],
    CANARY: () =>
      dice
        .pick([
          [34, 100],
          [50, 100],
          [34, 67, 100],
        ])
        .map((percent) => ({ hosts, select: { percent } })),
    BLUE_GREEN: () => [
      {
        hosts,
        groups: { blue: hosts.slice(0, half), green: hosts.slice(-half) },
        select: { group: dice.pick(['blue', 'green']) },
      },
    ],
    MULTI_SERVICE: () => [
      { hosts, select: { percent: 100 } },
      { hosts: hostNames(4).slice(-2), select: dice.pick([null, { count: 1 }]) },
    ],
    BUILD: () => [{ hosts: [], select: null }],
  };
  const all = shapes[type]();
  // One phase alone does as much as others do in two.
  const more = all.length === 1 ? steps : 0;
  return all.map((shape, index): PhasePlan => {
    const its = { ...shape, steps: steps + more, holdUps: often, meets: index === all.length - 1 ? meets : [] };
    const phase = phaseFrom(dice, `p${index + 1}`, its);
    return type === 'BUILD' ? { ...phase, sections: phase.sections.map(onlyOnAgent), rollback: [] } : phase;
  });
}

const onlyOnAgent = (of: SectionPlan): SectionPlan => ({
  ...of,
  steps: of.steps.map((step): StepPlan => (step.runs === 'hosts' ? { ...step, runs: 'agent', deploys: false } : step)),
});
