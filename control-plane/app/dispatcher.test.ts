import { expect, it } from 'vitest';
import { NO_CRASH } from '@fairlead/proto/model/crash-points.ts';
import { subjects } from '@fairlead/proto/subjects.ts';
import { hostNamed, onePhase, sectionPlan, stepPlan } from '../../test/support/plans.ts';
import { Play } from '../../test/support/play.ts';
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
    clock: system.clock,
    crash: NO_CRASH,
    enrolled: () => [],
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

/** A dispatcher, and what it gave to executions. */
function dispatching(enrolled: readonly string[]) {
  const system = new VirtualSystem();
  const agents = new AgentDirectory(system.clock, 60_000);
  const bus = new LocalBus(system.scheduler);
  const given: unknown[] = [];
  const give = async (_: string, input: unknown) => void given.push(input);
  const world = { bus, agents, clock: system.clock, crash: NO_CRASH, give };
  return { system, agents, bus, given, dispatcher: new Dispatcher({ ...world, enrolled: () => enrolled }) };
}

it('gives what has begun at an agent, as its ledger has it, to that one or to nobody', async () => {
  const { system, agents, given, dispatcher } = dispatching(['a1', 'a2']);
  const attemptId = 'x1/r1/p1/s1/t1@-#1';
  const needs = { type: 'COMMAND', selectors: [], avoid: [] };
  const assign = { command: 'assign', id: `${attemptId}/assign.1`, attemptId, ...needs } as const;
  agents.holds('a1', [attemptId]);
  agents.seen({ ...PRESENCE, agentId: 'a2', name: 'two', sessionId: 's2' });
  expect(dispatcher.assignNow([assign])).toEqual([]);
  void dispatcher.assign(assign, () => true);
  await system.settle();
  expect(given).toMatchObject([
    { input: 'noAgent', failure: { message: expect.stringContaining('a1: not connected') } },
  ]);
  agents.seen(PRESENCE);
  await system.settle();
  expect(given.slice(1)).toMatchObject([{ input: 'agentChosen', agentId: 'a1' }]);
  agents.holds('a1', []);
  expect(dispatcher.assignNow([{ ...assign, attemptId: `${attemptId}1` }])).toMatchObject([{ agentId: 'a2' }]);
});

it('says of an outcome that another agent found that the log may not be whole', async () => {
  const { agents, bus, given, dispatcher } = dispatching(['a1']);
  agents.seen({ ...PRESENCE, hello: { ...PRESENCE.hello, capabilities: ['SHELL_SCRIPT'] } });
  const result = { outcome: 'SUCCESS', touched: true };
  const asked: unknown[] = [];
  bus.serve(subjects.agent('a1'), async (query) => {
    asked.push(query['arguments']);
    return { answer: 'result', value: { seen: 'ended', result } };
  });
  const parameters = { script: 'version=1', on: 'hosts', outputs: { version: 'STRING' } };
  const script = stepPlan('t1', { type: 'SHELL_SCRIPT', parameters });
  const { execution } = new Play(onePhase([sectionPlan('s1', [script])]));
  const about = { attemptId: 'x1/run/p1.0/s1/t1@h1#1', target: hostNamed('h1'), type: 'SHELL_SCRIPT' };
  const id = `${about.attemptId}/probe.1`;
  await dispatcher.probe({ command: 'probe', id, ...about, selectors: [] }, execution);
  const note = 'found at the host by agent one: the last of its log may be missing';
  expect(given).toMatchObject([{ input: 'outcomeFound', result: { ...result, notes: [note] } }]);
  // A success is one only with everything it was to set.
  expect(asked).toEqual([{ ...about, outputs: ['version'] }]);
});
