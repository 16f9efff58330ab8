import { expect, it } from 'vitest';
import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import { ATTEMPT, oneStep } from '../../test/support/plans.ts';
import { createMemoryData, createMemoryStore } from '../../test/support/memory-store/index.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import type { Input } from '../engine/inputs.ts';
import { ENGINE } from './engine.ts';
import { ExecutionLoop } from './execution-loop.ts';
import { History, NOTHING } from './history.ts';
import { journalCodec } from './journal-codec.ts';
import { Outbound } from './outbound.ts';

const start: Input = { input: 'start', plan: oneStep(), driver: 'r1', epoch: 1 };
const chosen: Input = { input: 'agentChosen', attemptId: ATTEMPT, agentId: 'a1', ledgerId: 'l1', sessionId: 's1' };

const unexpected = (error: unknown): never => {
  throw error;
};

function open(free: boolean) {
  const system = new VirtualSystem();
  const store = createMemoryStore({ data: createMemoryData() });
  const history = new History(store.journal, journalCodec(store.blobs), ENGINE, system.scheduler, NO_CRASH);
  const carriedOut: string[] = [];
  const takenBack: Input[] = [];
  const outbound = new Outbound(
    system.scheduler,
    ({ command }) => {
      carriedOut.push(command);
      return new Promise(() => {});
    },
    unexpected,
  );
  const world = {
    engine: ENGINE,
    history,
    clock: system.clock,
    atHand: {
      answers: () => (free ? [chosen] : []),
      takeBack: (given: readonly Input[]) => void takenBack.push(...given),
    },
    publish: () => {},
    park: () => Promise.reject(new Error('not expected')),
    over: () => {},
  };
  return { loop: new ExecutionLoop('x1', 1, world, outbound, NOTHING), store, history, carriedOut, takenBack };
}

it('assigns in the same append while an agent is free, and only then offers', async () => {
  const { loop, store, carriedOut } = open(true);
  const { events } = await loop.give(start);
  expect(events.map(({ event }) => event)).not.toContain('AttemptAssigned');
  expect(await store.journal.read('x1', 0)).toHaveLength(1);
  expect(carriedOut).toEqual(['offer']);
  loop.stop();
});

it('has the assignment carried out when nobody is free', async () => {
  const { loop, carriedOut } = open(false);
  await loop.give(start);
  expect(carriedOut).toEqual(['assign']);
  loop.stop();
});

it('takes back what it was given when somebody else appended first', async () => {
  const { loop, history, takenBack } = open(true);
  const events = ENGINE.decide(null, start, 1);
  await history.append({ executionId: 'x1', seq: 1, epoch: 1, now: 1 }, [{ input: start, events }]);
  await loop.give(start);
  expect(takenBack).toEqual([chosen]);
  loop.stop();
});

it('answers every letter once, each with what followed from it', async () => {
  const { loop } = open(true);
  const [first, refreshed, second] = await Promise.all([loop.give(start), loop.give('refresh'), loop.give(start)]);
  expect(first.events.length).toBeGreaterThan(0);
  expect([refreshed.events, second.events]).toEqual([[], []]);
  loop.stop();
});
