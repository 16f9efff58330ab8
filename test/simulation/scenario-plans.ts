import type {
  FailureStrategy,
  PhasePlan,
  Plan,
  RunPlan,
  SectionPlan,
  StepPlan,
} from '../../control-plane/engine/plan.ts';
import {
  agentStep,
  hostNamed,
  hostNames,
  onFailure,
  phasePlan,
  plan,
  retryTimes,
  rollbackOnAnything,
  runPlan,
  sectionPlan,
  selectStep,
  stepPlan,
} from '../support/plans.ts';
import type { Dice } from './scenario.ts';

/** A basic or rolling workflow over a few hosts that several executions share, small enough to end soon. */
export function planFrom(dice: Dice, executionId: string): Plan {
  const rolling = dice.chance(0.4);
  const hosts = dice.between(1, 6);
  const phases = rolling ? [rollingPhase(dice, hosts)] : basicPhases(dice, hosts);
  const run: RunPlan = runPlan(phases, {
    type: rolling ? 'ROLLING' : 'BASIC',
    failureStrategies: workflowStrategies(dice),
    lock: lockFrom(dice),
    pre: dice.chance(0.15) ? sectionPlan('pre', [agentStep('prepare', times(dice))]) : null,
    post: dice.chance(0.15) ? sectionPlan('post', [agentStep('clean', times(dice))]) : null,
  });
  return plan([run], { executionId });
}

function lockFrom(dice: Dice): RunPlan['lock'] {
  if (dice.chance(0.3)) return null;
  const keys = dice.pick([['k1'], ['k1'], ['k2'], ['k1', 'k2'], ['k2', 'k1']]);
  return { keys, queueLimit: dice.pick([10, 10, 1]), timeoutMs: dice.pick([3_600_000, 3_600_000, 4_000]) };
}

function basicPhases(dice: Dice, hosts: number): readonly PhasePlan[] {
  const percents = dice.pick([[100], [50, 100], [34, 67, 100]]).slice(-Math.min(hosts, 3));
  return percents.map((percent, index) => phaseFrom(dice, `p${index + 1}`, hosts, { percent }, false));
}

const rollingPhase = (dice: Dice, hosts: number): PhasePlan =>
  phaseFrom(dice, 'p1', hosts, { count: dice.between(Math.ceil(hosts / 3), hosts) }, true);

function phaseFrom(
  dice: Dice,
  id: string,
  hosts: number,
  select: { readonly percent: number } | { readonly count: number },
  rolling: boolean,
): PhasePlan {
  const steps = Array.from({ length: dice.between(1, 2) }, (_, index) => hostStep(dice, `install${index + 1}`));
  const sections: SectionPlan[] = [
    sectionPlan('infra', [selectStep(select)]),
    sectionPlan('deploy', steps, { parallel: dice.chance(0.3), failureStrategies: sectionStrategies(dice) }),
  ];
  if (dice.chance(0.5)) sections.push(sectionPlan('verify', [agentStep('check', times(dice))]));
  return phasePlan(id, sections, {
    hosts: hostNames(hosts).map(hostNamed),
    rolling,
    selectors: dice.pick([[], [], ['red'], ['blue']]),
    rollback: [sectionPlan('undo-deploy', [hostStep(dice, 'undo')], { undoes: 'deploy' })],
  });
}

const hostStep = (dice: Dice, id: string): StepPlan => stepPlan(id, { ...times(dice), idempotent: dice.chance(0.2) });

const times = (dice: Dice): Pick<StepPlan, 'timeoutMs' | 'waitMs' | 'cancelGraceMs'> => ({
  timeoutMs: dice.pick([2_000, 5_000, 10_000]),
  waitMs: dice.pick([0, 0, 0, 300, 1_500]),
  cancelGraceMs: 300,
});

function workflowStrategies(dice: Dice): readonly FailureStrategy[] {
  const retry = retryTimes(dice.between(1, 2), dice.between(1, 4) * 200, 1_000);
  return dice.pick([[rollbackOnAnything], [retry, rollbackOnAnything], [retry]]);
}

const sectionStrategies = (dice: Dice): readonly FailureStrategy[] =>
  dice.pick([
    [],
    [],
    [],
    [onFailure('IGNORE')],
    [onFailure('ABORT')],
    [onFailure('ROLLBACK_PHASE')],
    [retryTimes(1, 100)],
  ]);
