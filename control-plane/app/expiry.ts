/**
 * Takes away what is over: login links and sessions of the page that have expired, and idempotency keys a month after they
 * were used. Every replica looks, about once an hour; what one has taken away the others do not find.
 */
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { System, Timer } from '@fairlead/proto/model/system.ts';
import type { Collection, Document, Documents } from '../ports/documents.ts';

const EVERY_MS = 3_600_000;
const PAGE = 200;
/** Then the key starts nothing new either: the execution has its id from it, and is there. */
const REQUESTS_KEPT_MS = 30 * 24 * 3_600_000;

interface Kind {
  readonly collection: Collection;
  readonly prefix: string;
  /** When it is over; null: never, undefined: it does not say yet. */
  readonly endsAt: (body: JsonObject) => number | null | undefined;
}

const numberIn = (body: JsonObject, name: string): number | undefined => {
  const value = body[name];
  return typeof value === 'number' ? value : undefined;
};

const KINDS: readonly Kind[] = [
  ...['login:', 'session:'].map((prefix) => ({
    collection: 'keys' as const,
    prefix,
    endsAt: (body: JsonObject) => numberIn(body, 'expiresAt') ?? null,
  })),
  {
    collection: 'requests',
    prefix: '',
    endsAt: (body) => {
      const at = numberIn(body, 'at');
      return at === undefined ? undefined : at + REQUESTS_KEPT_MS;
    },
  },
];

export class Expiry {
  readonly #documents: Documents;
  readonly #system: Pick<System, 'clock' | 'scheduler' | 'random'>;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(documents: Documents, system: Pick<System, 'clock' | 'scheduler' | 'random'>) {
    this.#documents = documents;
    this.#system = system;
  }

  /** The replicas look at different times. */
  start(onError: (error: unknown) => void): void {
    if (this.#stopped) return;
    const delayMs = EVERY_MS * (0.5 + this.#system.random.fraction());
    this.#timer = this.#system.scheduler.after(delayMs, () => {
      this.sweep()
        .catch(onError)
        .then(() => this.start(onError), onError);
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async sweep(): Promise<void> {
    for (const kind of KINDS) {
      const { collection, prefix } = kind;
      for (let after = ''; !this.#stopped;) {
        const page = await this.#documents.list(collection, { prefix, after, limit: PAGE });
        for (const document of page) await this.#look(kind, document);
        const last = page.at(-1);
        if (last === undefined || page.length < PAGE) break;
        after = last.id;
      }
    }
  }

  async #look({ collection, endsAt }: Kind, { id, version, body }: Document): Promise<void> {
    const now = this.#system.clock.now();
    const end = endsAt(body);
    // Of an earlier release, which did not write down when that was.
    if (end === undefined) await this.#documents.replace(collection, id, version, { ...body, at: now });
    else if (end !== null && now > end) await this.#documents.remove(collection, id, version);
  }
}
