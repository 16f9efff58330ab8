/** What a person would check first when something does not work. */
import type { Bus } from '../ports/bus.ts';
import type { Store } from '../ports/store.ts';
import type { DefinitionStore } from './definition-store.ts';
import type { AgentView, DoctorLine } from './use-cases.ts';

export async function doctor(
  store: Store,
  bus: Pick<Bus, 'trouble'>,
  definitions: DefinitionStore,
  agents: readonly AgentView[],
): Promise<readonly DoctorLine[]> {
  const lines: DoctorLine[] = [await checkStore(store), checkBus(bus)];
  const connected = agents.filter((agent) => agent.status === 'CONNECTED');
  lines.push({
    check: 'agents',
    ok: connected.length > 0,
    detail: `${connected.length} connected of ${agents.length}`,
    mend:
      connected.length > 0
        ? null
        : 'start one: fairlead agent --server HOST:PORT --token … (fairlead agents token NAME makes the token)',
  });
  for (const agent of agents.filter((each) => each.status === 'DISCONNECTED')) {
    const detail = 'is not connected; what it was given waits for it';
    const mend = `look at its log on its machine; if it is gone for good: fairlead agents revoke ${agent.name}`;
    lines.push({ check: `agent ${agent.name}`, ok: false, detail, mend });
  }
  const { catalog, revision } = await definitions.current();
  const workflows = catalog.entities.filter((entity) => entity.kind === 'workflow').length;
  lines.push({
    check: 'definitions',
    // A new installation has none, and nothing is wrong with it: the next step is told, and that is all.
    ok: true,
    detail: workflows === 0 ? 'no workflow yet' : `revision ${revision}, ${workflows} workflows`,
    mend: workflows > 0 ? null : 'write one with fairlead init, then fairlead apply -f fairlead.yaml',
  });
  return lines;
}

const PROBE = 'doctor';
const PROBE_BYTES = 16_384;

async function checkStore(store: Store): Promise<DoctorLine> {
  try {
    await store.ping();
    // Many a store answers and takes nothing any more: its disk is full, or it has lost its majority.
    await store.documents.insert('counters', PROBE, { filler: 'x'.repeat(PROBE_BYTES) });
    await store.documents.remove('counters', PROBE, 1);
    return { check: 'store', ok: true, detail: 'answers and can be written', mend: null };
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { check: 'store', ok: false, detail, mend: 'check its address, its disk and its log' };
  }
}

function checkBus(bus: Pick<Bus, 'trouble'>): DoctorLine {
  const trouble = bus.trouble();
  const mend =
    trouble === null ? null : 'check FAIRLEAD_NATS_URL and the NATS server: without it no agent is given work';
  return { check: 'bus', ok: trouble === null, detail: trouble ?? 'carries messages', mend };
}
