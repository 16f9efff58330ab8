/** Which agents a step goes to where the infrastructure names some and the step does, too (orchestration 3.5). */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { freePort } from '../support/real/listening.ts';
import { PASSWORD } from '../support/ssh-host/index.ts';
import { startProgram, until, type Program } from './fairlead-process.ts';
import { InstallsWorld } from './installs-world.ts';
import { buildProgram } from './program.ts';

let world: InstallsWorld;
const agents: Program[] = [];

async function startAgent(name: string, selectors: string, port: number): Promise<void> {
  const { token } = await world.demand(z.object({ token: z.string() }), 'POST', '/tokens', { name });
  const place = ['--data', join(world.directory, name), '--token', token];
  const args = ['agent', '--server', `127.0.0.1:${port}`, '--name', name, '--selectors', selectors, ...place];
  const agent = startProgram(await buildProgram(), args, { PASSWORD });
  agents.push(agent);
  await until(`${name} has a session`, () => /the session is open/.test(agent.output()), 20_000, agent.output);
}

beforeAll(async () => {
  const port = await freePort('127.0.0.1');
  const settings = { FAIRLEAD_AGENT_PORT: String(port), FAIRLEAD_EMBEDDED_SELECTORS: 'dc1' };
  world = await InstallsWorld.make(['one'], settings);
  await startAgent('both', 'dc1,tools', port);
  await startAgent('far', 'tools', port);
}, 60_000);
afterAll(async () => {
  for (const agent of agents) await agent.stop();
  await world.remove();
});

const step = (name: string, more: object): object => ({ script: 'sleep 0.2', name, ...more });

function shopWith(verify: readonly object[], more: object = {}): object {
  const infrastructure = { dc1: { ...world.infrastructure(world.hosts), agents: ['dc1'] } };
  const parallel = { 'Verify Service': { parallel: true, steps: verify } };
  const ship = { type: 'basic', service: 'web', environment: 'prod', sections: parallel };
  return world.definition({ environments: { prod: { infrastructure } }, workflows: { ship }, ...more });
}

it('a step that asks for both goes to an agent that carries both, the others to those of the infrastructure', async () => {
  const asking = ['One', 'Two', 'Three', 'Four'];
  const both = { agents: 'tools', infrastructureAgents: true };
  await world.apply(shopWith([...asking.map((name) => step(name, both)), step('Own', {})]));
  const { header, nodes } = await world.deploy(1);
  expect(header).toMatchObject({ status: 'SUCCESS' });
  const at = (name: string) => {
    const found = nodes.find((node) => node.kind === 'step' && node.name === name);
    return nodes.filter((node) => node.kind === 'task' && node.parent === found?.id).map(({ agent }) => agent);
  };
  expect(asking.flatMap(at)).toEqual(['both', 'both', 'both', 'both']);
  expect(at('Own')).not.toEqual(['far']);
}, 60_000);

it('agents of a step that would not count are refused, with both ways out', async () => {
  const files = [{ name: 'shop.json', text: JSON.stringify(shopWith([step('One', { agents: 'tools' })])) }];
  const { status, body } = await world.ask('POST', '/definitions/apply', { files });
  expect([status, JSON.stringify(body)]).toEqual([
    400,
    expect.stringContaining('Add infrastructureAgents: true for an agent that carries both, or remove agents.'),
  ]);
}, 30_000);

it('it is explained as it was written', async () => {
  await world.apply(shopWith([step('One', { agents: ['tools'], infrastructureAgents: true })]));
  const { text } = await world.type('explain');
  expect(text).toContain('infrastructureAgents: true');
}, 30_000);
