import { afterEach, beforeEach, expect, test } from 'vitest';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import { LinkWorld, SilentProxy } from './link-world.ts';

const A = 'e/run/step@web-1#1';
const soon = { timeout: 15_000, interval: 20 };

let world: LinkWorld;
beforeEach(async () => {
  world = new LinkWorld();
  await world.listen();
});
afterEach(async () => {
  await world.end();
});

async function connected(): Promise<LinkWorld> {
  await world.startAgent();
  await expect.poll(() => world.server?.sessions, soon).toBe(1);
  await expect.poll(() => world.gateway.beats.length, soon).toBeGreaterThan(0);
  return world;
}

test('offered, started with permission, finished, logged: the whole way over the wire', async () => {
  await connected();
  expect(await world.offer(A)).toEqual({ answer: 'accepted' });
  await expect.poll(() => world.platform.attempts.length, soon).toBe(1);
  const [attempt] = world.platform.attempts;
  attempt?.log.info('grüße');
  await attempt?.checkpoint('before', { link: 'v1' });
  world.platform.end(A, { outcome: 'FAILED', failure: failure('COMMAND_FAILED', 'exit 3: ü'), touched: true });
  await expect.poll(() => world.gateway.reported('finished'), soon).toHaveLength(1);
  expect(world.gateway.reports.map(({ report }) => report)).toEqual([
    { report: 'starting', attemptId: A, assignment: 1 },
    { report: 'checkpoint', attemptId: A, name: 'before', data: { link: 'v1' } },
    {
      report: 'finished',
      attemptId: A,
      result: {
        outcome: 'FAILED',
        failure: { code: 'COMMAND_FAILED', message: 'exit 3: ü' },
        touched: true,
        logBytes: Buffer.byteLength('grüße\n'),
      },
    },
  ]);
  await expect.poll(() => world.gateway.stored.get(A), soon).toBe(Buffer.from('grüße\n').toString('latin1'));
});

test('an acknowledgement is sent only after the journal has the report', async () => {
  await connected();
  let record: () => void = () => {};
  world.gateway.judge = () => new Promise((resolve) => (record = () => resolve({ verdict: 'recorded' })));
  await world.offer(A);
  await expect.poll(() => world.gateway.reported('starting'), soon).toHaveLength(1);
  // Several heartbeats pass meanwhile: the session is alive, and still nothing may run.
  const beats = world.gateway.beats.length;
  await expect.poll(() => world.gateway.beats.length, soon).toBeGreaterThan(beats + 3);
  expect(world.platform.attempts).toEqual([]);
  record();
  await expect.poll(() => world.platform.attempts.length, soon).toBe(1);
});

test('a report that could not be recorded ends the session and comes again in the next one', async () => {
  await connected();
  await world.offer(A);
  await expect.poll(() => world.platform.attempts.length, soon).toBe(1);
  let refusals = 0;
  world.gateway.judge = () => {
    refusals += 1;
    if (refusals > 2) return Promise.resolve({ verdict: 'recorded' });
    return Promise.reject(new FailureError(failure('UNAVAILABLE', 'the store is away')));
  };
  world.platform.end(A);
  await expect.poll(() => world.gateway.reported('finished'), soon).toHaveLength(3);
  expect(world.gateway.gone).toHaveLength(2);
  const [attempt] = world.platform.attempts;
  expect(attempt?.resumed).toBe(false);
  expect(world.platform.attempts).toHaveLength(1);
});

test('the server restarts: the agent is back by itself, running work goes on, logs go on where they were stored', async () => {
  await connected();
  await world.offer(A);
  await expect.poll(() => world.platform.attempts.length, soon).toBe(1);
  const [attempt] = world.platform.attempts;
  attempt?.log.info('one');
  await expect.poll(() => world.gateway.stored.get(A), soon).toBe('one\n');
  await world.server?.close();
  attempt?.log.info('two');
  await world.listen();
  await expect.poll(() => world.gateway.stored.get(A), soon).toBe('one\ntwo\n');
  expect(world.gateway.hellos.at(-1)?.open).toEqual([{ attemptId: A, assignment: 1, state: 'STARTED' }]);
  expect(attempt?.signal.aborted).toBe(false);
  world.platform.end(A);
  await expect.poll(() => world.gateway.reported('finished'), soon).toHaveLength(1);
});

test('an acknowledgement that is lost on the way: the report comes again in the next session', async () => {
  const proxy = new SilentProxy(world.server?.port ?? 0);
  const port = await proxy.listen();
  await world.startAgent(`127.0.0.1:${port}`);
  await expect.poll(() => world.gateway.beats.length, soon).toBeGreaterThan(0);
  world.gateway.judge = () => {
    // Recorded, but the answer never arrives.
    proxy.cut();
    world.gateway.judge = () => Promise.resolve({ verdict: 'recorded' });
    return Promise.resolve({ verdict: 'recorded' });
  };
  await world.offer(A);
  await expect.poll(() => world.platform.attempts.length, soon).toBe(1);
  expect(world.gateway.reported('starting')).toHaveLength(2);
  expect(new Set(world.gateway.reports.map(({ sessionId }) => sessionId)).size).toBe(2);
  await proxy.close();
});

test('behind a connection that fell silent both ends notice within the lease, and the agent comes back', async () => {
  world.gateway.welcome = { leaseMs: 1_500 };
  const proxy = new SilentProxy(world.server?.port ?? 0);
  const port = await proxy.listen();
  const { agent } = await world.startAgent(`127.0.0.1:${port}`);
  await expect.poll(() => world.gateway.beats.length, soon).toBeGreaterThan(1);
  proxy.silent = true;
  await expect
    .poll(() => world.gateway.gone, soon)
    .toEqual([{ sessionId: 's1', reason: 'nothing was heard for 1500 ms' }]);
  await expect.poll(() => agent.sessionId, soon).toBeNull();
  proxy.silent = false;
  // What it dialed into the silence is lost; only the next dial arrives.
  proxy.cut();
  await expect.poll(() => agent.sessionId, soon).toBe('s2');
  await expect.poll(() => world.server?.sessions, soon).toBe(1);
  await proxy.close();
});

test('requests go down the stream of the session that is open, and to nobody when none is', async () => {
  await connected();
  const query = { kind: 'query', query: 'artifactVersions', arguments: { path: '/x' } } as const;
  expect(await world.request(query)).toEqual({ answer: 'result', value: { asked: { path: '/x' } } });
  expect(await world.offer(A, { sessionId: 's0' })).toMatchObject({ answer: 'refused', final: false });
  expect(await world.offer(A, { epoch: 5 })).toEqual({ answer: 'accepted' });
  expect(await world.offer('e/run/b@-#1', { epoch: 4 })).toMatchObject({ answer: 'refused', final: false });
  await world.server?.close();
  await expect(world.request(query)).rejects.toMatchObject({ failures: [{ code: 'UNAVAILABLE' }] });
});

test('a wrong credential is turned away for good, before anything it says is heard', async () => {
  const { ended } = await world.startAgent(undefined, 'wrong');
  expect(await ended).toMatchObject({
    end: 'rejected',
    error: { failures: [{ code: 'UNAUTHENTICATED', message: 'agent a1 is not known by this credential' }] },
  });
  expect(world.gateway.hellos).toEqual([]);
});

test('revoked while connected: it leaves for good', async () => {
  const { ended } = await world.startAgent();
  await expect.poll(() => world.gateway.connections.length, soon).toBe(1);
  world.gateway.connections[0]?.revoke('the machine was stolen');
  expect(await ended).toEqual({ end: 'revoked', reason: 'the machine was stolen' });
  expect(world.gateway.gone).toEqual([{ sessionId: 's1', reason: 'revoked: the machine was stolen' }]);
});

test('drained by the control plane: it finishes, reports, and says goodbye', async () => {
  const { ended } = await world.startAgent();
  await expect.poll(() => world.gateway.connections.length, soon).toBe(1);
  await world.offer(A);
  await expect.poll(() => world.platform.attempts.length, soon).toBe(1);
  world.gateway.connections[0]?.drain();
  await expect.poll(() => world.gateway.beats.at(-1)?.draining, soon).toBe(true);
  expect(await world.offer('e/run/b@-#1')).toMatchObject({ answer: 'refused', final: true });
  world.platform.end(A);
  expect(await ended).toEqual({ end: 'stopped' });
  expect(world.gateway.reported('finished')).toHaveLength(1);
  await expect.poll(() => world.gateway.gone, soon).toEqual([{ sessionId: 's1', reason: 'the agent said goodbye' }]);
});

test('a second session of the same agent ends the first', async () => {
  await connected();
  const first = world.gateway.sessionId;
  await world.startAgent();
  await expect.poll(() => world.gateway.gone.map(({ sessionId }) => sessionId), soon).toContain(first);
});

test('a session the application does not know any more is ended, and a new one is opened', async () => {
  await connected();
  world.gateway.knowsSessions = false;
  await expect.poll(() => world.gateway.gone.length, soon).toBeGreaterThan(0);
  world.gateway.knowsSessions = true;
  await expect.poll(() => world.server?.sessions, soon).toBe(1);
});

test('a slow log store slows the logs down and nothing else, and no byte is lost', async () => {
  await connected();
  await world.offer(A);
  await expect.poll(() => world.platform.attempts.length, soon).toBe(1);
  let open: () => void = () => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  world.gateway.storing = () => gate;
  const [attempt] = world.platform.attempts;
  const line = new TextEncoder().encode(`${'x'.repeat(1_023)}\n`);
  for (let n = 0; n < 4_096; n += 1) attempt?.log.output(line, 'stdout');
  await expect.poll(() => world.gateway.logCalls.length, soon).toBe(1);
  world.platform.end(A);
  await expect.poll(() => world.gateway.reported('finished'), soon).toHaveLength(1);
  expect(world.gateway.logCalls).toHaveLength(1);
  open();
  await expect.poll(() => world.gateway.stored.get(A)?.length, soon).toBe(4_096 * 1_024);
});

test.each([
  ['is away for a while', () => new FailureError(failure('UNAVAILABLE', 'the disk of the data directory is full'))],
  ['fails in a way that nobody thought of', () => new TypeError('a bug')],
])('a log store that %s costs no session and no byte: work is taken, and the logs come later', async (_, why) => {
  await connected();
  world.gateway.storing = () => Promise.reject(why());
  await world.offer(A);
  await expect.poll(() => world.platform.attempts.length, soon).toBe(1);
  world.platform.attempts[0]?.log.info('one');
  await expect.poll(() => world.gateway.logCalls.length, soon).toBeGreaterThan(1);
  const later = 'e/run/later@web-1#1';
  expect(await world.offer(later)).toEqual({ answer: 'accepted' });
  await expect.poll(() => world.platform.attempts.length, soon).toBe(2);
  world.platform.attempts[1]?.log.info('other');
  world.platform.attempts[0]?.log.info('two');
  world.platform.end(A);
  world.platform.end(later);
  await expect.poll(() => world.gateway.reported('finished'), soon).toHaveLength(2);
  expect(world.gateway.hellos).toHaveLength(1);
  expect(world.gateway.gone).toEqual([]);
  world.gateway.storing = () => Promise.resolve();
  await expect.poll(() => world.gateway.stored.get(A), soon).toBe('one\ntwo\n');
  await expect.poll(() => world.gateway.stored.get(later), soon).toBe('other\n');
  expect(world.gateway.hellos).toHaveLength(1);
});

test.each(['0.0.0.0', '::', '192.168.1.5', 'example.org'])(
  'it refuses to listen on %s, and says why and what to do',
  async (host) => {
    const other = new LinkWorld();
    const { startAgentServer } = await import('@fairlead/control-plane/api/grpc/server.ts');
    const { realSystem } = await import('@fairlead/agent/adapters/system.ts');
    const starting = startAgentServer(
      { host, port: 0 },
      { gateway: other.gateway, bus: other.bus, system: realSystem, crash: { pass() {} }, logger: console },
    );
    await expect(starting).rejects.toThrow(
      `agents cannot be served on ${host}: their connections are not encrypted yet`,
    );
  },
);
