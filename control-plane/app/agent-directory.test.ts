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
