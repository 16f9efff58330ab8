import type { System } from '@fairlead/proto/model/system.ts';
import type { Attempt } from '../platform.ts';
import { ask } from '../shell/ask.ts';
import { claimName } from '../shell/claim-name.ts';
import type { Host } from '../shell/host.ts';
import { tidyProgram } from '../shell/wrapper.ts';

const KEEP_CLAIMS_DAYS = 7;
const PRUNE_EVERY_MS = 24 * 3_600_000;

/**
 * Takes away what successful attempts leave on hosts. Nobody waits for it but the end of the agent, and it may fail:
 * the next one prunes.
 */
export class Tidying {
  readonly #system: System;
  readonly #underway = new Set<Promise<void>>();
  /** When each host was last pruned, by this process. */
  readonly #pruned = new Map<string, number>();

  constructor(system: System) {
    this.#system = system;
  }

  after(attempt: Attempt, host: Host, wrote: boolean): void {
    const now = this.#system.clock.monotonic();
    const last = this.#pruned.get(host.name);
    const due = last === undefined || now - last > PRUNE_EVERY_MS;
    if (!due && !wrote) return;
    if (due) this.#pruned.set(host.name, now);
    const claim = { base: host.claims, name: claimName(attempt.id) };
    const work: Promise<void> = ask(host.transport, this.#system, (nonce) =>
      tidyProgram(claim, nonce, due ? KEEP_CLAIMS_DAYS : null),
    )
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => this.#underway.delete(work));
    this.#underway.add(work);
  }

  async end(): Promise<void> {
    await Promise.race([Promise.all(this.#underway), this.#system.scheduler.sleep(1_000)]);
  }
}
