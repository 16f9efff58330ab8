import { expect, test } from 'vitest';
import { AgentWorld } from '../test/support/agent-world.ts';
import { SUCCESS } from '../test/support/agent-fakes.ts';

const A = 'e/run/step@web-1#1';

test('nothing runs before the control plane has recorded the start; then the ledger has it, then the platform', async () => {
  const world = new AgentWorld();
  world.control.judge = () => null;
  await world.start();
  expect(await world.control.offer(A)).toEqual({ answer: 'accepted' });
  await world.system.settle();
  expect(world.control.reported('starting')).toEqual([{ report: 'starting', attemptId: A, assignment: 1 }]);
  expect(world.state(A)).toBe('ACCEPTED');
  expect(world.ran()).toEqual([]);

  world.disk.hold = [];
  const id = world.control.reports[0]?.id ?? '';
  world.control.events?.acknowledged(id, { verdict: 'recorded' });
  await world.system.settle();
  expect(world.ran()).toEqual([]);
  world.disk.release();
  await world.system.settle();
  expect(world.ran()).toEqual([A]);
});

test('a refused start leaves a tombstone and runs nothing', async () => {
  const world = new AgentWorld();
  world.control.judge = () => ({ verdict: 'refused', reason: 'canceled meanwhile' });
  await world.start();
  await world.control.offer(A);
  await world.system.advance(60_000);
  expect(world.state(A)).toBe('TOMBSTONE');
  expect(world.ran()).toEqual([]);
  expect(await world.control.offer(A)).toMatchObject({ answer: 'refused', final: true });
});

test('an acknowledgement that comes when the lease is over starts nothing; the next session asks again', async () => {
  const world = new AgentWorld();
  world.control.judge = () => null;
  await world.start();
  await world.control.offer(A);
  world.control.answersBeats = false;
  const early = world.control.events;
  const id = world.control.reports[0]?.id ?? '';
  await world.system.advance(9_999);
  expect(world.agent.sessionId).toBe('s1');
  // The last moment of the lease, then one millisecond more.
  await world.system.advance(1);
  early?.acknowledged(id, { verdict: 'recorded' });
  await world.system.settle();
  expect(world.ran()).toEqual([]);
  expect(world.state(A)).toBe('ACCEPTED');

  world.control.answersBeats = true;
  world.control.judge = () => ({ verdict: 'recorded' });
  await world.system.until(() => world.ran().length > 0, 30_000);
  expect(world.control.hellos[1]?.open).toEqual([{ attemptId: A, assignment: 1, state: 'ACCEPTED' }]);
  expect(world.ran()).toEqual([A]);
});

test('the lease counts from the sending of the answered heartbeat, not from its answer', async () => {
  const world = new AgentWorld();
  world.control.answersBeats = false;
  await world.start();
  await world.system.advance(3_000);
  const beat = world.control.lastBeat?.number ?? 0;
  await world.system.advance(5_000);
  world.control.events?.heartbeatAnswered(beat);
  // Sent at 3 s, so it lasts until 13 s and no longer.
  await world.system.advance(4_999);
  expect(world.agent.sessionId).toBe('s1');
  await world.system.advance(1);
  expect(world.agent.sessionId).toBeNull();
});

test('after a crash an accepted attempt asks for its start, a started one is resumed with its records and at once', async () => {
  const world = new AgentWorld();
  const B = 'e/run/step@web-2#1';
  await world.start();
  await world.control.offer(A);
  await world.system.settle();
  await world.platform.attempts[0]?.record('unit 1', { intent: 'copy' });
  await world.platform.attempts[0]?.checkpoint('before', { link: 'v1' });
  world.control.judge = () => null;
  await world.control.offer(B);
  await world.kill();

  world.control.refusal = null;
  const reportsBefore = world.control.reports.length;
  await world.start();
  const [resumed] = world.platform.attempts;
  expect(world.ran()).toEqual([A]);
  expect(resumed?.resumed).toBe(true);
  expect(resumed?.recorded).toEqual([
    { name: 'unit 1', data: { intent: 'copy' } },
    { name: 'before', data: { link: 'v1' } },
  ]);
  expect(world.control.reports.slice(reportsBefore).map(({ report }) => report)).toEqual([
    { report: 'starting', attemptId: B, assignment: 1 },
  ]);
});

test('what was finished but not acknowledged is reported again after every reconnect and restart, and never run again', async () => {
  const world = new AgentWorld();
  await world.start();
  await world.control.offer(A);
  await world.system.settle();
  world.control.judge = () => null;
  world.platform.end(A);
  await world.system.settle();
  world.control.cut();
  await world.system.advance(30_000);
  await world.kill();
  await world.start();
  await world.system.settle();
  const finished = world.control.reports.filter(({ report }) => report.report === 'finished');
  expect(finished.length).toBeGreaterThanOrEqual(3);
  expect(new Set(finished.map(({ id }) => id)).size).toBe(1);
  expect(finished.at(-1)?.report).toEqual({
    report: 'finished',
    attemptId: A,
    result: { ...SUCCESS, logBytes: expect.any(Number) },
  });
  expect(world.ran()).toEqual([]);

  world.control.judge = () => ({ verdict: 'recorded' });
  world.control.cut();
  await world.system.advance(30_000);
  expect(world.agent.ledger.open()).toEqual([]);
  const count = world.control.reports.length;
  world.control.cut();
  await world.system.advance(30_000);
  expect(world.control.reports).toHaveLength(count);
});

test('no more run at once than the capacity; the others follow in order', async () => {
  const world = new AgentWorld();
  await world.start();
  const ids = [1, 2, 3, 4].map((n) => `e/run/step@web-${n}#1`);
  for (const id of ids) await world.control.offer(id);
  await world.system.settle();
  expect(world.ran()).toEqual(ids.slice(0, 2));
  expect(world.agent.load).toEqual({ running: 2, waiting: 2 });
  world.platform.end(ids[1] ?? '');
  await world.system.settle();
  expect(world.ran()).toEqual(ids.slice(0, 3));
});
