import { expect, it } from 'vitest';
import { oneReplica } from '../../test/support/one-replica.ts';
import type { Actor } from './authorize.ts';

const ada: Actor = { id: 'key:ada', name: 'ada', kind: 'KEY', rights: ['*'] };

const SHOP = `
fairlead: v1
application: shop
services: { web: { type: ssh/other, commands: { Install: [{ exec: 'true' }] } } }
environments:
  prod: { infrastructure: { dc1: { hosts: [h1], login: { user: deploy, key: "secret:file:/key" } } } }
workflows: { ship: { type: basic, service: web, environment: prod } }
pipelines: { train: { stages: [{ workflow: ship }, { workflow: ship }] } }
`;

it.each(['ship', 'train'])('a start of %s asks once who succeeded last where it goes', async (name) => {
  let asked = 0;
  const { useCases } = oneReplica({
    hook: async (call) => {
      if (call.name === 'rows.lastSuccess' && call.moment === 'before') asked += 1;
    },
  });
  await useCases.apply(ada, { files: [{ name: 'shop.yaml', text: SHOP }], dryRun: false });
  await useCases.deploy(ada, { name, variables: {}, artifacts: {} });
  expect(asked).toBe(1);
});
