import type { AgentId, ReplicaId } from './model/ids.ts';

/** Every subject on the bus. `fairlead.agent.<id>.…` is all an agent's credentials permit. */
export const subjects = {
  /** Requests to one agent: offers, cancels, queries. */
  agent: (agent: AgentId): string => `fairlead.agent.${agent}.inbox`,
  /** Requests to one replica: an input for an execution it drives. */
  replica: (replica: ReplicaId): string => `fairlead.replica.${replica}.inbox`,
  /** Doorbell to every replica: executions whose journal grew. */
  heads: 'fairlead.heads',
  /** Doorbell to every replica: which agents are connected where. */
  presence: 'fairlead.presence',
  /** Doorbell to every replica: a lock may be free. */
  locks: 'fairlead.locks',
  /** Doorbell to every replica: a new definition revision. */
  definitions: 'fairlead.definitions',
} as const;
