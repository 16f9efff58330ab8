import { expect, it } from 'vitest';
import { createMemoryStore } from '../../test/support/memory-store/index.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import type { Documents } from '../ports/documents.ts';
import { AgentRegistry } from './agent-registry.ts';

async function registry() {
  const { documents } = createMemoryStore();
  const listed: string[] = [];
  const watched: Documents = {
    ...documents,
    list(collection, query) {
      listed.push(collection);
      return documents.list(collection, query);
    },
  };
  const agents = new AgentRegistry(watched, new VirtualSystem(), {
    sha256: (text) => `hash of ${text}`.padEnd(32, '.'),
  });
  const token = await agents.createToken('t1');
  const enroll = (name: string, credentialSha256: string) => agents.enroll({ token, name, credentialSha256 });
  return { agents, enroll, listed };
}

it('gives a name to one agent, and the same agent the same identity again', async () => {
  const { enroll } = await registry();
  const { agentId } = await enroll('one', 'c1');
  expect(await enroll('one', 'c1')).toEqual({ agentId, name: 'one' });
  await expect(enroll('one', 'c2-another')).rejects.toThrow("an agent named 'one' is enrolled already");
});

it('lets only one of two that ask at once have a name', async () => {
  const { enroll } = await registry();
  const asked = await Promise.allSettled([enroll('one', 'c1'), enroll('one', 'c2')]);
  expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

it('frees the name of an agent that was revoked', async () => {
  const { agents, enroll } = await registry();
  const first = await enroll('one', 'c1');
  await agents.revokeAgent('one');
  expect((await enroll('one', 'c2')).agentId).not.toBe(first.agentId);
  await expect(enroll('one', 'c3')).rejects.toThrow('is enrolled already');
});

it('knows the agent to revoke by its name alone', async () => {
  const { agents, enroll } = await registry();
  await enroll('one', 'c1');
  const { agentId } = await enroll('two', 'c2');
  expect(await agents.revokeAgent('two')).toBe(agentId);
  await expect(agents.revokeAgent('two')).rejects.toThrow("there is no agent named 'two'");
  await expect(agents.revokeAgent('three')).rejects.toThrow("there is no agent named 'three'");
});

it('takes only tokens that were given out and stand', async () => {
  const { agents, enroll } = await registry();
  await expect(agents.createToken('t1')).rejects.toThrow("there is a token named 't1' already");
  const guessed = agents.enroll({ token: 'fljt_guessed', name: 'one', credentialSha256: 'c1' });
  await expect(guessed).rejects.toThrow('the join token is unknown or was revoked');
  await agents.revokeToken('t1');
  await expect(enroll('one', 'c1')).rejects.toThrow('the join token is unknown or was revoked');
});

it('reads no list for it, neither of agents nor of tokens', async () => {
  const { agents, enroll, listed } = await registry();
  await enroll('one', 'c1');
  await agents.revokeAgent('one');
  expect(listed).toEqual([]);
});
