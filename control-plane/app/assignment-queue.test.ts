import { expect, it } from 'vitest';
import { AgentDirectory, type AgentPresence } from './agent-directory.ts';
import { AssignmentQueue } from './assignment-queue.ts';

const agentOf = (agentId: string, capacity: number, selectors: readonly string[] = []): AgentPresence => ({
  agentId,
  name: agentId,
  sessionId: `session of ${agentId}`,
  ledgerId: 'l1',
  replica: 'r1',
  hello: { hostname: 'h', version: '1', selectors, capabilities: ['COMMAND'], capacity },
  draining: false,
  running: 0,
  waiting: 0,
  lastHeartbeatAt: 0,
});

function waitingRoom() {
  const agents = new AgentDirectory({ now: () => 0, monotonic: () => 0 }, 60_000);
  const asked: string[] = [];
  const went: string[] = [];
  const queue = new AssignmentQueue(agents, (command) => {
    const { attemptId } = command;
    asked.push(attemptId);
    const choice = agents.choose(command);
    if (!('chosen' in choice)) return null;
    const { agentId, ledgerId, sessionId } = choice.chosen;
    agents.given(agentId, attemptId);
    return { input: 'agentChosen', attemptId, agentId, ledgerId, sessionId };
  });
  const wait = (attemptId: string, selectors: readonly string[] = [], isWanted = () => true) =>
    void queue
      .wait({ command: 'assign', id: attemptId, attemptId, type: 'COMMAND', selectors, avoid: [] }, true, isWanted)
      .then((chosen) => went.push(`${attemptId} ${chosen === null ? 'to nobody' : `to ${chosen.agentId}`}`));
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { agents, asked, went, wait, settle };
}

it('gives the room there is to the oldest, and wakes nobody else', async () => {
  const { agents, asked, went, wait, settle } = waitingRoom();
  for (let task = 0; task < 1_000; task += 1) wait(`t${task}`);
  agents.seen(agentOf('a1', 2));
  await settle();
  expect(went).toEqual(['t0 to a1', 't1 to a1']);
  agents.ended('t0');
  await settle();
  expect(went).toEqual(['t0 to a1', 't1 to a1', 't2 to a1']);
  expect(asked).toHaveLength(3);
});

it('passes over what nobody wants any more', async () => {
  const { agents, went, wait, settle } = waitingRoom();
  let wanted = true;
  wait('t0', [], () => wanted);
  wait('t1');
  wanted = false;
  agents.seen(agentOf('a1', 1));
  await settle();
  expect(went).toEqual(['t1 to a1']);
});

it('gives an agent only what it may do', async () => {
  const { agents, went, wait, settle } = waitingRoom();
  wait('t0', ['dc1', 'linux']);
  wait('t1', ['dc2']);
  wait('t2');
  agents.seen(agentOf('a1', 2, ['linux', 'dc1']));
  await settle();
  expect(went.toSorted()).toEqual(['t0 to a1', 't2 to a1']);
  agents.seen(agentOf('a2', 1, ['linux', 'dc2']));
  await settle();
  expect(went.at(-1)).toBe('t1 to a2');
});

it('says when the last one who could has left', async () => {
  const { agents, went, wait, settle } = waitingRoom();
  agents.seen(agentOf('a1', 1, ['dc1']));
  agents.given('a1', 'other');
  wait('t0', ['dc1']);
  wait('t1', ['dc1']);
  await settle();
  expect(went).toEqual([]);
  agents.left('a1', 'session of a1');
  await settle();
  expect(went).toEqual(['t0 to nobody', 't1 to nobody']);
});

it('says when the last one who could takes nothing more, whatever it still has to do', async () => {
  const { agents, went, wait, settle } = waitingRoom();
  const busy = agentOf('a1', 1, ['dc1']);
  agents.seen({ ...busy, running: 1 });
  wait('t0', ['dc1']);
  await settle();
  agents.seen({ ...busy, running: 1, draining: true, lastHeartbeatAt: 1 });
  await settle();
  expect(went).toEqual(['t0 to nobody']);
});
