import { expect, it } from 'vitest';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import { LocalBus } from '../adapters/local/bus.ts';
import { AgentDirectory, type AgentPresence } from './agent-directory.ts';
import type { Arrival } from './agent-watch.ts';
import { Presence } from './presence.ts';

const AGENT: AgentPresence = {
  agentId: 'a1',
  name: 'one',
  sessionId: 's1',
  ledgerId: 'l1',
  replica: 'r1',
  hello: { hostname: 'h', version: '1', selectors: [], capabilities: ['COMMAND'], capacity: 1 },
  draining: false,
  running: 0,
  waiting: 0,
  lastHeartbeatAt: 0,
};

class CountingBus extends LocalBus {
  published = 0;
  override publish(subject: string, payload: JsonObject): void {
    this.published += 1;
    super.publish(subject, payload);
  }
}

function replica(system: VirtualSystem, bus: CountingBus, name: string, here: readonly AgentPresence[], alone = false) {
  const agents = new AgentDirectory(system.clock, 60_000);
  const arrivals: Arrival[] = [];
  const watch = { arrived: (each: Arrival) => void arrivals.push(each) };
  const presence = new Presence(name, bus, agents, watch, system.scheduler, () => here, alone);
  presence.start();
  return { agents, arrivals, presence };
}

const arrival = { agentId: 'a1', sessionId: 's1', ledgerId: 'l1', open: [], restored: false };
const settle = () => new Promise((resolve) => setImmediate(resolve));

it('tells the other replicas who is here', async () => {
  const system = new VirtualSystem();
  const bus = new CountingBus(system.scheduler);
  const one = replica(system, bus, 'r1', []);
  const other = replica(system, bus, 'r2', []);
  one.presence.arrived(AGENT, arrival);
  await settle();
  expect(other.agents.presence('a1')).toMatchObject({ name: 'one', sessionId: 's1' });
  expect(other.arrivals).toEqual([arrival]);
  one.presence.left('a1', 's1');
  await settle();
  expect(other.agents.presence('a1')).toMatchObject({ sessionId: '' });
});

it('tells the others of an agent that brings 50,000 open attempts, and of all of them', async () => {
  const system = new VirtualSystem();
  const bus = new CountingBus(system.scheduler);
  const one = replica(system, bus, 'r1', []);
  const other = replica(system, bus, 'r2', []);
  const open = Array.from(
    { length: 50_000 },
    (_, n) => ({ attemptId: `${'e'.repeat(60)}/run/step@host-${n}#1`, assignment: 1, state: 'STARTED' }) as const,
  );
  one.presence.arrived(AGENT, { ...arrival, open });
  await settle();
  expect(bus.published).toBeGreaterThan(10);
  expect(other.arrivals).toEqual([{ ...arrival, open }]);
});

it('says nothing where there is nobody else', async () => {
  const system = new VirtualSystem();
  const bus = new CountingBus(system.scheduler);
  const { agents, arrivals, presence } = replica(system, bus, 'r1', [AGENT], true);
  presence.arrived(AGENT, arrival);
  await settle();
  expect(agents.presence('a1')).toMatchObject({ name: 'one' });
  expect(arrivals).toEqual([arrival]);
  expect(bus.published).toBe(0);
});
