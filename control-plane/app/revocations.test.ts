import { expect, it } from 'vitest';
import type { AgentId } from '@fairlead/proto/model/ids.ts';
import { createMemoryData } from '../../test/support/memory-store/index.ts';
import { oneReplica } from '../../test/support/one-replica.ts';
import { ATTEMPT, oneStep } from '../../test/support/plans.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import type { AgentConnection } from '../ports/agent-gateway.ts';
import type { Actor } from './authorize.ts';

const ada: Actor = { id: 'key:ada', name: 'ada', kind: 'KEY', rights: ['*'] };

it('turns away an agent that is connected to another control plane than the one that revokes it', async () => {
  const [system, data] = [new VirtualSystem(1), createMemoryData()];
  const [here, there] = ['here', 'there'].map((name) => oneReplica({ data, world: system, name }));
  if (here === undefined || there === undefined) throw new Error('two were made');
  await there.replica.start();
  const revoked: string[] = [];
  const connect = async (name: string): Promise<AgentId> => {
    const { token } = await here.useCases.createJoinToken(ada, `for-${name}`);
    const { agentId } = await there.replica.gateway.enroll({ token, name, credentialSha256: name });
    const connection: AgentConnection = { agentId, revoke: () => revoked.push(name), drain: () => {} };
    const protocol = { min: 1, max: 1 };
    const hello = { agentId, ledgerId: name, version: '1', protocol, incarnation: null, hostname: name };
    await there.replica.gateway.hello(connection, { ...hello, selectors: [], capabilities: [], capacity: 1, open: [] });
    return agentId;
  };
  const good = await connect('good');
  const bad = await connect('bad');
  await here.useCases.revokeAgent(ada, 'bad');
  expect(revoked).toEqual([]);
  await system.advance(11_000);
  expect(revoked).toEqual(['bad']);
  expect(there.replica.agents.isLost(bad)).toBe(true);
  expect(there.replica.agents.isLost(good)).toBe(false);
  await there.replica.stop();
});

it('counts on an agent no more from the moment it is revoked, and takes nothing from it', async () => {
  const system = new VirtualSystem(1);
  const { replica, useCases, store } = oneReplica({ world: system });
  await replica.start();
  const { gateway, agents, drivers } = replica;
  const { token } = await useCases.createJoinToken(ada, 'dc');
  const { agentId } = await gateway.enroll({ token, name: 'one', credentialSha256: 'one' });
  const protocol = { min: 1, max: 1 };
  const hello = { agentId, ledgerId: 'l1', version: '1', protocol, incarnation: null, hostname: 'one', selectors: [] };
  const can = { capabilities: ['SHELL_SCRIPT'], capacity: 5, open: [] };
  const { sessionId } = await gateway.hello(
    { agentId, revoke: () => gateway.disconnected({ agentId, sessionId }, 'revoked'), drain: () => {} },
    { ...hello, ...can },
  );
  await drivers.start(oneStep());
  await system.advance(100);
  const begun = { report: 'starting', attemptId: ATTEMPT, assignment: 1 } as const;
  expect(await gateway.report({ agentId, sessionId }, begun)).toMatchObject({ verdict: 'recorded' });
  await useCases.revokeAgent(ada, 'one');
  await system.advance(1_100);
  const lost = (await useCases.getExecution(ada, 'x1')).nodes.filter(({ status }) => status === 'UNKNOWN');
  expect(lost.map(({ attemptId }) => attemptId)).toContain(ATTEMPT);
  const chunk = { attemptId: ATTEMPT, offset: 0, bytes: Buffer.from('late'), gap: 0, at: 0 };
  await expect(gateway.logs(agentId, [chunk])).rejects.toThrow('revoked');
  expect((await store.logs.lengths([ATTEMPT])).get(ATTEMPT) ?? 0).toBe(0);
  const choice = agents.choose({ type: 'SHELL_SCRIPT', selectors: [], avoid: [] });
  expect(choice).toMatchObject({ none: { message: 'no agent may do SHELL_SCRIPT: no agent is known' } });
  await replica.stop();
});
