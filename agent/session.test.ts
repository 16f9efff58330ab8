import { expect, test } from 'vitest';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import { AgentWorld } from '../test/support/agent-world.ts';

const A = 'e/run/step@web-1#1';

test('a control plane that is away is tried again and again, ever more seldom, and never in step', async () => {
  const times = async (seed: number): Promise<readonly number[]> => {
    const world = new AgentWorld(seed);
    world.control.refusal = new FailureError(failure('UNAVAILABLE', 'connection refused'));
    await world.start();
    const tried: number[] = [];
    while (world.system.elapsed < 120_000) {
      const before = world.control.hellos.length;
      if (!(await world.system.step())) break;
      if (world.control.hellos.length > before) tried.push(world.system.elapsed);
    }
    return tried;
  };
  const one = await times(1);
  const pauses = one.map((at, index) => at - (one[index - 1] ?? 0));
  expect(Math.max(...pauses)).toBeLessThanOrEqual(10_000);
  expect(pauses[0]).toBeLessThanOrEqual(200);
  expect(pauses[1]).toBeLessThanOrEqual(400);
  // Ten seconds at most, five on average: about 24 more tries in two minutes, not hundreds.
  expect(one.length).toBeGreaterThan(12);
  expect(one.length).toBeLessThan(60);
  expect(await times(2)).not.toEqual(one);
});

test.each(['UNAUTHENTICATED', 'FORBIDDEN'] as const)('%s ends it for good', async (code) => {
  const world = new AgentWorld();
  world.control.refusal = new FailureError(failure(code, 'this agent was removed'));
  await world.start();
  await world.system.advance(60_000);
  expect(world.control.hellos).toHaveLength(1);
  expect(world.ended).toMatchObject({ end: 'rejected' });
});

test('revoked: it ends its session for good, while the work goes on', async () => {
  const world = new AgentWorld();
  await world.start();
  await world.control.offer(A);
  await world.system.settle();
  world.control.events?.revoked('the token was stolen');
  await world.system.advance(30_000);
  expect(world.ended).toEqual({ end: 'revoked', reason: 'the token was stolen' });
  expect(world.control.hellos).toHaveLength(1);
  expect(world.platform.attempts[0]?.signal.aborted).toBe(false);
});

test('heartbeats that nobody answers end the session after a lease, and it dials anew', async () => {
  const world = new AgentWorld();
  await world.start();
  await world.system.advance(30_000);
  expect(world.control.hellos).toHaveLength(1);
  world.control.answersBeats = false;
  await world.system.advance(13_000);
  expect(world.control.hellos.length).toBeGreaterThanOrEqual(2);
});

test('a dial that never answers is given up', async () => {
  const world = new AgentWorld();
  const open = world.control.open.bind(world.control);
  let hung = 0;
  world.control.open = (hello, events) => {
    hung += 1;
    return hung === 1 ? new Promise(() => {}) : open(hello, events);
  };
  await world.start();
  await world.system.advance(9_900);
  expect(world.agent.sessionId).toBeNull();
  await world.system.advance(1_000);
  expect(world.agent.sessionId).toBe('s1');
});

test('losing the session leaves running work alone; its end is told in the next one', async () => {
  const world = new AgentWorld();
  await world.start();
  await world.control.offer(A);
  await world.system.settle();
  world.control.refusal = new FailureError(failure('UNAVAILABLE', 'away'));
  world.control.cut();
  await world.system.advance(1_000);
  expect(world.platform.attempts[0]?.signal.aborted).toBe(false);
  world.platform.end(A);
  await world.system.advance(20_000);
  expect(world.control.reported('finished')).toEqual([]);
  world.control.refusal = null;
  await world.system.advance(20_000);
  expect(world.control.reported('finished')).toHaveLength(1);
});

test('drained: what runs is finished and told, what waits is given back, then it says goodbye', async () => {
  const world = new AgentWorld();
  await world.start();
  const ids = [1, 2, 3].map((n) => `e/run/step@web-${n}#1`);
  for (const id of ids) await world.control.offer(id);
  await world.system.settle();
  world.control.events?.drain();
  await world.system.advance(5_000);
  expect(world.control.lastBeat).toMatchObject({ draining: true, running: 2, waiting: 0 });
  expect(world.control.reported('released')).toMatchObject([{ attemptId: ids[2], failure: { code: 'UNAVAILABLE' } }]);
  expect(world.ended).toBeNull();
  world.platform.end(ids[0] ?? '');
  world.platform.end(ids[1] ?? '');
  await world.system.advance(100);
  expect(world.control.reported('finished')).toHaveLength(2);
  expect(world.control.goodbyes).toBe(1);
  expect(world.ended).toEqual({ end: 'stopped' });
});

test('an offer answered after the session is gone changes nothing about the next one', async () => {
  const world = new AgentWorld();
  await world.start();
  const stale = world.control.sessionId;
  world.control.cut();
  await world.system.advance(1_000);
  expect(world.control.sessionId).not.toBe(stale);
  expect(await world.control.offer(A, { sessionId: stale })).toMatchObject({ answer: 'refused', final: false });
});
