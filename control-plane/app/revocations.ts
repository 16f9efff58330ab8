import type { AgentId } from '@fairlead/proto/model/ids.ts';
import type { Scheduler, Timer } from '@fairlead/proto/model/system.ts';
import type { AgentDirectory } from './agent-directory.ts';
import type { AgentRegistry } from './agent-registry.ts';
import type { Gateway } from './gateway.ts';

const EVERY_MS = 10_000;

/** Turns agents away that are revoked, here or at another control plane, and counts on them no more. */
export class Revocations {
  readonly #registry: AgentRegistry;
  readonly #gateway: Gateway;
  readonly #agents: AgentDirectory;
  readonly #scheduler: Scheduler;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(registry: AgentRegistry, gateway: Gateway, agents: AgentDirectory, scheduler: Scheduler) {
    this.#registry = registry;
    this.#gateway = gateway;
    this.#agents = agents;
    this.#scheduler = scheduler;
  }

  start(onError: (error: unknown) => void): void {
    if (this.#stopped) return;
    this.#timer = this.#scheduler.after(EVERY_MS, () => {
      this.#look()
        .catch(onError)
        .then(() => this.start(onError), onError);
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** What it was given is nobody's any more; what it has begun is unknown until somebody finds out. */
  turnAway(agentId: AgentId): void {
    this.#gateway.revoke(agentId);
    this.#agents.revoked(agentId);
  }

  async #look(): Promise<void> {
    for (const { id, revoked } of await this.#registry.agents()) if (revoked) this.turnAway(id);
  }
}
