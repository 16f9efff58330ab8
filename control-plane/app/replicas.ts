/**
 * Which control planes are alive. Each renews one lease for all it drives; whether another's has run out is judged by
 * watching it stand still on one's own monotonic clock, so no two clocks are ever compared.
 */
import type { ReplicaId } from '@fairlead/proto/model/ids.ts';
import type { Clock, Scheduler, Timer } from '@fairlead/proto/model/system.ts';
import type { Documents } from '../ports/documents.ts';

const RENEW_MS = 1_000;
/** A lease that stood still for so long is over. */
const DEAD_AFTER_MS = 5_000;
/** A lease that nobody renews is removed by whoever sees it. */
const FORGOTTEN_AFTER_MS = 60_000;

interface Seen {
  readonly version: number;
  readonly since: number;
}

export class Replicas {
  readonly #me: ReplicaId;
  readonly #documents: Documents;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #seen = new Map<ReplicaId, Seen>();
  #lookedAt = 0;
  #version = 0;
  #timer: Timer | null = null;
  #stopped = false;

  constructor(me: ReplicaId, documents: Documents, clock: Clock, scheduler: Scheduler) {
    this.#me = me;
    this.#documents = documents;
    this.#clock = clock;
    this.#scheduler = scheduler;
  }

  /** Including this one. Those seen for the first time count as alive until they are seen to stand still. */
  get live(): readonly ReplicaId[] {
    // Up to the last look and not up to now: of what stood still while this process itself did, it saw nothing.
    const stood = ({ since }: Seen): number => this.#lookedAt - since;
    const others = [...this.#seen].filter(([, seen]) => stood(seen) <= DEAD_AFTER_MS).map(([id]) => id);
    return [this.#me, ...others.filter((id) => id !== this.#me)];
  }

  /**
   * `alone`: the store admits one process at a time, so leases that others left behind are those of the dead.
   */
  async start(alone: boolean, onError: (error: unknown) => void): Promise<void> {
    if (alone) {
      for (const lease of await this.#documents.list('replicas')) {
        await this.#documents.remove('replicas', lease.id, lease.version);
      }
    }
    await this.#renew();
    this.#again(onError);
  }

  /** Ends the lease at once, so that others need not wait for it to run out. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#documents.remove('replicas', this.#me, this.#version).catch(() => false);
  }

  #again(onError: (error: unknown) => void): void {
    if (this.#stopped) return;
    this.#timer = this.#scheduler.after(RENEW_MS, () => {
      this.#renew()
        .catch(onError)
        .then(() => this.#again(onError), onError);
    });
  }

  async #renew(): Promise<void> {
    const beat = this.#version + 1;
    const renewed =
      this.#version === 0
        ? await this.#documents.insert('replicas', this.#me, { beat })
        : await this.#documents.replace('replicas', this.#me, this.#version, { beat });
    if (renewed) this.#version = beat;
    else this.#version = (await this.#documents.get('replicas', this.#me))?.version ?? 0;
    await this.look();
  }

  /** Done once a second by itself; here for who must know of those that began since. */
  async look(): Promise<void> {
    const now = this.#clock.monotonic();
    const leases = await this.#documents.list('replicas');
    if (now < this.#lookedAt) return;
    this.#lookedAt = now;
    for (const { id, version } of leases) {
      const seen = this.#seen.get(id);
      if (seen?.version !== version) this.#seen.set(id, { version, since: now });
      else if (now - seen.since > FORGOTTEN_AFTER_MS) await this.#documents.remove('replicas', id, version);
    }
    const standing = new Set(leases.map((lease) => lease.id));
    for (const id of this.#seen.keys()) if (!standing.has(id)) this.#seen.delete(id);
  }
}
