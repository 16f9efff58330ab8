import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
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
  #prunedAt: number;

  private constructor(directory: string, clock: Clock) {
    this.directory = directory;
    this.#clock = clock;
    // Not at once: what an earlier process left at work is about to be taken up, and needs its claim.
    this.#prunedAt = clock.monotonic();
  }

  static async open(directory: string, clock: Clock): Promise<Claims> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return new Claims(directory, clock);
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
      if (await isOver(path, before)) await rm(path, { recursive: true, force: true });
    }
  }
}

/** Nothing was written there since, and nothing of it runs. What cannot be read stays. */
async function isOver(claim: string, before: number): Promise<boolean> {
  try {
    for (const path of ['', ...(await readdir(claim, { recursive: true }))]) {
      if ((await stat(join(claim, path))).mtimeMs >= before) return false;
    }
    const units = (await readdir(claim)).filter((name) => /^\d+$/.test(name));
    const running = await Promise.all(units.map((unit) => runs(join(claim, unit))));
    return !running.includes(true);
  } catch {
    return false;
  }
}

/** Of a process that got the number since, too; it keeps a few bytes a little longer. */
async function runs(unit: string): Promise<boolean> {
  const files = await readdir(unit);
  if (files.includes('status') || !files.includes('pid')) return false;
  const [pid, , boot] = (await readFile(join(unit, 'pid'), 'utf8')).split(' ');
  const now = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => boot);
  if (boot !== '-' && boot !== now?.trim()) return false;
  return lives(Number(pid)) || lives(-Number(pid));
}

function lives(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid === 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
