/** Phases over the hosts that all executions of a world share, each with sections that undo it. */
import type { PhasePlan, SectionPlan, StepPlan } from '../../../control-plane/engine/plan.ts';
import { artifact } from '../../../control-plane/definitions/plan-fixture.ts';
import { hostNamed, onFailure, phasePlan, sectionPlan, selectStep, stepPlan } from '../../support/plans.ts';
import type { Dice } from '../dice.ts';
import { holdUps, onAgent, onHosts, section, some } from './steps.ts';

export interface PhaseShape {
  readonly hosts: readonly string[];
  /** Parameters of Select Nodes; null: every host there is. */
  readonly select: StepPlan['parameters'] | null;
  readonly rolling?: boolean;
  readonly groups?: PhasePlan['groups'];
  /** Steps in the middle of it: barriers, mostly. */
  readonly meets?: readonly StepPlan[];
  /** Waits for people and permits. */
  readonly holdUps: number;
  /** Steps of a section, at most. */
  readonly steps: number;
}

export function phaseFrom(dice: Dice, id: string, shape: PhaseShape): PhasePlan {
  const { steps: most, meets = [] } = shape;
  const forward: SectionPlan[] = [
    section(
      dice,
      'deploy',
      some(dice, 3, most, (number) => onHosts(dice, `put${number}`)),
    ),
  ];
  if (meets.length > 0) forward.push(sectionPlan('meet', meets, { failureStrategies: [] }));
  if (dice.chance(0.8)) {
    const checks = some(dice, 3, most, (number) => onAgent(dice, `check${number}`));
    forward.push(section(dice, 'verify', [...checks, ...holdUps(dice, 'v', shape.holdUps)]));
  }
  if (dice.chance(0.3))
    forward.push(
      section(
        dice,
        'wrap',
        some(dice, 1, 2, (number) => onHosts(dice, `wrap${number}`)),
      ),
    );
  const select = shape.select === null ? [] : [sectionPlan('infra', [selectStep(shape.select)])];
  return phasePlan(id, [...select, ...forward], {
    hosts: shape.hosts.map(hostNamed),
    ...(shape.groups === undefined ? {} : { groups: shape.groups }),
    rolling: shape.rolling ?? false,
    selectors: dice.pick([[], [], ['red'], ['blue']]),
    artifact: artifact('web', '2'),
    rollbackArtifact: dice.chance(0.9) ? artifact('web', '1') : null,
    rollback: undoing(dice, forward),
    ...(forward.some(({ id }) => id === 'wrap') ? cleaning : {}),
  });
}

/** What older releases left goes at the end; on a host where it cannot, it stays. */
const cleaning: Partial<PhasePlan> = {
  releases: { good: [], since: 0, before: 1, files: [] },
  cleanUp: sectionPlan('cleanup', [stepPlan('prune', { idempotent: true, deploys: false, timeoutMs: 2_000 })], {
    failureStrategies: [onFailure('IGNORE')],
  }),
};

/** The sections in the opposite order; what only looks and waits has nothing to undo. */
const undoing = (dice: Dice, forward: readonly SectionPlan[]): readonly SectionPlan[] =>
  forward
    .filter(({ id }) => id !== 'meet' && (id !== 'verify' || dice.chance(0.3)))
    .toReversed()
    .map(({ id }) =>
      section(
        dice,
        `undo${id}`,
        some(dice, 1, 2, (number) => ({ ...onHosts(dice, `undo${number}`), skip: null })),
        { undoes: id, skip: null },
      ),
    );
