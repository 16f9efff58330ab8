import type { Replica } from './replica.ts';
import type { AgentView } from './use-cases.ts';

/** Every enrolled agent, with what its session says where it has one. */
export async function listAgents(replica: Replica): Promise<readonly AgentView[]> {
  const enrolled = await replica.registry.agents();
  return enrolled.map(({ id, name, revoked }) => {
    const presence = replica.agents.presence(id);
    const connected = presence !== undefined && replica.agents.isConnected(presence);
    const status = revoked ? 'REVOKED' : !connected ? 'DISCONNECTED' : presence.draining ? 'DRAINING' : 'CONNECTED';
    return {
      id,
      name,
      status,
      hostname: presence?.hello.hostname ?? null,
      version: presence?.hello.version ?? null,
      selectors: presence?.hello.selectors ?? [],
      capabilities: presence?.hello.capabilities ?? [],
      running: presence?.running ?? 0,
      waiting: presence?.waiting ?? 0,
      capacity: presence?.hello.capacity ?? 0,
      lastHeartbeatAt: presence?.lastHeartbeatAt ?? null,
    };
  });
}
