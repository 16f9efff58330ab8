/** A message that is too large ends its stream: nothing that happens at an agent may make one, again and again. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeLines } from '@fairlead/agent/ledger-format.ts';
import { failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import { task } from '../../support/agent-fakes.ts';
import { LinkWorld } from './link-world.ts';

const A = 'e/run/step@web-1#1';
const B = 'e/run/step@web-2#1';
const soon = { timeout: 15_000, interval: 20 };
const names = Array.from({ length: 20 }, (_, n) => `v${n}`);
const outputs = Object.fromEntries(names.map((name) => [name, name.padEnd(262_144, 'x')]));
const tooLarge = { outcome: 'FAILED', failure: { code: 'TOO_LARGE' }, touched: true };

let world: LinkWorld;
beforeEach(async () => {
  world = new LinkWorld();
  await world.listen();
});
afterEach(async () => {
  await world.end();
});

/** It takes work, in the session it was in from the first. */
async function takesWork(): Promise<void> {
  const before = world.platform.attempts.length;
  expect(await world.offer(B)).toEqual({ answer: 'accepted' });
  await expect.poll(() => world.platform.attempts.length, soon).toBe(before + 1);
  expect(world.gateway.gone).toEqual([]);
}

test.each<[string, AttemptResult]>([
  ['outputs', { outcome: 'SUCCESS', touched: true, outputs }],
  ['words', { outcome: 'FAILED', touched: true, failure: failure('TOO_LARGE', 'x'.repeat(5_000_000)) }],
  ['notes', { ...tooLarge, failure: failure('TOO_LARGE', 'no'), notes: ['x'.repeat(5_000_000)] } as AttemptResult],
])('an attempt whose %s are more than a message carries ends, and its agent goes on', async (_, result) => {
  await world.startAgent();
  await expect.poll(() => world.gateway.beats.length, soon).toBeGreaterThan(0);
  await world.offer(A);
  await expect.poll(() => world.platform.attempts.length, soon).toBe(1);
  world.platform.end(A, result);
  await expect.poll(() => world.gateway.reported('finished'), soon).toMatchObject([{ result: tooLarge }]);
  await takesWork();
});

test('what an earlier release wrote down at any size is told in a size that can be sent', async () => {
  const offer = { kind: 'offer', attemptId: A, epoch: 1, assignment: 1, ledgerId: 'l1', sessionId: 's0' } as const;
  const result: AttemptResult = { outcome: 'SUCCESS', touched: true, outputs };
  world.disk.bytes = encodeLines([
    { k: 'ledger', id: 'l1', format: 1 },
    { k: 'accepted', offer: { ...offer, task: task(A) }, at: 1 },
    { k: 'started', a: A, at: 2 },
    { k: 'finished', a: A, assignment: 1, epoch: 1, result, at: 3 },
  ]);
  await world.startAgent();
  await expect.poll(() => world.gateway.reported('finished'), soon).toMatchObject([{ result: tooLarge }]);
  await takesWork();
});

test('an agent comes back with more open attempts than a message carries, and every one of them is told', async () => {
  const ids = Array.from({ length: 50_000 }, (_, n) => `${'e'.repeat(60)}/run/step@host-${n}#1`);
  const ended = ids.map(
    (a) =>
      ({ k: 'finished', a, assignment: 1, epoch: 1, result: { outcome: 'SUCCESS', touched: true }, at: 3 }) as const,
  );
  world.disk.bytes = encodeLines([{ k: 'ledger', id: 'l1', format: 1 }, ...ended]);
  await world.startAgent();
  await expect.poll(() => world.gateway.hellos.length, soon).toBe(1);
  expect(world.gateway.hellos[0]?.open).toEqual(
    ids.map((attemptId) => ({ attemptId, assignment: 1, state: 'FINISHED' })),
  );
  // Some of them more than once: heartbeats hurry here.
  const told = (): number => new Set(world.gateway.reported('finished').map(({ attemptId }) => attemptId)).size;
  await expect.poll(told, { timeout: 30_000, interval: 250 }).toBe(ids.length);
  await takesWork();
}, 60_000);

test('a checkpoint that is too large fails its attempt, before anything was sent', async () => {
  await world.startAgent();
  await expect.poll(() => world.gateway.beats.length, soon).toBeGreaterThan(0);
  await world.offer(A);
  await expect.poll(() => world.platform.attempts.length, soon).toBe(1);
  const noted = world.platform.attempts[0]?.checkpoint('before', { text: 'x'.repeat(5_000_000) });
  await expect(noted).rejects.toThrow("the checkpoint 'before' has 5000011 bytes, and may have 1048576");
  expect(world.gateway.reported('checkpoint')).toEqual([]);
  await takesWork();
});

test('an answer of more than a message is told to be too large', async () => {
  world.workshop = { queries: { artifactVersions: () => Promise.resolve('x'.repeat(5_000_000)) } };
  await world.startAgent();
  await expect.poll(() => world.gateway.beats.length, soon).toBeGreaterThan(0);
  const answer = await world.request({ kind: 'query', query: 'artifactVersions', arguments: {} });
  expect(answer).toMatchObject({ answer: 'refused', failure: { code: 'TOO_LARGE' } });
  await takesWork();
});
