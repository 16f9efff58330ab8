import { expect, it } from 'vitest';
import { createMemoryStore } from '../../test/support/memory-store/index.ts';
import { VirtualSystem } from '../../test/support/virtual-system.ts';
import { LocalBus } from '../adapters/local/bus.ts';
import { DefinitionStore } from './definition-store.ts';
import { doctor } from './doctor.ts';
import type { AgentView } from './use-cases.ts';

const agent: AgentView = {
  id: 'a1',
  name: 'one',
  status: 'CONNECTED',
  hostname: 'h',
  version: '1',
  selectors: [],
  capabilities: [],
  running: 0,
  waiting: 0,
  capacity: 10,
  lastHeartbeatAt: 0,
};

const WELL = { trouble: () => null };

function world() {
  const system = new VirtualSystem(1).spawn('p');
  const store = createMemoryStore();
  return { store, definitions: new DefinitionStore(store.documents, new LocalBus(system.scheduler), system) };
}

it('finds nothing wrong with a new installation, and says what comes next', async () => {
  const { store, definitions } = world();
  const lines = await doctor(store, WELL, definitions, [agent]);
  expect(lines.filter((line) => !line.ok)).toEqual([]);
  expect(lines.at(-1)).toMatchObject({ check: 'definitions', mend: expect.stringContaining('fairlead init') });
});

it('finds a store that does not answer, a bus that carries nothing, and agents that are away', async () => {
  const { store, definitions } = world();
  const silent = { ...store, ping: () => Promise.reject(new Error('no route to host')) };
  const lines = await doctor(silent, { trouble: () => 'refused' }, definitions, [{ ...agent, status: 'DISCONNECTED' }]);
  expect(lines.filter((line) => !line.ok).map((line) => line.check)).toEqual(['store', 'bus', 'agents', 'agent one']);
});

it('finds a store that answers and takes nothing', async () => {
  const { store, definitions } = world();
  const insert = () => Promise.reject(new Error('the disk of the data directory is full'));
  const full = { ...store, documents: { ...store.documents, insert } };
  const [line] = await doctor(full, WELL, definitions, [agent]);
  expect(line).toMatchObject({ check: 'store', ok: false, detail: 'the disk of the data directory is full' });
});
