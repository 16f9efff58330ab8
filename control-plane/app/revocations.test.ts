import { expect, it } from 'vitest';
import type { AgentId } from '@fairlead/proto/model/ids.ts';
import { createMemoryData } from '../../test/support/memory-store/index.ts';
import { oneReplica } from '../../test/support/one-replica.ts';
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
  await connect('good');
  await connect('bad');
  await here.useCases.revokeAgent(ada, 'bad');
  expect(revoked).toEqual([]);
  await system.advance(11_000);
  expect(revoked).toEqual(['bad']);
  await there.replica.stop();
});
