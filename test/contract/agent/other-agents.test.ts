/** Two enrolled agents at the real door: of an attempt only the one that has it says anything that counts. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GrpcLink } from '@fairlead/agent/adapters/grpc-link.ts';
import { realSystem } from '@fairlead/agent/adapters/system.ts';
import { SILENT } from '@fairlead/agent/ports/logger.ts';
import type { LinkEvents, OpenLink } from '@fairlead/agent/ports/link.ts';
import { LocalBus } from '@fairlead/control-plane/adapters/local/bus.ts';
import { startAgentServer, type AgentServer } from '@fairlead/control-plane/api/grpc/server.ts';
import { findAttempt } from '@fairlead/control-plane/engine/tree.ts';
import type { Acknowledgement, Report } from '@fairlead/proto/model/task.ts';
import { NO_CRASH } from '../../support/agent-fakes.ts';
import { oneReplica } from '../../support/one-replica.ts';
import { ATTEMPT, oneStep } from '../../support/plans.ts';
import { Play, succeeded } from '../../support/play.ts';

const soon = { timeout: 15_000, interval: 20 };
const finished: Report = { report: 'finished', attemptId: ATTEMPT, result: succeeded };

/** One agent's session, by hand. */
class Caller implements LinkEvents {
  readonly answers = new Map<string, Acknowledgement>();
  readonly stored = new Map<string, number>();
  readonly ends: string[] = [];
  acknowledged = (id: string, answer: Acknowledgement): void => void this.answers.set(id, answer);
  logsStored = (attemptId: string, offset: number): void => void this.stored.set(attemptId, offset);
  closed = (reason: string): void => void this.ends.push(reason);
  request = () => Promise.reject(new Error('nothing is asked here'));
  heartbeatAnswered = (): void => {};
  logsWritable = (): void => {};
  logsAnew = (): void => {};
  drain = (): void => {};
  revoked = (): void => {};
}

let server: AgentServer;
let bus: LocalBus;
const closing: (() => Promise<void> | void)[] = [];
let { replica, store, journal } = oneReplica();

beforeEach(async () => {
  ({ replica, store, journal } = oneReplica());
  bus = new LocalBus(realSystem.scheduler);
  const parts = { gateway: replica.gateway, bus, system: realSystem, crash: NO_CRASH, logger: SILENT };
  server = await startAgentServer({ host: '127.0.0.1', port: 0 }, parts);
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await server.close();
  await bus.close();
});

async function enroll(
  name: string,
  ledgerId = `l-${name}`,
): Promise<{ agentId: string; connect(): Promise<[OpenLink, Caller]> }> {
  const token = await replica.registry.createToken(name);
  const secret = `${name} secret`;
  const credentialSha256 = Buffer.from(secret).toString('hex'); // As the digest of this replica has it.
  const { agentId } = await replica.gateway.enroll({ token, name, credentialSha256 });
  const connect = async (): Promise<[OpenLink, Caller]> => {
    const credential = { agentId, secret };
    const address = `127.0.0.1:${server.port}`;
    const link = new GrpcLink({ address, credential, system: realSystem, logger: SILENT });
    const caller = new Caller();
    const open = await link.open(
      {
        ...{ agentId, ledgerId, version: '0', protocol: { min: 1, max: 1 }, incarnation: null },
        ...{ hostname: name, selectors: [], capabilities: [], capacity: 1, open: [] },
      },
      caller,
    );
    closing.push(() => open.close());
    return [open, caller];
  };
  return { agentId, connect };
}

/** Started, and at work there. */
async function startedAt(agentId: string): Promise<void> {
  // The replica's clock is far ahead of the play's.
  const play = new Play(oneStep({ timeoutMs: 10 ** 13 }));
  play.give({ input: 'agentChosen', attemptId: ATTEMPT, agentId, ledgerId: 'l', sessionId: 's' });
  play.give({ input: 'starting', attemptId: ATTEMPT, agentId, assignment: 1 });
  await journal(play);
}

const attempt = async () => {
  const { execution } = await replica.history.load('x1');
  return execution === null ? undefined : findAttempt(execution, ATTEMPT);
};
const chunk = (offset: number, text: string) => ({
  attemptId: ATTEMPT,
  offset,
  bytes: Buffer.from(text),
  gap: 0,
  at: 1,
});
const stored = async () => (await store.logs.lengths([ATTEMPT])).get(ATTEMPT) ?? 0;

test('another agent neither ends an attempt nor notes nor writes anything about it, and its session goes on', async () => {
  const mine = await enroll('mine');
  await startedAt(mine.agentId);
  const [open, other] = await (await enroll('other')).connect();
  open.report('note', { report: 'checkpoint', attemptId: ATTEMPT, name: 'before', data: { link: 'v0' } });
  open.report('end', finished);
  open.logs([chunk(0, 'all is well')]);
  await expect.poll(() => other.answers.size, soon).toBe(2);
  expect(other.answers.get('end')).toEqual({ verdict: 'refused', reason: 'it is not yours to end' });
  expect(other.answers.get('note')).toEqual({ verdict: 'refused', reason: 'it was given to another agent' });
  // As if it was stored, so that it does not come for ever.
  await expect.poll(() => other.stored.get(ATTEMPT), soon).toBe('all is well'.length);
  expect(await attempt()).toMatchObject({ state: 'STARTED', checkpoints: [], result: null });
  expect(await stored()).toBe(0);
  expect(other.ends).toEqual([]);
});

test('its own agent does, in a session that came after its start too, and its last lines may come after the end', async () => {
  const mine = await enroll('mine');
  await startedAt(mine.agentId);
  const [open, caller] = await mine.connect();
  open.logs([chunk(0, 'one\n')]);
  await expect.poll(() => caller.stored.get(ATTEMPT), soon).toBe(4);
  open.report('end', finished);
  await expect.poll(() => caller.answers.get('end'), soon).toEqual({ verdict: 'recorded' });
  expect(await attempt()).toMatchObject({ state: 'ENDED', result: succeeded });
  const [again, later] = await mine.connect();
  again.logs([chunk(4, 'two\n')]);
  await expect.poll(() => later.stored.get(ATTEMPT), soon).toBe(8);
  expect(await stored()).toBe(8);
  again.report('end', finished);
  await expect.poll(() => later.answers.get('end'), soon).toEqual({ verdict: 'recorded' });
});

test('an agent that was enrolled anew over its ledger says how that ended, once nobody comes by its former name', async () => {
  const mine = await enroll('mine', 'l');
  await startedAt(mine.agentId);
  const [before, former] = await mine.connect();
  const [open, caller] = await (await enroll('anew', 'l')).connect();
  // A copy of a directory, and its original is there.
  open.report('copied', finished);
  await expect.poll(() => caller.answers.get('copied'), soon).toMatchObject({ verdict: 'refused' });
  before.goodbye();
  await expect.poll(() => former.ends.length, soon).toBe(1);
  open.report('note', { report: 'checkpoint', attemptId: ATTEMPT, name: 'before', data: { link: 'v0' } });
  await expect.poll(() => caller.answers.get('note'), soon).toEqual({ verdict: 'recorded' });
  open.logs([chunk(0, 'one\n')]);
  await expect.poll(() => caller.stored.get(ATTEMPT), soon).toBe(4);
  expect(await stored()).toBe(4);
  open.report('end', finished);
  await expect.poll(() => caller.answers.get('end'), soon).toEqual({ verdict: 'recorded' });
  expect(await attempt()).toMatchObject({ state: 'ENDED', result: succeeded, agentId: mine.agentId });
});
