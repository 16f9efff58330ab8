/** Telling routers things in a way that a process which dies in between can be followed by another. */
import { failure, FailureError, type Failure } from '@fairlead/proto/model/failure.ts';
import type { Attempt } from '../platform.ts';
import { pause } from '../shell/run-unit.ts';
import type { Admission, Router, ServerState, ServerStates } from './router.ts';

/** A server of one router, and the host it stands for. */
export interface Place {
  readonly router: Router;
  readonly server: string;
  readonly host: string;
}

const POLL_MS = 100;

export class Telling {
  readonly #attempt: Attempt;
  /** Was anything told, now or by a process that is gone? */
  touched: boolean;

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
    this.touched = attempt.recorded.some(({ name }) => name === 'balancer:intent');
  }

  get stopped(): boolean {
    return this.#attempt.signal.aborted;
  }

  async admit(places: readonly Place[], admission: Admission): Promise<void> {
    for (const place of places) {
      await this.#tell(place, admission, () => place.router.admit(place.server, admission));
    }
  }

  async prove(places: readonly Place[]): Promise<void> {
    for (const place of places) await this.#tell(place, 'PROVE', () => place.router.prove(place.server));
  }

  /** Intent before, result after: an intent without a result means that the live state decides. */
  async #tell({ router, server, host }: Place, told: string, call: () => Promise<void>): Promise<void> {
    const data = { router: router.name, server, host, told };
    this.touched = true;
    await this.#attempt.record('balancer:intent', data);
    await call();
    await this.#attempt.record('balancer:result', data);
    this.#attempt.log.info(`${router.name}: ${server} (${host}): ${WORDS[told] ?? told}`);
  }

  /** Reads until `done` answers true, the time is up, or the work is to stop; answers whether it was done. */
  async until(
    places: readonly Place[],
    forMs: number,
    done: (states: readonly ServerState[]) => boolean,
  ): Promise<boolean> {
    const { system, signal } = this.#attempt;
    const end = system.clock.monotonic() + forMs;
    for (;;) {
      if (done(await statesOf(places))) return true;
      const left = end - system.clock.monotonic();
      if (left <= 0 || signal.aborted) return false;
      await pause(Math.min(POLL_MS, left), system, signal);
    }
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ON: 'gets traffic',
  DRAIN: 'gets nothing new',
  OFF: 'is shut off',
  PROVE: 'its health is found out anew, without traffic',
};

/** In the order of the places. One that its router does not know is told with those that exist. */
export async function statesOf(places: readonly Place[]): Promise<readonly ServerState[]> {
  const read = new Map<Router, ServerStates>();
  for (const { router } of places) if (!read.has(router)) read.set(router, await router.read());
  const missing = places.filter(({ router, server }) => read.get(router)?.has(server) !== true);
  if (missing.length > 0) throw new FailureError(unknownServers(missing, read));
  return places.flatMap(({ router, server }) => read.get(router)?.get(server) ?? []);
}

function unknownServers(missing: readonly Place[], read: ReadonlyMap<Router, ServerStates>): Failure {
  const router = missing[0]?.router;
  const existing = router === undefined ? [] : [...(read.get(router)?.keys() ?? [])];
  const names = missing
    .filter((each) => each.router === router)
    .map(({ server, host }) => `'${server}' (of host ${host})`);
  const has = existing.length === 0 ? 'its backend has none' : `its backend has ${existing.join(', ')}`;
  const mend = 'name the servers as the hosts, or map them with servers: in the load balancer of the infrastructure';
  const message = `${router?.name ?? 'the load balancer'} has no server ${names.join(', ')}; ${has}; ${mend}`;
  return failure('NOT_FOUND', message, { details: { existing } });
}

/** `web-3: off; web-4: on, down`. */
export const describe = (places: readonly Place[], states: readonly ServerState[]): string =>
  places
    .map(({ server }, index) => {
      const state = states[index];
      if (state === undefined) return server;
      const health = state.health === 'UNCHECKED' ? '' : `, ${state.health.toLowerCase()}`;
      return `${server}: ${state.admission.toLowerCase()}${health}`;
    })
    .join('; ');
