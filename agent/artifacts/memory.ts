import { open, readFile, rename } from 'node:fs/promises';
import { z } from 'zod';

/** Builds of one mapping that stay where nothing else is said: the one that runs, and those a rollback may want while a newer one is tried. */
const PINS = 3;
/** The one that comes, and the one it replaces. */
const FEWEST = 2;
const REMEMBERED = 5_000;

const content = z.object({
  /** What a build was when it was last fetched. */
  fetched: z.record(z.string(), z.object({ sha256: z.string(), validator: z.string().nullable() })).default({}),
  /** Mapping → checksums, newest first. */
  pins: z.record(z.string(), z.array(z.string())).default({}),
});

export interface Fetched {
  readonly sha256: string;
  /** How the source tells that it did not change since; null where it cannot. */
  readonly validator: string | null;
}

/** What the agent remembers of artifacts beside the files themselves. Whole on the disk after every change. */
export class ArtifactMemory {
  readonly #path: string;
  readonly #fetched: Map<string, Fetched>;
  readonly #pins: Map<string, readonly string[]>;
  #saving: Promise<void> = Promise.resolve();

  private constructor(path: string, known: z.infer<typeof content>) {
    this.#path = path;
    this.#fetched = new Map(Object.entries(known.fetched));
    this.#pins = new Map(Object.entries(known.pins));
  }

  static async open(path: string): Promise<ArtifactMemory> {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '{}';
      throw error;
    });
    return new ArtifactMemory(path, content.parse(JSON.parse(text)));
  }

  fetched(key: string): Fetched | null {
    return this.#fetched.get(key) ?? null;
  }

  async remember(key: string, fetched: Fetched): Promise<void> {
    const known = this.#fetched.get(key);
    if (known?.sha256 === fetched.sha256 && known.validator === fetched.validator) return;
    this.#fetched.delete(key);
    this.#fetched.set(key, fetched);
    for (const oldest of this.#fetched.keys()) {
      if (this.#fetched.size <= REMEMBERED) break;
      this.#fetched.delete(oldest);
    }
    await this.#save();
  }

  /** `good`: stay however many others are kept. Where no number is told, no fewer than before. */
  async pin(mapping: string, sha256: string, keep?: number, good: readonly string[] = []): Promise<void> {
    const known = this.#pins.get(mapping) ?? [];
    const count = Math.max(FEWEST, keep ?? Math.max(PINS, known.length));
    const all = [sha256, ...known.filter((each) => each !== sha256)];
    const kept = all.filter((each, index) => index < count || good.includes(each));
    if (kept.length === known.length && kept.every((each, index) => each === known[index])) return;
    this.#pins.set(mapping, kept);
    await this.#save();
  }

  pinned(): ReadonlySet<string> {
    return new Set([...this.#pins.values()].flat());
  }

  #save(): Promise<void> {
    // One after the other, and each writes what is true when its turn comes.
    this.#saving = this.#saving
      .catch(() => undefined)
      .then(async () => {
        const text = JSON.stringify({
          fetched: Object.fromEntries(this.#fetched),
          pins: Object.fromEntries(this.#pins),
        });
        const file = await open(`${this.#path}.part`, 'w', 0o600);
        try {
          await file.writeFile(text);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(`${this.#path}.part`, this.#path);
      });
    return this.#saving;
  }
}
