import { expect, test } from 'vitest';
import { AgentWorld } from '../test/support/agent-world.ts';

const A = 'e/run/step@web-1#1';

async function connected(): Promise<AgentWorld> {
  const world = new AgentWorld();
  await world.start();
  return world;
}

test('an offer is answered only when it is in the ledger', async () => {
  const world = await connected();
  world.disk.hold = [];
  let answered = false;
  const answer = world.control.offer(A).then((given) => {
    answered = true;
    return given;
  });
  await world.system.settle();
  expect(answered).toBe(false);
  // The same offer once more, while the first is still on its way to the disk: it must not be promised earlier.
  let again = false;
  const second = world.control.offer(A).then((given) => {
    again = true;
    return given;
  });
  await world.system.settle();
  expect(again).toBe(false);
  world.disk.release();
  expect(await answer).toEqual({ answer: 'accepted' });
  expect(await second).toEqual({ answer: 'known', state: 'ACCEPTED' });
});

test('a repeated offer is answered from the ledger, in every state, and runs nothing twice', async () => {
  const world = await connected();
  await world.control.offer(A);
  await world.system.settle();
  expect(await world.control.offer(A)).toEqual({ answer: 'known', state: 'STARTED' });
  world.platform.end(A);
  await world.system.settle();
  expect(await world.control.offer(A)).toEqual({ answer: 'known', state: 'FINISHED' });
  await world.system.settle();
  // It was acknowledged before: the result comes again because somebody asks as if it had not.
  expect(world.control.reported('finished')).toHaveLength(2);
  await world.kill();
  await world.start();
  expect(await world.control.offer(A)).toEqual({ answer: 'known', state: 'FINISHED' });
  expect(world.ran()).toEqual([]);
});

test.each([
  ['another ledger', { ledgerId: 'l-other' }, /this ledger is/],
  ['another session', { sessionId: 's0' }, /session is not s0/],
])('an offer for %s is refused, and nothing about it is written', async (_name, more, message) => {
  const world = await connected();
  const answer = await world.control.offer(A, more);
  expect(answer).toMatchObject({
    answer: 'refused',
    final: false,
    failure: { message: expect.stringMatching(message) },
  });
  expect(world.state(A)).toBeUndefined();
});

test('a lower epoch of the execution is refused, for offers and cancels, after a restart too', async () => {
  const world = await connected();
  await world.control.offer(A, { epoch: 5 });
  const other = 'e/run/other@web-1#1';
  expect(await world.control.offer(other, { epoch: 4 })).toMatchObject({ answer: 'refused', final: false });
  expect(await world.control.cancel(A, 4)).toMatchObject({ answer: 'refused', final: false });
  expect(await world.control.offer('f/run/x@-#1', { epoch: 1 })).toEqual({ answer: 'accepted' });
  await world.kill();
  await world.start();
  expect(await world.control.offer(other, { epoch: 4 })).toMatchObject({ answer: 'refused', final: false });
  expect(await world.control.offer(other, { epoch: 5 })).toEqual({ answer: 'accepted' });
});

test('a store restored from a backup counts its epochs from an earlier one on, and the agent with it', async () => {
  const world = await connected();
  await world.control.offer(A, { epoch: 5 });
  world.control.incarnation = 'store2';
  world.control.cut();
  await world.system.advance(1_000);
  const [next, last] = ['e/run/next@web-1#1', 'e/run/last@web-1#1'];
  expect(await world.control.offer(next, { epoch: 2 })).toEqual({ answer: 'accepted' });
  expect(await world.control.offer(A, { epoch: 2 })).toEqual({ answer: 'known', state: 'STARTED' });
  await world.kill();
  await world.start({ compactAtBytes: 1 });
  expect(await world.control.offer(last, { epoch: 2 })).toEqual({ answer: 'accepted' });
  await world.kill();
  await world.start();
  expect(await world.control.cancel('e/run/never@web-1#1', 2)).toEqual({ answer: 'tombstoned' });
  expect(await world.control.cancel('e/run/never@web-1#1', 1)).toMatchObject({ answer: 'refused', final: false });
});

test('what was accepted or given back before a restore, and never began, may begin after it', async () => {
  const world = await connected();
  world.control.judge = ({ report }) => (report === 'starting' ? null : { verdict: 'recorded' });
  await world.control.offer(A, { assignment: 3 });
  await world.control.cancel('e/run/b@web-1#1');
  world.control.incarnation = 'store2';
  world.control.cut();
  await world.system.advance(1_000);
  world.control.judge = () => ({ verdict: 'recorded' });
  expect(await world.control.offer(A)).toEqual({ answer: 'accepted' });
  expect(await world.control.offer('e/run/b@web-1#1')).toEqual({ answer: 'accepted' });
  await world.system.settle();
  expect(world.ran()).toEqual([A, 'e/run/b@web-1#1']);
});

test('after a restore it names what it had done before, for a day, and says hello once more at once', async () => {
  const world = await connected();
  await world.control.offer(A);
  await world.system.settle();
  world.platform.end(A);
  await world.system.settle();
  expect(world.agent.ledger.open()).toEqual([]);
  world.control.incarnation = 'store2';
  world.control.cut();
  await world.system.advance(1_000);
  const done = { attemptId: A, assignment: 1, state: 'FINISHED', acknowledged: true };
  const told = () => world.control.hellos.map(({ incarnation, open }) => [incarnation, ...open]);
  expect(told()).toEqual([[null], ['store1'], ['store2', done]]);
  await world.kill();
  await world.start();
  expect(told().at(-1)).toEqual(['store2', done]);
  await world.control.offer('e/run/later@web-1#1', { epoch: 1 });
  await world.system.settle();
  world.platform.end('e/run/later@web-1#1');
  await world.system.advance(86_400_000);
  world.control.cut();
  await world.system.advance(15_000);
  expect(told().at(-1)).toEqual(['store2']);
});

test('asked for an attempt, it says how far that got, and how it ended', async () => {
  const world = await connected();
  const recall = (attemptId: string) =>
    world.control.request({ kind: 'query', query: 'recall', arguments: { attemptId } });
  expect(await recall(A)).toEqual({ answer: 'result', value: null });
  await world.control.offer(A);
  await world.system.settle();
  expect(await recall(A)).toEqual({ answer: 'known', state: 'STARTED' });
  world.platform.end(A);
  await world.system.settle();
  expect(world.control.reported('finished')).toHaveLength(1);
  expect(await recall(A)).toEqual({ answer: 'known', state: 'FINISHED' });
  await world.system.settle();
  const [first, again] = world.control.reported('finished');
  expect(again).toEqual(first);
});

test('a cancel of an attempt never seen leaves a tombstone that outlives the process', async () => {
  const world = await connected();
  expect(await world.control.cancel(A)).toEqual({ answer: 'tombstoned' });
  await world.kill();
  await world.start();
  expect(await world.control.offer(A)).toMatchObject({ answer: 'refused', final: true });
  expect(await world.control.offer(A, { assignment: 2 })).toMatchObject({ answer: 'refused', final: true });
  await world.system.advance(60_000);
  expect(world.ran()).toEqual([]);
});

test('a cancel before the start releases the attempt, also when the permission is already on its way', async () => {
  const world = await connected();
  world.control.judge = () => null;
  await world.control.offer(A);
  await world.system.settle();
  const starting = world.control.reports[0]?.id ?? '';
  expect(await world.control.cancel(A)).toEqual({ answer: 'canceling' });
  world.control.events?.acknowledged(starting, { verdict: 'recorded' });
  await world.system.advance(1_000);
  expect(world.ran()).toEqual([]);
  expect(world.control.reported('released')).toMatchObject([
    { attemptId: A, assignment: 1, failure: { code: 'CANCELED', message: 'aborted by a person' } },
  ]);
  // Not acknowledged yet: said again in the next session, and there until somebody answers.
  world.control.cut();
  await world.system.advance(30_000);
  const again = world.control.reported('released');
  expect(again.length).toBeGreaterThan(1);
  for (const each of again) expect(each).toEqual(again[0]);
});

test('a cancel of a running attempt aborts its signal with the grace', async () => {
  const world = await connected();
  await world.control.offer(A);
  await world.system.settle();
  const [attempt] = world.platform.attempts;
  expect(await world.control.cancel(A)).toEqual({ answer: 'canceling' });
  expect(attempt?.signal.reason).toEqual({ kind: 'cancel', graceMs: 1_000 });
  // A platform that does not end all the same is not waited for for ever.
  await world.system.advance(5_000);
  expect(world.control.reported('finished')).toMatchObject([
    { result: { outcome: 'CANCELED', confirmed: false, touched: true } },
  ]);
});

test('a later assignment makes an earlier one void; an earlier one after it is refused', async () => {
  const world = await connected();
  world.control.judge = (report) =>
    report.report === 'starting' && report.assignment === 2 ? { verdict: 'recorded' } : null;
  await world.control.offer(A);
  expect(await world.control.offer(A, { assignment: 2 })).toEqual({ answer: 'accepted' });
  expect(await world.control.offer(A, { assignment: 1 })).toMatchObject({ answer: 'refused' });
  await world.system.settle();
  const first = world.control.reports[0]?.id ?? '';
  world.control.events?.acknowledged(first, { verdict: 'refused' });
  await world.system.settle();
  expect(world.ran()).toEqual([A]);
});

test('given back while draining, it may come again with a later assignment', async () => {
  const world = await connected();
  await world.control.offer(A);
  await world.system.settle();
  void world.agent.drain();
  await world.system.settle();
  expect(world.control.lastBeat?.draining).toBe(true);
  expect(await world.control.offer('e/run/b@-#1')).toMatchObject({
    answer: 'refused',
    final: true,
    failure: { code: 'UNAVAILABLE', message: 'the agent is draining' },
  });
  await world.kill();
  await world.start();
  expect(await world.control.offer('e/run/b@-#1')).toMatchObject({ answer: 'refused', final: true });
  expect(await world.control.offer('e/run/b@-#1', { assignment: 2 })).toEqual({ answer: 'accepted' });
});

test('an offer that is on its way to the disk when draining begins is given back, and the agent ends', async () => {
  const world = await connected();
  world.disk.hold = [];
  const answer = world.control.offer(A);
  await world.system.settle();
  void world.agent.drain();
  await world.system.settle();
  world.disk.release();
  world.disk.hold = null;
  expect(await answer).toEqual({ answer: 'accepted' });
  await world.system.advance(100);
  expect(world.state(A)).toBe('TOMBSTONE');
  expect(world.control.reported('released')).toMatchObject([{ attemptId: A, failure: { code: 'UNAVAILABLE' } }]);
  expect(world.ended).toEqual({ end: 'stopped' });
  expect(world.ran()).toEqual([]);
});

test('the acknowledgement of an earlier assignment does not settle a later one', async () => {
  const world = await connected();
  world.control.judge = ({ report }) => (report === 'released' ? null : { verdict: 'recorded' });
  const ids = [1, 2, 3].map((n) => `e/run/step@web-${n}#1`);
  for (const id of ids) await world.control.offer(id);
  await world.system.settle();
  const [, , waiting = ''] = ids;
  void world.agent.drain();
  await world.system.settle();
  expect(world.control.reported('released')).toHaveLength(1);
  await world.kill();
  await world.start({ capacity: 1 });
  const said = world.control.reports.findLast(({ report }) => report.report === 'released');
  expect(await world.control.offer(waiting, { assignment: 2 })).toEqual({ answer: 'accepted' });
  world.control.events?.acknowledged(said?.id ?? '', { verdict: 'recorded' });
  await world.system.settle();
  expect(world.agent.ledger.open().map(({ attemptId }) => attemptId)).toContain(waiting);
  expect(world.state(waiting)).toBe('ACCEPTED');
});

test('a step type nobody here can do is refused for good, and says which', async () => {
  const world = await connected();
  expect(await world.control.offer(A, { task: { type: 'kubernetes/apply' } })).toMatchObject({
    answer: 'refused',
    final: true,
    failure: { code: 'UNSUPPORTED', message: expect.stringContaining("'kubernetes/apply'") },
  });
});

test('what cannot be written is not accepted: the offer is refused, and the agent ends when idle', async () => {
  const world = await connected();
  world.disk.failing = true;
  expect(await world.control.offer(A)).toMatchObject({ answer: 'refused', final: false });
  await world.system.advance(1_000);
  expect(world.ran()).toEqual([]);
  expect(world.ended).toMatchObject({ end: 'ledger-lost' });
});

test('a query is answered without a word in the ledger', async () => {
  const world = await connected();
  const appends = world.disk.appends;
  const query = { kind: 'query', query: 'artifactVersions', arguments: { path: '/a' } } as const;
  expect(await world.control.request(query)).toEqual({ answer: 'result', value: { asked: { path: '/a' } } });
  expect(await world.control.request({ ...query, query: 'probe' })).toMatchObject({ answer: 'refused', final: true });
  expect(world.disk.appends).toBe(appends);
});
