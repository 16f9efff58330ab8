import { expect, it } from 'vitest';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import { ATTEMPT, oneStep } from '../../test/support/plans.ts';
import { Play } from '../../test/support/play.ts';
import { LogWriters } from './log-writers.ts';

const chosen = (agentId: string) =>
  ({ input: 'agentChosen', attemptId: ATTEMPT, agentId, ledgerId: 'l', sessionId: 's' }) as const;
const NOBODY = { covers: () => false };
const why = failure('UNAVAILABLE', 'draining');

function world(play: Play) {
  let reads = 0;
  const writers = new LogWriters((id) => {
    reads += 1;
    return Promise.resolve(id === 'x1' ? play.execution : null);
  }, NOBODY);
  const may = async (agentId: string): Promise<boolean> => (await writers.among([ATTEMPT], agentId, 'l9')).has(ATTEMPT);
  return { writers, may, reads: () => reads };
}

it('lets the agent of an attempt, and reads the journal once for it', async () => {
  const play = new Play(oneStep());
  play.give(chosen('a1'));
  const { may, reads } = world(play);
  expect([await may('a1'), await may('a1')]).toEqual([true, true]);
  expect(reads()).toBe(1);
  expect(await may('a2')).toBe(false);
});

it('reads nothing of what started here', async () => {
  const { writers, may, reads } = world(new Play(oneStep()));
  writers.started(ATTEMPT, 'a1');
  expect(await may('a1')).toBe(true);
  expect(reads()).toBe(0);
  writers.left('a1');
  expect(await may('a1')).toBe(false);
});

it('follows an attempt from the agent that gave it back to the next', async () => {
  const play = new Play(oneStep());
  play.give(chosen('a1'));
  const { writers, may } = world(play);
  expect(await may('a1')).toBe(true);
  play.give({ input: 'released', attemptId: ATTEMPT, assignment: 1, agentId: 'a1', failure: why, final: true });
  play.give(chosen('a2'));
  writers.released(ATTEMPT, 'a1');
  expect([await may('a1'), await may('a2')]).toEqual([false, true]);
});

it('lets nobody write to what there is not', async () => {
  const { writers } = world(new Play(oneStep()));
  expect(await writers.among(['x2/run/p/s/t@h#1', 'nonsense', `${ATTEMPT}1`], 'a1', 'l9')).toEqual(new Set());
});

it('remembers the latest of very many, and reads the rest again', async () => {
  const { writers, may, reads } = world(new Play(oneStep()));
  writers.started(ATTEMPT, 'a1');
  for (let n = 0; n < 20_000; n += 1) writers.started(`x2/run/p/s/t@h${n}#1`, 'a1');
  expect(await may('a1')).toBe(false);
  expect(reads()).toBe(1);
});

it('loses no log to a journal that cannot be interpreted, and waits for a store that is away', async () => {
  const failing = (error: Error) => new LogWriters(() => Promise.reject(error), NOBODY).among([ATTEMPT], 'a1', 'l9');
  expect(await failing(new TypeError('a bug'))).toEqual(new Set([ATTEMPT]));
  await expect(failing(new FailureError(why))).rejects.toThrow('draining');
});
