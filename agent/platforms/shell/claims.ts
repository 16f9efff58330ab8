import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { AttemptId } from '@fairlead/proto/model/ids.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { Clock } from '@fairlead/proto/model/system.ts';
import { claimName } from './claim-name.ts';

const KEEP_MS = 7 * 24 * 3_600_000;
const PRUNE_EVERY_MS = 3_600_000;
/** What a unit wrote; its status stays, so that it is never run again. */
const OUTPUTS = ['out', 'err'];

/** The claims of scripts on the agent itself, and what is taken away of them while the agent runs, which may be for months. */
export class Claims {
  readonly directory: string;
  readonly #clock: Clock;
  readonly #running = new Set<string>();
  #prunedAt = -Infinity;

  private constructor(directory: string, clock: Clock) {
    this.directory = directory;
    this.#clock = clock;
  }

  static async open(directory: string, clock: Clock): Promise<Claims> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const claims = new Claims(directory, clock);
    await claims.#prune();
    return claims;
  }

  /** Tidies up behind the work; that it cannot is no failure of the work, and the next one tries again. */
  async around(attemptId: AttemptId, work: () => Promise<AttemptResult>): Promise<AttemptResult> {
    const name = claimName(attemptId);
    this.#running.add(name);
    try {
      const result = await work();
      if (result.outcome === 'SUCCESS') await this.#empty(name).catch(() => undefined);
      return result;
    } finally {
      this.#running.delete(name);
      if (this.#clock.monotonic() - this.#prunedAt >= PRUNE_EVERY_MS) await this.#prune().catch(() => undefined);
    }
  }

  async #empty(name: string): Promise<void> {
    const claim = join(this.directory, name);
    for (const unit of await readdir(claim)) {
      if (!/^\d+$/.test(unit)) continue;
      for (const output of OUTPUTS) await rm(join(claim, unit, output), { force: true });
    }
  }

  async #prune(): Promise<void> {
    this.#prunedAt = this.#clock.monotonic();
    const before = this.#clock.now() - KEEP_MS;
    for (const name of await readdir(this.directory)) {
      if (this.#running.has(name)) continue;
      const path = join(this.directory, name);
      const info = await stat(path).catch(() => null);
      if (info !== null && info.mtimeMs < before) await rm(path, { recursive: true, force: true });
    }
  }
}
