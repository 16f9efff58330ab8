import { expect, it } from 'vitest';
import { oneReplica } from '../../test/support/one-replica.ts';
import { simplePlan } from '../../test/support/plans.ts';
import { Play } from '../../test/support/play.ts';
import { openAttempts } from '../engine/open-attempts.ts';
import type { Actor } from './authorize.ts';

const ada: Actor = { id: 'key:ada', name: 'ada', kind: 'KEY', rights: ['read'] };

async function world() {
  const { store, useCases, journal } = oneReplica();
  const play = new Play(simplePlan()).run(() => null);
  await journal(play);
  const [attempt] = play.execution.runs.flatMap(openAttempts);
  if (attempt === undefined) throw new Error('no attempt');
  return { useCases, store, attemptId: attempt.id };
}

it('gives what there is of the log of an attempt that has written nothing yet', async () => {
  const { useCases, store, attemptId } = await world();
  expect(await useCases.readLog(ada, attemptId, 0)).toEqual([]);
  await store.logs.append([{ attemptId, offset: 0, bytes: Buffer.from('hello'), gap: 0, at: 1 }]);
  expect(await useCases.readLog(ada, attemptId, 0)).toHaveLength(1);
});

it.each(['x9/run', 'x1', 'x1/run/p1.0/nothing@h1#1'])('refuses the log of %s, which there is not', async (id) => {
  const { useCases } = await world();
  const refused = { failures: [{ code: 'NOT_FOUND' }] };
  await expect(useCases.readLog(ada, id, 0)).rejects.toMatchObject(refused);
  await expect(useCases.awaitLog(ada, id)).rejects.toMatchObject(refused);
});
