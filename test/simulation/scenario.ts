/** What one seed stands for: executions, how the hosts behave, and everything that goes wrong and when. Data only. */
import type { Random } from '@fairlead/proto/model/system.ts';
import type { Plan } from '../../control-plane/engine/plan.ts';
import { seededRandom } from '../support/virtual-system.ts';
import { BUS } from './network.ts';
import type { NetworkFaults } from './network.ts';
import type { StoreFaults } from './replica-process.ts';
import { planFrom } from './scenario-plans.ts';
import type { Behavior } from './target-world.ts';

export const REPLICAS = ['r1', 'r2'] as const;
export const AGENTS = ['one', 'two', 'three'] as const;
export const SELECTORS: Readonly<Record<(typeof AGENTS)[number], readonly string[]>> = {
  one: ['red'],
  two: ['red', 'blue'],
  three: ['blue'],
};

export type Act = { readonly at: number } & (
  | { readonly act: 'start'; readonly plan: Plan }
  /** Dies at its n-th await on its store or disk from now on; started again some time later. */
  | { readonly act: 'crash'; readonly process: string; readonly awaits: number; readonly forMs: number }
  | { readonly act: 'kill'; readonly process: string; readonly forMs: number }
  | { readonly act: 'wipe'; readonly process: string; readonly forMs: number }
  | { readonly act: 'cut'; readonly a: string; readonly b: string; readonly forMs: number }
  | { readonly act: 'network'; readonly faults: NetworkFaults; readonly forMs: number }
  | { readonly act: 'store'; readonly process: string; readonly faults: StoreFaults; readonly forMs: number }
  | { readonly act: 'jump'; readonly process: string; readonly byMs: number }
  | { readonly act: 'drain'; readonly process: string }
  | { readonly act: 'abort' | 'rollback'; readonly executionId: string }
);

export interface Scenario {
  readonly seed: number;
  readonly acts: readonly Act[];
  /** From here on nothing goes wrong any more. */
  readonly healAt: number;
  readonly behave: (host: string, work: string) => Behavior;
}

export function scenarioOf(seed: number): Scenario {
  const dice = new Dice(seededRandom(Math.imul(seed, 0x9e3779b1) ^ 0x5eed));
  const healAt = 3_000 + dice.upTo(15_000);
  const plans = Array.from({ length: dice.between(1, 4) }, (_, index) => planFrom(dice, `x${index + 1}`));
  const acts: Act[] = plans.flatMap((plan) => actsAbout(dice, plan, healAt));
  for (const kind of FAULTS) {
    // Half of the kinds a seed, so that each is also seen without the others.
    const times = dice.chance(0.5) ? dice.between(1, 3) : 0;
    for (let time = 0; time < times; time += 1) acts.push(kind(dice, 500 + dice.upTo(healAt - 500)));
  }
  const trouble = dice.pick([0, 0.05, 0.15]);
  return { seed, acts, healAt, behave: (host, work) => behaviorOf(seed, trouble, host, work) };
}

/** Its start, perhaps asked for twice, and what people do to it. */
function actsAbout(dice: Dice, plan: Plan, healAt: number): readonly Act[] {
  const at = 1_500 + dice.upTo(3_000);
  const acts: Act[] = [{ at, act: 'start', plan }];
  const { executionId } = plan;
  if (dice.chance(0.3)) acts.push({ at: at + dice.pick([0, 0, 1, 400]), act: 'start', plan });
  if (dice.chance(0.25)) acts.push({ at: at + dice.upTo(healAt), act: 'abort', executionId });
  if (dice.chance(0.2)) acts.push({ at: at + dice.upTo(healAt), act: 'rollback', executionId });
  return acts;
}

type Fault = (dice: Dice, at: number) => Act;

const FAULTS: readonly Fault[] = [
  (dice, at) => ({ at, act: 'crash', process: dice.pick(REPLICAS), awaits: dice.between(1, 60), forMs: outage(dice) }),
  (dice, at) => ({ at, act: 'crash', process: dice.pick(AGENTS), awaits: dice.between(1, 8), forMs: outage(dice) }),
  (dice, at) => ({ at, act: 'kill', process: dice.pick([...REPLICAS, ...AGENTS]), forMs: outage(dice) }),
  (dice, at) => ({ at, act: 'wipe', process: dice.pick(AGENTS), forMs: outage(dice) }),
  (dice, at) => ({ at, act: 'cut', a: dice.pick(AGENTS), b: dice.pick([...REPLICAS, BUS]), forMs: outage(dice) }),
  (dice, at) => ({ at, act: 'cut', a: dice.pick(REPLICAS), b: dice.pick(['r1', 'r2', BUS]), forMs: outage(dice) }),
  (dice, at) => ({
    at,
    act: 'network',
    faults: {
      loss: dice.pick([0, 0.05, 0.3]),
      duplication: dice.pick([0, 0.1, 0.4]),
      late: dice.pick([0, 0.2, 0.6]),
      // Longer than a takeover takes, so that an old driver's word comes after the new one's.
      lateMs: dice.pick([50, 600, 9_000]),
    },
    forMs: 2_000 + outage(dice),
  }),
  (dice, at) => ({
    at,
    act: 'store',
    process: dice.pick(REPLICAS),
    faults: { refused: dice.pick([0.02, 0.1, 0.5, 1]), answerLost: dice.pick([0.02, 0.1, 0.5]) },
    forMs: outage(dice),
  }),
  (dice, at) => ({
    at,
    act: 'jump',
    process: dice.pick([...REPLICAS, ...AGENTS]),
    byMs: dice.pick([-8_000, -900, 900, 8_000]),
  }),
  (dice, at) => ({ at, act: 'drain', process: dice.pick(AGENTS) }),
];

/** Shorter than a lease, about as long, or longer than anybody waits. */
const outage = (dice: Dice): number => dice.pick([50, 400, 1_500, 4_000, 9_000]) * (0.5 + dice.fraction());

/** Depends on nothing but the seed and the name, so that it is the same however often and by whomever it is asked. */
function behaviorOf(seed: number, trouble: number, host: string, work: string): Behavior {
  const dice = new Dice(seededRandom(seed ^ hashOf(`${host} ${work}`)));
  const runsMs = dice.pick([
    20 + dice.upTo(200),
    20 + dice.upTo(200),
    200 + dice.upTo(1_500),
    dice.chance(0.2) ? 2_000 + dice.upTo(12_000) : 100,
  ]);
  return { runsMs, fails: dice.chance(trouble), unreachable: dice.chance(trouble / 2) };
}

function hashOf(text: string): number {
  let hash = 7;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash, 31) + text.charCodeAt(at);
  return hash;
}

export class Dice {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  fraction(): number {
    return this.#random.fraction();
  }

  chance(of: number): boolean {
    return this.fraction() < of;
  }

  upTo(most: number): number {
    return Math.floor(this.fraction() * most);
  }

  /** Both included. */
  between(least: number, most: number): number {
    return least + this.upTo(most - least + 1);
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.upTo(from.length)];
    if (picked === undefined) throw new Error('nothing to pick from');
    return picked;
  }
}
