import { failure } from '@fairlead/proto/model/failure.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import { subjects } from '@fairlead/proto/subjects.ts';
import { expect, it } from 'vitest';
import { oneReplica } from '../../test/support/one-replica.ts';
import { agentStep, phasePlan, plan, runPlan, sectionPlan } from '../../test/support/plans.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import { waitOfRun } from './run-waiting.ts';

const FULL = failure('ILLEGAL_STATE', 'the agent cannot write its ledger: no space left on device');
const REFUSED = { answer: 'refused', final: false, failure: FULL };
const ACCEPTED = { answer: 'accepted' };

/** One execution with one task, and agents that answer each offer as the test says. */
async function world(answers: Readonly<Record<string, () => object>>) {
  const world = new VirtualSystem(1);
  const { replica, bus } = oneReplica({ world });
  await replica.start();
  const offers: string[] = [];
  const beat = (agentId: string): void =>
    replica.agents.seen({
      ...{ agentId, name: agentId, sessionId: `session of ${agentId}`, ledgerId: `ledger of ${agentId}` },
      hello: { hostname: 'h', version: '1', selectors: [], capabilities: ['SHELL_SCRIPT'], capacity: 1 },
      ...{ replica: replica.id, draining: false, running: 0, waiting: 0, lastHeartbeatAt: world.clock.now() },
    });
  for (const [agentId, answer] of Object.entries(answers)) {
    beat(agentId);
    bus.serve(subjects.agent(agentId), (offer) => {
      offers.push(`${agentId} ${String(offer['assignment'])}`);
      // Otherwise time would never pass where it is asked as fast as it refuses.
      if (offers.length > 500) return new Promise<never>(() => {});
      return Promise.resolve(answer() as JsonObject); // Plain data.
    });
  }
  const phase = phasePlan('p1', [sectionPlan('verify', [agentStep('check')])]);
  await replica.drivers.start(plan([runPlan([phase])]));
  const journal = () => replica.drivers.loop('x1')?.at.seq ?? 0;
  const waitsFor = () => {
    const execution = replica.drivers.loop('x1')?.at.execution;
    const run = execution?.runs[0];
    return execution == null || run === undefined ? null : (waitOfRun(execution, run)?.text ?? null);
  };
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      await world.advance(1_000);
      Object.keys(answers).forEach(beat);
    }
  };
  const ended = async () => {
    const loading = replica.history.load('x1');
    await world.advance(1_000);
    return (await loading).execution;
  };
  return { pass, offers, journal, waitsFor, ended };
}

it('asks the only one there is again and again, but more and more slowly, and says why it waits', async () => {
  const { pass, offers, journal, waitsFor } = await world({ a1: () => REFUSED });
  await pass(60);
  expect(offers.length).toBeGreaterThan(8);
  expect(offers.length).toBeLessThan(15);
  expect(journal()).toBeLessThan(50);
  expect(waitsFor()).toBe(
    'waiting for an agent: no agent may do SHELL_SCRIPT: a1: refuses it and is asked again soon: ' + FULL.message,
  );
});

it('asks another one at once', async () => {
  const { pass, offers } = await world({ a1: () => REFUSED, a2: () => ACCEPTED });
  await pass(1);
  expect(offers).toEqual(['a1 1', 'a2 2']);
});

it('is taken soon after it can be: no pause is longer than ten seconds', async () => {
  let answer = REFUSED as object;
  const { pass, offers, waitsFor } = await world({ a1: () => answer });
  await pass(280);
  const before = offers.length;
  answer = ACCEPTED;
  await pass(11);
  expect(offers.length - before).toBe(1);
  expect(waitsFor()).toBeNull();
});

it('waits for ever for nobody: one that has only ever refused counts as no agent after a while', async () => {
  const { pass, offers, ended } = await world({ a1: () => REFUSED });
  await pass(660);
  expect(offers.length).toBeLessThan(60);
  const execution = await ended();
  expect(execution?.settled).toBe(true);
  expect(execution?.runs[0]).toMatchObject({ status: 'FAILED', failure: { code: 'NO_ELIGIBLE_AGENT' } });
  expect(execution?.runs[0]?.failure?.message).toContain(FULL.message);
});
