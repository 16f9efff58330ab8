import { expect, it } from 'vitest';
import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import { LocalBus } from '../adapters/local/bus.ts';
import { AgentDirectory, type AgentPresence } from './agent-directory.ts';
import { Dispatcher } from './dispatcher.ts';

const PRESENCE: AgentPresence = {
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

it('misses no agent that comes while it is written down that there is none', async () => {
  const system = new VirtualSystem();
  const agents = new AgentDirectory(system.clock, 60_000);
  const given: string[] = [];
  const dispatcher = new Dispatcher({
    bus: new LocalBus(system.scheduler),
    agents,
    crash: NO_CRASH,
    give: async (_, input) => {
      given.push(input.input);
      if (input.input === 'noAgent') agents.seen(PRESENCE);
    },
  });
  const command = {
    command: 'assign',
    id: 'x1/r1/p1/s1/t1@h#1:assign',
    attemptId: 'x1/r1/p1/s1/t1@h#1',
    type: 'COMMAND',
    selectors: [],
    avoid: [],
  } as const;
  await dispatcher.assign(command, () => true);
  expect(given).toEqual(['noAgent', 'agentChosen']);
});
