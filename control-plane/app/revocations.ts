import type { Scheduler, Timer } from '@fairlead/proto/model/system.ts';
import type { AgentRegistry } from './agent-registry.ts';
import type { Gateway } from './gateway.ts';

const EVERY_MS = 10_000;

/** Turns away agents that are connected here and were revoked at another control plane. */
export class Revocations {
  readonly #registry: AgentRegistry;
  readonly #gateway: Gateway;
  readonly #scheduler: Scheduler;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(registry: AgentRegistry, gateway: Gateway, scheduler: Scheduler) {
    this.#registry = registry;
    this.#gateway = gateway;
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

  async #look(): Promise<void> {
    if (this.#gateway.connected.length === 0) return;
    for (const { id, revoked } of await this.#registry.agents()) if (revoked) this.#gateway.revoke(id);
  }
}
