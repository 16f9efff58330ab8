import { expect, it } from 'vitest';
import { AgentDirectory } from './agent-directory.ts';

const LOST_MS = 60_000;

function directory() {
  let now = 5_000_000;
  const agents = new AgentDirectory({ now: () => 0, monotonic: () => now }, LOST_MS);
  return { agents, pass: (ms: number) => void (now += ms) };
}

it('gives agents that were never seen here the same time to come back as all others', () => {
  const { agents, pass } = directory();
  expect(agents.isLost('a1')).toBe(false);
  pass(LOST_MS);
  expect(agents.isLost('a1')).toBe(false);
  pass(1);
  expect(agents.isLost('a1')).toBe(true);
});

const presence = {
  agentId: 'a1',
  name: 'one',
  sessionId: 's1',
  ledgerId: 'l1',
  replica: 'r1',
  hello: { hostname: 'one', version: '0', selectors: [], capabilities: ['HTTP'], capacity: 1 },
  draining: false,
  running: 0,
  waiting: 0,
  lastHeartbeatAt: 0,
};

it('does not count for ever what it gave, where its end was told to another replica', () => {
  const { agents, pass } = directory();
  const choose = () => agents.choose({ type: 'HTTP', selectors: [], avoid: [] });
  agents.seen(presence);
  agents.given('a1', 'x1/run/p1.0/deploy/install@h1#1');
  expect(choose()).toEqual({ busy: true });
  pass(10_001);
  agents.seen(presence);
  expect(choose()).toHaveProperty('chosen');
});

it('tells whoever waits for room that time alone has made some', () => {
  const { agents, pass } = directory();
  agents.seen(presence);
  agents.given('a1', 'x1/run/p1.0/deploy/install@h1#1');
  const told: string[] = [];
  agents.onChange((agentId, change) => told.push(`${agentId} ${change}`));
  agents.seen(presence);
  expect(told).toEqual([]);
  pass(10_001);
  agents.seen(presence);
  expect(told).toEqual(['a1 room']);
});
