import { expect, test } from 'vitest';
import { failure } from '@fairlead/proto/model/failure.ts';
import type { Attempt } from '@fairlead/agent/platforms/platform.ts';
import { AgentWorld } from '../test/support/agent-world.ts';
import { countingCrash, SUCCESS } from '../test/support/agent-fakes.ts';

const A = 'e/run/step@web-1#1';

async function started(
  secrets: Readonly<Record<string, string>> = {},
): Promise<{ world: AgentWorld; attempt: Attempt }> {
  const world = new AgentWorld();
  await world.start({ secrets });
  await world.control.offer(A);
  await world.system.settle();
  const [attempt] = world.platform.attempts;
  if (attempt === undefined) throw new Error('nothing runs');
  return { world, attempt };
}

test('the deadline aborts the work; confirmed it is a timeout, unconfirmed nobody knows the outcome', async () => {
  for (const [confirmed, code] of [
    [true, 'STEP_TIMEOUT'],
    [false, 'OUTCOME_UNKNOWN'],
  ] as const) {
    const { world, attempt } = await started();
    await world.system.advance(59_999);
    expect(attempt.signal.aborted).toBe(false);
    await world.system.advance(1);
    expect(attempt.signal.reason).toEqual({ kind: 'timeout', graceMs: 1_000 });
    world.platform.end(A, { outcome: 'CANCELED', failure: failure('CANCELED', 'x'), touched: true, confirmed });
    await world.system.settle();
    expect(world.control.reported('finished')).toMatchObject([
      { result: { outcome: 'FAILED', touched: true, failure: { code } } },
    ]);
  }
});

test('a success that came before the kill stays a success', async () => {
  const { world } = await started();
  await world.control.cancel(A);
  world.platform.end(A);
  await world.system.settle();
  expect(world.control.reported('finished')).toMatchObject([{ result: SUCCESS }]);
});

test('the deadline goes on counting while the agent is away', async () => {
  const { world } = await started();
  await world.system.advance(40_000);
  await world.kill();
  await world.system.advance(15_000);
  await world.start();
  await world.system.advance(4_900);
  expect(world.platform.attempts[0]?.signal.aborted).toBe(false);
  await world.system.advance(200);
  expect(world.platform.attempts[0]?.signal.reason).toMatchObject({ kind: 'timeout' });
});

test('a wall clock that jumps while the agent is away ends nothing, as long as its machine has not started anew', async () => {
  const world = new AgentWorld();
  world.clock = { era: 'boot 1' };
  await world.start();
  await world.control.offer(A);
  await world.system.advance(40_000);
  await world.kill();
  await world.system.advance(10_000);
  for (const jumpMs of [36_000_000, -36_000_000]) {
    world.clock = { era: 'boot 1', now: () => world.system.clock.now() + jumpMs };
    await world.start({ compactAtBytes: 1 });
    await world.system.advance(4_000);
    expect(world.platform.attempts[0]?.signal.aborted).toBe(false);
    await world.kill();
  }
  await world.start();
  await world.system.advance(2_500);
  expect(world.platform.attempts[0]?.signal.reason).toMatchObject({ kind: 'timeout' });
});

test('after a new start of its machine only the wall clock can tell how long it was away', async () => {
  const world = new AgentWorld();
  world.clock = { era: 'boot 1' };
  await world.start();
  await world.control.offer(A);
  await world.system.settle();
  await world.kill();
  world.clock = { era: 'boot 2', now: () => world.system.clock.now() + 36_000_000, monotonic: () => 5 };
  await world.start();
  // Before the platform looks at anything: it is only to be stopped.
  expect(world.platform.attempts[0]?.signal.reason).toMatchObject({ kind: 'timeout' });
});

test('what fails because the agent ends has not failed: the next process takes it up', async () => {
  const { world } = await started();
  world.agent.stop();
  const closed = world.agent.close();
  const lost = failure('CONNECTION_LOST', 'the agent is closing its connections');
  world.platform.end(A, { outcome: 'FAILED', failure: lost, touched: true });
  await closed;
  await world.start();
  expect(world.platform.attempts.map(({ id, resumed }) => ({ id, resumed }))).toEqual([{ id: A, resumed: true }]);
  world.agent.stop();
  const again = world.agent.close();
  world.platform.end(A);
  await again;
  await world.start();
  expect(world.control.reported('finished')).toMatchObject([{ result: SUCCESS }]);
});

test('a bug in a platform is a failed attempt, and the agent lives on', async () => {
  const { world } = await started();
  world.platform.throw(A, new TypeError('undefined is not a function'));
  await world.system.settle();
  expect(world.control.reported('finished')).toMatchObject([
    { result: { outcome: 'FAILED', failure: { code: 'INTERNAL' } } },
  ]);
  await world.control.offer('e/run/step@web-2#1');
  await world.system.settle();
  expect(world.ran()).toHaveLength(2);
});

test('a bug after a restart does not claim that the work failed: nobody knows', async () => {
  const { world } = await started();
  await world.kill();
  await world.start();
  world.platform.throw(A, new TypeError('undefined is not a function'));
  await world.system.settle();
  expect(world.control.reported('finished')).toMatchObject([{ result: { failure: { code: 'OUTCOME_UNKNOWN' } } }]);
});

test('a checkpoint resolves when the control plane recorded it, also in a later session', async () => {
  const { world, attempt } = await started();
  world.control.judge = () => null;
  let passed = false;
  const checkpoint = attempt.checkpoint('before', { link: 'v1' }).then(() => (passed = true));
  await world.system.settle();
  expect(passed).toBe(false);
  world.control.judge = () => ({ verdict: 'recorded' });
  world.control.cut();
  await world.system.advance(15_000);
  await checkpoint;
  const ids = world.control.reports.filter(({ report }) => report.report === 'checkpoint').map(({ id }) => id);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
  expect(world.agent.ledger.entry(A)?.records).toEqual([{ name: 'before', data: { link: 'v1' } }]);
});

test('a refused checkpoint stops the attempt before it goes on', async () => {
  const { world, attempt } = await started();
  world.control.judge = (report) => ({
    verdict: report.report === 'checkpoint' ? 'refused' : 'recorded',
    reason: 'aborted',
  });
  await expect(attempt.checkpoint('before', {})).rejects.toThrow("the checkpoint 'before' was refused: aborted");
  expect(attempt.signal.reason).toEqual({ kind: 'cancel', graceMs: 1_000 });
  expect(world.agent.ledger.entry(A)?.records).toEqual([]);
});

test('a checkpoint that was never acknowledged is not among the records of a resumed attempt', async () => {
  const { world, attempt } = await started();
  world.control.judge = () => null;
  void attempt.checkpoint('before', { link: 'v1' });
  await world.system.settle();
  await world.kill();
  await world.start();
  expect(world.platform.attempts[0]?.recorded).toEqual([]);
});

test('secrets are masked in the log, in outputs, in failures and in checkpoints', async () => {
  const { world, attempt } = await started({ 'env:PASSWORD': 'hunter22' });
  const text = await attempt.text({ parts: ['login with ', { late: 'secret', name: 'env:PASSWORD' }] });
  expect(text).toBe('login with hunter22');
  attempt.log.output(new TextEncoder().encode('so hunt'), 'stdout');
  attempt.log.info('said: hunter22');
  attempt.log.output(new TextEncoder().encode('er22!'), 'stdout');
  await attempt.checkpoint('before', { typed: 'hunter22' });
  world.platform.end(A, {
    outcome: 'FAILED',
    failure: failure('COMMAND_FAILED', 'it said hunter22', { details: { tool: 'hunter22', missing: ['hunter22'] } }),
    outputs: { line: 'x hunter22 y' },
    notes: ['hunter22'],
    touched: true,
  });
  await world.system.advance(100);
  const log = world.control.chunks.map(({ bytes }) => new TextDecoder().decode(bytes)).join('');
  expect(log).toBe('so \nsaid: ********\n********!');
  expect(JSON.stringify(world.control.reports)).not.toContain('hunter22');
  expect(new TextDecoder().decode(world.disk.bytes).split('finished')[1]).not.toContain('hunter22');
});

test('a secret or a value that is not there is a failure that names it', async () => {
  const { attempt } = await started();
  await expect(attempt.secret('env:NOPE')).rejects.toThrow('there is no secret env:NOPE');
  const late = { parts: [{ late: 'instance', path: 'hostName' }] } as const;
  await expect(attempt.text(late)).rejects.toThrow('hostName');
  expect(await attempt.text(late, () => 'web-1')).toBe('web-1');
});

test('every report passes its crash points', async () => {
  const world = new AgentWorld();
  const crash = countingCrash();
  await world.start({ crash });
  await world.control.offer(A);
  await world.system.settle();
  expect(crash.passed.slice(-6)).toEqual([
    'ledger:before',
    'ledger:after',
    'report:before',
    'report:after',
    'ledger:before',
    'ledger:after',
  ]);
});
