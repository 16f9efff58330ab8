/**
 * The hosts of the simulation and what was really done on them. A host keeps, for every attempt that was claimed, a
 * marker with its outcome (as the attempt wrapper does), and an append-only list of effects that nobody can forge.
 */
import type { Random } from '@fairlead/proto/model/system.ts';
import { failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { Json } from '@fairlead/proto/model/json.ts';
import type { VirtualProcess, VirtualSystem } from '../support/virtual-system.ts';
import type { History } from './history.ts';

/** Work that was begun on a host. */
export interface Effect {
  readonly host: string;
  /** The attempt. */
  readonly work: string;
  /** Who began it. */
  readonly agent: string;
  readonly at: number;
  endedAt: number | null;
  killed: boolean;
}

/** An agent turned to a host with an attempt. */
export interface Visit {
  readonly host: string;
  readonly work: string;
  readonly agent: string;
  /** The ledger said that it was started before: it only looks what became of it. */
  readonly resumed: boolean;
}

/** How work behaves; decided by the scenario. */
export interface Behavior {
  readonly runsMs: number;
  readonly fails: boolean;
  /** Cannot be reached: fails before anything happens. */
  readonly unreachable: boolean;
}

interface Marker {
  readonly effect: Effect;
  readonly fails: boolean;
  readonly ended: Promise<void>;
  kill(): void;
}

export class TargetWorld {
  readonly effects: Effect[] = [];
  onEffect: (effect: Effect) => void = () => {};
  /** What it was to do is done. */
  onDone: (effect: Effect) => void = () => {};
  onVisit: (visit: Visit) => void = () => {};
  behave: (host: string, work: string) => Behavior = () => ({ runsMs: 50, fails: false, unreachable: false });
  readonly #system: VirtualSystem;
  readonly #history: History;
  readonly #markers = new Map<string, Marker>();
  readonly #random: Random;

  constructor(system: VirtualSystem, history: History) {
    this.#system = system;
    this.#history = history;
    this.#random = system.spawn('targets').random;
  }

  /** Claims by `mkdir`: of several starts of one work exactly one happens; the others see its outcome. */
  async work(
    host: string,
    work: string,
    signal: AbortSignal,
    by: { readonly agent: string; readonly resumed: boolean; readonly process: VirtualProcess },
  ): Promise<AttemptResult> {
    const { agent, resumed, process } = by;
    this.onVisit({ host, work, agent, resumed });
    const behavior = this.behave(host, work);
    await process.scheduler.sleep(1 + this.#random.fraction() * 3);
    if (behavior.unreachable) {
      return { outcome: 'FAILED', failure: failure('UNREACHABLE', `${host} is not reachable`), touched: false };
    }
    const key = `${host} ${work}`;
    let marker = this.#markers.get(key);
    if (marker === undefined) {
      if (signal.aborted) return canceled(false);
      marker = this.#start(host, work, agent, behavior);
      this.#markers.set(key, marker);
    }
    const { ended, kill } = marker;
    const stop = (): void => kill();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    await ended;
    signal.removeEventListener('abort', stop);
    return outcomeOf(marker);
  }

  /** Looks without touching, as another agent would. */
  async probe(host: string, work: string): Promise<Json> {
    await this.#system.scheduler.sleep(2);
    const marker = this.#markers.get(`${host} ${work}`);
    if (marker === undefined) return { seen: 'never-started' };
    if (marker.effect.endedAt === null) return { seen: 'running' };
    return { seen: 'ended', result: outcomeOf(marker) as unknown as Json }; // Plain data.
  }

  #start(host: string, work: string, agent: string, { runsMs, fails }: Behavior): Marker {
    const effect: Effect = { host, work, agent, at: this.#system.elapsed, endedAt: null, killed: false };
    this.effects.push(effect);
    this.#history.note('effect', `${host} ${work} by ${agent}`);
    let end: () => void = () => {};
    const ended = new Promise<void>((resolve) => (end = resolve));
    const finish = (killed: boolean): void => {
      if (effect.endedAt !== null) return;
      effect.endedAt = this.#system.elapsed;
      effect.killed = killed;
      if (!killed && !fails) this.onDone(effect);
      end();
    };
    // The host goes on whatever becomes of the agent.
    this.#system.scheduler.after(runsMs, () => finish(false));
    const kill = (): void => void this.#system.scheduler.after(20, () => finish(true));
    this.onEffect(effect);
    return { effect, fails, ended, kill };
  }
}

function outcomeOf({ effect, fails }: Marker): AttemptResult {
  const { host, work, killed } = effect;
  if (killed) return canceled(true);
  if (!fails) return { outcome: 'SUCCESS', touched: true };
  return { outcome: 'FAILED', failure: failure('COMMAND_FAILED', `${work} failed on ${host}`), touched: true };
}

const canceled = (touched: boolean): AttemptResult => ({
  outcome: 'CANCELED',
  failure: failure('CANCELED', 'stopped'),
  touched,
  confirmed: true,
});
