/** What one seed stands for: executions, how the hosts behave, and everything that goes wrong and when. Data only. */
import type { Plan } from '../../control-plane/engine/plan.ts';
import { seededRandom } from '../support/virtual-system.ts';
import type { ActionName } from './actions.ts';
import { ambushOf, type Ambush } from './ambush.ts';
import { PIPELINES, WORKFLOWS } from './definitions.ts';
import { Dice } from './dice.ts';
import { FAULT_KINDS, FAULTS, type Fault } from './faults.ts';
import { blocker, leadingTo } from './plans/leading-to.ts';
import { planFrom } from './scenario-plans.ts';
import type { Behavior } from './target-world.ts';

export type Act = { readonly at: number } & (
  | { readonly act: 'start'; readonly plan: Plan }
  /** By its name in the definitions. */
  | {
      readonly act: 'deploy';
      readonly name: string;
      readonly variables: Readonly<Record<string, string>>;
      readonly key: string;
    }
  | { readonly act: 'fault'; readonly fault: Fault }
  | { readonly act: 'person'; readonly does: ActionName; readonly executionId: string }
);

export interface Scenario {
  readonly seed: number;
  readonly acts: readonly Act[];
  readonly ambushes: readonly Ambush[];
  /** From here on nothing goes wrong any more. */
  readonly healAt: number;
  readonly behave: (host: string, work: string) => Behavior;
}

export function scenarioOf(seed: number): Scenario {
  const dice = new Dice(seededRandom(Math.imul(seed, 0x9e3779b1) ^ 0x5eed));
  const healAt = 12_000 + dice.upTo(15_000);
  const acts: Act[] = [];
  const ambushes: Ambush[] = [];
  const plans = Array.from({ length: dice.between(2, 4) }, (_, index): Plan => {
    const plan = planFrom(dice, `x${index + 1}`);
    if (index > 0) return plan;
    const ambush = ambushOf(dice, seed, plan.executionId);
    ambushes.push(ambush);
    return leadingTo(dice, ambush.status, plan);
  });
  if (ambushes.some(({ status }) => status === 'QUEUED')) {
    acts.push({ at: 3_000, act: 'start', plan: blocker('x0') });
  }
  if (dice.chance(0.35)) acts.push(...deploymentsOf(dice));
  acts.push(...plans.flatMap((plan) => actsAbout(dice, plan, healAt)));
  for (const kind of FAULT_KINDS) {
    // Half of the kinds a seed, so that each is also seen without the others.
    const times = dice.chance(kind === 'engine has a bug' ? 0.1 : 0.5) ? dice.between(1, 3) : 0;
    for (let time = 0; time < times; time += 1) {
      const fault = FAULTS[kind](dice, dice.pick(plans).executionId);
      acts.push({ at: 500 + dice.upTo(healAt - 500), act: 'fault', fault });
    }
  }
  const trouble = dice.pick([0, 0.004, 0.025]);
  return { seed, acts, ambushes, healAt, behave: (host, work) => behaviorOf(seed, trouble, host, work) };
}

/** What is defined, asked for once or twice by the same key. */
function deploymentsOf(dice: Dice): readonly Act[] {
  const at = 1_800 + dice.upTo(3_000);
  const name = dice.chance(0.8) ? dice.pick(PIPELINES) : dice.pick(WORKFLOWS);
  const variables = name === 'asking' && dice.chance(0.3) ? { Environment: 'qa', Infrastructure: 'lab' } : NONE;
  const first = { act: 'deploy', at, name, variables, key: 'k1' } as const;
  return dice.chance(0.3) ? [first, { ...first, at: at + dice.pick([0, 1, 700]) }] : [first];
}

const NONE: Readonly<Record<string, string>> = {};

/** Its start, perhaps asked for twice, and what people do to it whatever they see. */
function actsAbout(dice: Dice, plan: Plan, healAt: number): readonly Act[] {
  const at = 1_500 + dice.upTo(3_000);
  const acts: Act[] = [{ at, act: 'start', plan }];
  const { executionId } = plan;
  if (dice.chance(0.3)) acts.push({ at: at + dice.pick([0, 0, 1, 400]), act: 'start', plan });
  if (dice.chance(0.07)) acts.push({ at: at + dice.upTo(healAt), act: 'person', does: 'abort', executionId });
  if (dice.chance(0.1)) acts.push({ at: at + dice.upTo(healAt), act: 'person', does: 'roll back', executionId });
  if (dice.chance(0.2)) acts.push({ at: at + 500 + dice.upTo(4_000), act: 'person', does: 'pause', executionId });
  return acts;
}

/** Depends on nothing but the seed and the name, so that it is the same however often and by whomever it is asked. */
function behaviorOf(seed: number, trouble: number, host: string, work: string): Behavior {
  const dice = new Dice(seededRandom(seed ^ hashOf(`${host} ${work}`)));
  const runsMs = dice.pick([
    20 + dice.upTo(200),
    20 + dice.upTo(200),
    20 + dice.upTo(200),
    200 + dice.upTo(1_500),
    dice.chance(0.1) ? 2_000 + dice.upTo(12_000) : 100,
  ]);
  return { runsMs, fails: dice.chance(trouble), unreachable: dice.chance(trouble / 2) };
}

function hashOf(text: string): number {
  let hash = 7;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash, 31) + text.charCodeAt(at);
  return hash;
}
