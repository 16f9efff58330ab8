import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { HostTarget } from '@fairlead/proto/model/task.ts';
import type { Channel, Transport } from '../shell/channel.ts';
import type { ForwardTo } from './classify.ts';
import { Connection } from './connection.ts';
import { dial, whereOf, type Credentials } from './dial.ts';
import type { HostKeys } from './host-keys.ts';
import { PrivateKeys } from './private-keys.ts';
import { Slots } from './slots.ts';

export interface PoolOptions {
  readonly hostKeys: HostKeys;
  /** Key exchanges at once. */
  readonly handshakes?: number;
  readonly readyTimeoutMs?: number;
  readonly keepaliveMs?: number;
  readonly idleMs?: number;
  /** Connections to one host with one login, when its sshd limits the channels on each. */
  readonly connectionsPerHost?: number;
  readonly fraction: () => number;
}

/** A connection that answers nothing for so long is taken for dead. */
const CHANNEL_OPEN_MS = 5_000;
/** When a stop is urgent, another connection is tried beside one that has not answered for so long. */
const URGENT_MS = 250;

interface Host {
  readonly connections: Set<Connection>;
  dialing: Promise<Connection> | null;
  readonly waiting: (() => void)[];
}

/**
 * Connections to hosts, kept between tasks. Commands share the connection of their host and login; a host that allows
 * fewer channels than are wanted gets further connections, and beyond those its commands wait for each other.
 */
export class SshPool {
  readonly #options: Required<PoolOptions>;
  readonly #slots: Slots;
  readonly #keys = new PrivateKeys();
  readonly #hosts = new Map<string, Host>();
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = {
      handshakes: 8,
      readyTimeoutMs: 10_000,
      keepaliveMs: 5_000,
      idleMs: 60_000,
      connectionsPerHost: 4,
      ...options,
    };
    this.#slots = new Slots(this.#options.handshakes);
  }

  /** A way to run commands at the target. Nothing is connected before the first one. */
  transport(target: HostTarget, credentials: Credentials): Transport {
    return {
      name: target.name,
      open: async (command, { urgent = false, signal } = {}) => {
        const place = this.#place(target, credentials);
        return urgent
          ? this.#openUrgent(place, command, signal)
          : this.#open(place, (connection) => connection.exec(command), signal);
      },
    };
  }

  /** A connection that the target makes to a socket or port as it sees it. Rejects with a FailureError. */
  forward(target: HostTarget, credentials: Credentials, to: ForwardTo, signal?: AbortSignal): Promise<Duplex> {
    return this.#open(this.#place(target, credentials), (connection) => connection.forward(to), signal);
  }

  #place(target: HostTarget, credentials: Credentials): Place {
    if (this.#closed) throw new FailureError(failure('CONNECTION_LOST', 'the agent is closing its connections'));
    const secret = createHash('sha256').update(JSON.stringify(credentials)).digest('hex');
    const key = JSON.stringify([target.address, target.port, target.login.user, target.hostKey, secret]);
    const host = this.#hosts.get(key) ?? { connections: new Set(), dialing: null, waiting: [] };
    this.#hosts.set(key, host);
    return { host, target, credentials };
  }

  async #open<T>(
    place: Place,
    use: (connection: Connection) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    for (;;) {
      const { connection, fresh } = await this.#choose(place, signal);
      try {
        return await within(CHANNEL_OPEN_MS, use(connection), () =>
          connection.drop(`the connection to ${whereOf(place.target)} answers no more`),
        );
      } catch (error) {
        if (!(error instanceof FailureError)) throw error;
        if (error.failures[0].code === 'UNREACHABLE') throw error;
        // A full connection has learned its limit, and a pooled one may have died unseen: try on. What a fresh one
        // says is the host's last word.
        if ((fresh && !connection.alive) || signal?.aborted === true) throw error;
      }
    }
  }

  /** Takes the first road that opens: the connection there is, or one made for this. */
  async #openUrgent(place: Place, command: string, signal: AbortSignal | undefined): Promise<Channel> {
    const existing = [...place.host.connections].filter((each) => each.free);
    const roads = existing.slice(0, 1).map((each) => each.exec(command));
    const first = await Promise.race([
      ...roads.map((road) => road.catch(() => null)),
      sleep(roads.length === 0 ? 0 : URGENT_MS),
    ]);
    if (first !== null && first !== undefined) return first;
    roads.push(this.#dial(place, signal).then((connection) => connection.exec(command)));
    const opened = await Promise.any(roads).catch((error: AggregateError) => {
      throw error.errors.at(-1);
    });
    // Nobody speaks on the other, should it open still: its shell would wait there for ever.
    for (const road of roads) {
      road.then(
        (other) => other !== opened && other.close(),
        () => undefined,
      );
    }
    return opened;
  }

  async #choose(place: Place, signal: AbortSignal | undefined): Promise<{ connection: Connection; fresh: boolean }> {
    const { host } = place;
    for (;;) {
      const free = [...host.connections].find((each) => each.free);
      if (free !== undefined) return { connection: free, fresh: false };
      if (host.dialing !== null) {
        const connection = await unless(signal, host.dialing);
        if (connection.free) return { connection, fresh: true };
      } else if (host.connections.size < this.#options.connectionsPerHost) {
        // Shared: it must not fail for all because one of them gives up.
        host.dialing = this.#dial(place, undefined).finally(() => (host.dialing = null));
        return { connection: await unless(signal, host.dialing), fresh: true };
      } else {
        await unless(signal, new Promise<void>((resolve) => host.waiting.push(resolve)));
      }
    }
  }

  async #dial({ host, target, credentials }: Place, signal: AbortSignal | undefined): Promise<Connection> {
    const options = {
      ...this.#options,
      privateKeys: this.#keys,
      handshakes: this.#slots,
      ...(signal === undefined ? {} : { signal }),
    };
    for (let tries = 1; ; tries += 1) {
      try {
        const connection = await dial(target, credentials, options, (client) => {
          const made: Connection = new Connection(client, whereOf(target), () => {
            if (!made.alive) host.connections.delete(made);
            else made.idle(this.#options.idleMs);
            for (const wake of host.waiting.splice(0)) wake();
          });
          host.connections.add(made);
          return made;
        });
        connection.idle(this.#options.idleMs);
        if (this.#closed) connection.end();
        return connection;
      } catch (error) {
        // An sshd with many logins under way drops some at random (MaxStartups): nothing has begun, so ask again.
        const early = error instanceof FailureError && error.failures[0].details?.['closedEarly'] === true;
        if (!early || tries >= 3 || signal?.aborted === true) throw error;
        await sleep(tries * 150 * (0.5 + this.#options.fraction()));
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const all = [...this.#hosts.values()].flatMap((host) => [...host.connections]);
    for (const connection of all) connection.end();
    await Promise.race([Promise.all(all.map((each) => each.closed)), sleep(500)]);
    for (const connection of all) connection.drop('the agent is closing its connections');
  }
}

interface Place {
  readonly host: Host;
  readonly target: HostTarget;
  readonly credentials: Credentials;
}

const sleep = (ms: number): Promise<null> => new Promise((resolve) => setTimeout(() => resolve(null), ms));

async function within<T>(ms: number, work: Promise<T>, late: () => void): Promise<T> {
  const timer = setTimeout(late, ms);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}

function unless<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(new FailureError(failure('CANCELED', 'given up before it began')));
    if (signal.aborted) aborted();
    else signal.addEventListener('abort', aborted, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted));
  });
}
