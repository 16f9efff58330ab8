import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import { expect, it } from 'vitest';
import { createMemoryStore } from '../../test/support/memory-store/index.ts';
import { hostNamed, simplePlan } from '../../test/support/plans.ts';
import { Play } from '../../test/support/play.ts';
import { realSystem } from '../adapters/system/index.ts';
import { ENGINE } from './engine.ts';
import { History } from './history.ts';
import { journalCodec } from './journal-codec.ts';

/** A journal of one record a decision, and how often its reader let others go first. */
async function longHistory(play: Play) {
  const { journal, blobs } = createMemoryStore();
  const codec = journalCodec(blobs);
  for (const [index, decision] of play.decisions.entries()) {
    const head = { executionId: 'x1', seq: index + 1, epoch: 1, now: decision.events.at(-1)?.at ?? 0 };
    await journal.append(await codec.encode(head, [decision]));
  }
  let pauses = 0;
  const scheduler = {
    ...realSystem.scheduler,
    sleep: () => {
      pauses += 1;
      return Promise.resolve();
    },
  };
  return { history: new History(journal, codec, ENGINE, scheduler, NO_CRASH), pauses: () => pauses };
}

const played = (): Play => {
  const hosts = Array.from({ length: 200 }, (_, index) => hostNamed(`h${index}`));
  return new Play(simplePlan({ phase: { hosts } })).finish();
};

it('a long journal is folded with pauses, to the same', async () => {
  const play = played();
  const { history, pauses } = await longHistory(play);
  const { execution, seq } = await history.load('x1');
  expect(execution).toEqual(play.execution);
  expect(seq).toBe(play.decisions.length);
  expect(pauses()).toBe(Math.floor(play.decisions.length / 100));
  expect(pauses()).toBeGreaterThan(1);
});

it('what was read before is not read again', async () => {
  const play = played();
  const { history, pauses } = await longHistory(play);
  const { execution } = new Play(simplePlan({ phase: { hosts: [] } }));
  const at = { execution, seq: play.decisions.length };
  expect(await history.load('x1', at)).toEqual(at);
  expect(pauses()).toBe(0);
});
