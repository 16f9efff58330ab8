/** Everything that can go wrong, as data: what it hits and for how long. */
import type { Dice } from './dice.ts';
import { BUS, type NetworkFaults } from './network.ts';
import type { StoreFaults } from './replica-process.ts';

export const REPLICAS = ['r1', 'r2'] as const;
export const AGENTS = ['one', 'two', 'three'] as const;
export const SELECTORS: Readonly<Record<(typeof AGENTS)[number], readonly string[]>> = {
  one: ['red'],
  two: ['red', 'blue'],
  three: ['blue'],
};

export type Fault = { readonly forMs: number } &
  /** Dies at its n-th await on its store or disk from now on; started again when it is over. */
  (
    | { readonly fault: 'control plane crashes' | 'agent crashes'; readonly process: string; readonly awaits: number }
    | { readonly fault: 'process is killed' | 'ledger is lost' | 'agent drains'; readonly process: string }
    | { readonly fault: 'agent is cut off' | 'control plane is cut off'; readonly a: string; readonly b: string }
    | { readonly fault: 'messages get lost, doubled and late'; readonly faults: NetworkFaults }
    | { readonly fault: 'store refuses and loses answers'; readonly process: string; readonly faults: StoreFaults }
    | { readonly fault: 'clock jumps'; readonly process: string; readonly byMs: number }
    /** Interpreting the execution throws, until it is over. */
    | { readonly fault: 'engine has a bug'; readonly executionId: string }
  );
export type FaultKind = Fault['fault'];

/** Shorter than a lease, about as long, or longer than anybody waits. */
const outage = (dice: Dice): number => dice.pick([50, 400, 1_500, 4_000, 9_000]) * (0.5 + dice.fraction());

/** How each is drawn; `executionId` is the one that a fault of a single execution hits. */
export const FAULTS: Readonly<Record<FaultKind, (dice: Dice, executionId: string) => Fault>> = {
  'control plane crashes': (dice) => ({
    fault: 'control plane crashes',
    process: dice.pick(REPLICAS),
    awaits: dice.between(1, 60),
    forMs: outage(dice),
  }),
  'agent crashes': (dice) => ({
    fault: 'agent crashes',
    process: dice.pick(AGENTS),
    awaits: dice.between(1, 8),
    forMs: outage(dice),
  }),
  'process is killed': (dice) => ({
    fault: 'process is killed',
    process: dice.pick([...REPLICAS, ...AGENTS]),
    forMs: outage(dice),
  }),
  'ledger is lost': (dice) => ({ fault: 'ledger is lost', process: dice.pick(AGENTS), forMs: outage(dice) }),
  'agent drains': (dice) => ({ fault: 'agent drains', process: dice.pick(AGENTS), forMs: 1_000 }),
  'agent is cut off': (dice) => ({
    fault: 'agent is cut off',
    a: dice.pick(AGENTS),
    b: dice.pick([...REPLICAS, BUS]),
    forMs: outage(dice),
  }),
  'control plane is cut off': (dice) => {
    const [a, b] = dice.pick([
      ['r1', 'r2'],
      ['r1', BUS],
      ['r2', BUS],
    ] as const);
    return { fault: 'control plane is cut off', a, b, forMs: outage(dice) };
  },
  'messages get lost, doubled and late': (dice) => ({
    fault: 'messages get lost, doubled and late',
    faults: {
      loss: dice.pick([0, 0.05, 0.3]),
      duplication: dice.pick([0, 0.1, 0.4]),
      late: dice.pick([0, 0.2, 0.6]),
      // Longer than a takeover takes, so that an old driver's word comes after the new one's.
      lateMs: dice.pick([50, 600, 9_000]),
    },
    forMs: 2_000 + outage(dice),
  }),
  'store refuses and loses answers': (dice) => ({
    fault: 'store refuses and loses answers',
    process: dice.pick(REPLICAS),
    faults: { refused: dice.pick([0.02, 0.1, 0.5, 1]), answerLost: dice.pick([0.02, 0.1, 0.5]) },
    forMs: outage(dice),
  }),
  'clock jumps': (dice) => ({
    fault: 'clock jumps',
    process: dice.pick([...REPLICAS, ...AGENTS]),
    byMs: dice.pick([-8_000, -900, 900, 8_000]),
    forMs: 3_000,
  }),
  'engine has a bug': (dice, executionId) => ({
    fault: 'engine has a bug',
    executionId,
    forMs: dice.pick([300, 2_000, 6_000]),
  }),
};
export const FAULT_KINDS = Object.keys(FAULTS) as readonly FaultKind[]; // Its own keys.
