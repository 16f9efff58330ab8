import { expect, it } from 'vitest';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import { LocalBus } from '../adapters/local/bus.ts';
import { AgentDirectory, type AgentPresence } from './agent-directory.ts';
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
  const arrived: string[] = [];
  const watch = { arrived: ({ agentId }: { readonly agentId: string }) => void arrived.push(agentId) };
  const presence = new Presence(name, bus, agents, watch, system.scheduler, () => here, alone);
  presence.start();
  return { agents, arrived, presence };
}

const arrival = { agentId: 'a1', sessionId: 's1', ledgerId: 'l1', open: [] };
const settle = () => new Promise((resolve) => setImmediate(resolve));

it('tells the other replicas who is here', async () => {
  const system = new VirtualSystem();
  const bus = new CountingBus(system.scheduler);
  const one = replica(system, bus, 'r1', []);
  const other = replica(system, bus, 'r2', []);
  one.presence.arrived(AGENT, arrival);
  await settle();
  expect(other.agents.presence('a1')).toMatchObject({ name: 'one', sessionId: 's1' });
  expect(other.arrived).toEqual(['a1']);
  one.presence.left('a1', 's1');
  await settle();
  expect(other.agents.presence('a1')).toMatchObject({ sessionId: '' });
});

it('says nothing where there is nobody else', async () => {
  const system = new VirtualSystem();
  const bus = new CountingBus(system.scheduler);
  const { agents, arrived, presence } = replica(system, bus, 'r1', [AGENT], true);
  presence.arrived(AGENT, arrival);
  await settle();
  expect(agents.presence('a1')).toMatchObject({ name: 'one' });
  expect(arrived).toEqual(['a1']);
  expect(bus.published).toBe(0);
});
