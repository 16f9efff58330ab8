/**
 * The hosts of the simulation and what was really done on them. A host keeps, for every attempt that was claimed, a
 * marker with its outcome (as the attempt wrapper does), and an append-only list of effects that nobody can forge.
 */
import type { Random } from '@fairlead/proto/model/system.ts';
import { failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import type { VirtualSystem } from '../support/virtual-system.ts';
import type { History } from './history.ts';

export interface Effect {
  readonly host: string;
  /** Attempt and unit. */
  readonly work: string;
  readonly at: number;
  endedAt: number | null;
  killed: boolean;
}

/** How work behaves; decided by the scenario. */
export interface Behavior {
  readonly runsMs: number;
  readonly fails: boolean;
  /** Cannot be reached: fails before anything happens. */
  readonly unreachable: boolean;
}

export class TargetWorld {
  readonly effects: Effect[] = [];
  readonly #system: VirtualSystem;
  readonly #history: History;
  readonly #markers = new Map<
    string,
    { readonly effect: Effect; readonly ended: Promise<'done' | 'killed'>; kill(): void }
  >();
  readonly #random: Random;
  behave: (host: string, work: string) => Behavior = () => ({ runsMs: 50, fails: false, unreachable: false });

  constructor(system: VirtualSystem, history: History) {
    this.#system = system;
    this.#history = history;
    this.#random = system.spawn('targets').random;
  }

  /** Claims by `mkdir`: of several starts of one work exactly one happens; the others see its outcome. */
  async work(host: string, work: string, signal: AbortSignal): Promise<AttemptResult> {
    const behavior = this.behave(host, work);
    await this.#system.scheduler.sleep(1 + this.#random.fraction() * 3);
    if (behavior.unreachable) {
      return { outcome: 'FAILED', failure: failure('UNREACHABLE', `${host} is not reachable`), touched: false };
    }
    const key = `${host} ${work}`;
    let marker = this.#markers.get(key);
    if (marker === undefined) {
      if (signal.aborted) return canceled(false);
      marker = this.#start(host, work, behavior.runsMs);
      this.#markers.set(key, marker);
    }
    const { ended, kill } = marker;
    const stop = (): void => kill();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const how = await ended;
    signal.removeEventListener('abort', stop);
    if (how === 'killed') return canceled(true);
    if (!behavior.fails) return { outcome: 'SUCCESS', touched: true };
    return { outcome: 'FAILED', failure: failure('COMMAND_FAILED', `${work} failed on ${host}`), touched: true };
  }

  #start(host: string, work: string, runsMs: number) {
    const effect: Effect = { host, work, at: this.#system.elapsed, endedAt: null, killed: false };
    this.effects.push(effect);
    this.#history.note('effect', `${host} ${work}`);
    let end: (how: 'done' | 'killed') => void = () => {};
    const ended = new Promise<'done' | 'killed'>((resolve) => (end = resolve));
    const finish = (how: 'done' | 'killed'): void => {
      if (effect.endedAt !== null) return;
      effect.endedAt = this.#system.elapsed;
      effect.killed = how === 'killed';
      end(how);
    };
    this.#system.scheduler.after(runsMs, () => finish('done'));
    const kill = (): void => void this.#system.scheduler.after(20, () => finish('killed'));
    return { effect, ended, kill };
  }
}

const canceled = (touched: boolean): AttemptResult => ({
  outcome: 'CANCELED',
  failure: failure('CANCELED', 'stopped'),
  touched,
  confirmed: true,
});
