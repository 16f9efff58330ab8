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

it('knows that an agent is free again when its task has ended, not only at its next heartbeat', () => {
  const { agents, pass } = directory();
  const choose = () => agents.choose({ type: 'HTTP', selectors: [], avoid: [] });
  agents.seen(presence);
  agents.given('a1', 'x1/run/p1.0/deploy/install@h1#1');
  const atWork = { ...presence, running: 1, lastHeartbeatAt: 5_000 };
  agents.seen(atWork);
  // However long it takes.
  pass(20_000);
  agents.seen({ ...atWork, lastHeartbeatAt: 20_000 });
  expect(choose()).toEqual({ busy: true });
  const told: string[] = [];
  agents.onChange((agentId, change) => told.push(`${agentId} ${change}`));
  agents.ended('x1/run/p1.0/deploy/install@h1#1');
  expect(told).toEqual(['a1 room']);
  expect(choose()).toHaveProperty('chosen');
  // Another replica tells of the same heartbeat once more.
  agents.seen({ ...atWork, lastHeartbeatAt: 20_000 });
  expect(choose()).toHaveProperty('chosen');
});

it('counts what others gave it, beside what was given here', () => {
  const { agents } = directory();
  const hello = { ...presence.hello, capacity: 3 };
  const choose = () => agents.choose({ type: 'HTTP', selectors: [], avoid: [] });
  agents.seen({ ...presence, hello, running: 2 });
  agents.given('a1', 'x1/run/p1.0/deploy/install@h1#1');
  expect(choose()).toEqual({ busy: true });
  agents.seen({ ...presence, hello, running: 2, lastHeartbeatAt: 5_000 });
  expect(choose()).toHaveProperty('chosen');
});

/** Two thousand, each with room for one; `asked` counts whom a choice looked at. */
function twoThousand() {
  const { agents } = directory();
  let asked = 0;
  for (let number = 0; number < 2_000; number += 1) {
    const hello = {
      ...presence.hello,
      selectors: [`n${number}`],
      get capabilities() {
        asked += 1;
        return ['HTTP'];
      },
    };
    agents.seen({ ...presence, agentId: `a${number}`, sessionId: `s${number}`, hello });
  }
  return { agents, asked: () => asked };
}

it('does not ask two thousand agents for each of many tasks', () => {
  const { agents, asked } = twoThousand();
  const chosen = new Set<string>();
  for (let task = 0; task < 2_000; task += 1) {
    const choice = agents.choose({ type: 'HTTP', selectors: [], avoid: [] });
    if (!('chosen' in choice)) throw new Error('nobody was chosen');
    agents.given(choice.chosen.agentId, `x1/run/p1.0/deploy/install@h${task}#1`);
    chosen.add(choice.chosen.agentId);
  }
  expect(chosen.size).toBe(2_000);
  expect(agents.choose({ type: 'HTTP', selectors: [], avoid: [] })).toEqual({ busy: true });
  expect(agents.choose({ type: 'HTTP', selectors: ['n7'], avoid: [] })).toEqual({ busy: true });
  agents.ended('x1/run/p1.0/deploy/install@h7#1');
  expect(agents.choose({ type: 'HTTP', selectors: [], avoid: [] })).toHaveProperty('chosen');
  expect(asked()).toBeLessThan(2_010);
});

it('waits, after a restore, for the word of every agent on what it has done, but not for those who do not come', () => {
  const { agents, pass } = directory();
  expect(agents.waitsToHear(['a1', 'a2'])).toBe(false);
  agents.heard('a1', true);
  expect(agents.waitsToHear(['a1', 'a2'])).toBe(true);
  agents.heard('a1', false);
  expect(agents.waitsToHear(['a1', 'a2'])).toBe(true);
  agents.heard('a2', false);
  expect(agents.waitsToHear(['a1', 'a2'])).toBe(false);
  // One that is enrolled later has done nothing.
  expect(agents.waitsToHear(['a1', 'a2', 'a3'])).toBe(false);
  agents.heard('a2', true);
  pass(LOST_MS);
  expect(agents.waitsToHear(['a1', 'a2'])).toBe(true);
  pass(1);
  expect(agents.waitsToHear(['a1', 'a2'])).toBe(false);
});
