import type { Scheduler, Timer } from '@fairlead/proto/model/system.ts';
import type { Command } from '../engine/commands.ts';
import type { Execution } from '../engine/execution.ts';
import { interpret, type Engine } from './engine.ts';

/**
 * Carries a command out, once. Resolves with when to look again if it is still wanted then: milliseconds. `now` is the
 * execution as it is; null once the command is not wanted any more.
 */
export type CarryOut = (command: Command, now: () => Execution | null) => Promise<number>;

/** What went wrong is tried again after so long. Milliseconds. */
const AGAIN_MS = 1_000;

interface Outstanding {
  timer: Timer | null;
}

/**
 * What one execution wants of the world at present. A command is begun when it is first wanted, begun again as long as
 * it stays so, and forgotten when it is not.
 */
export class Outbound {
  readonly #scheduler: Scheduler;
  readonly #carryOut: CarryOut;
  readonly #tell: (error: unknown) => void;
  readonly #outstanding = new Map<string, Outstanding>();
  #execution: Execution | null = null;
  #alarm: { readonly at: number; readonly timer: Timer } | null = null;
  #stopped = false;

  /** `tell`: what went wrong, and is tried again. */
  constructor(scheduler: Scheduler, carryOut: CarryOut, tell: (error: unknown) => void) {
    this.#scheduler = scheduler;
    this.#carryOut = carryOut;
    this.#tell = tell;
  }

  /** Sees to everything that is wanted in this state; rings when time alone will change something. */
  pursue(engine: Engine, execution: Execution, now: number, ring: () => Promise<unknown>): void {
    this.reconcile(
      execution,
      interpret('wanted', () => engine.wanted(execution)),
    );
    this.alarm(
      interpret('nextDeadline', () => engine.nextDeadline(execution)),
      now,
      ring,
    );
  }

  /** Nobody is carrying it out. */
  isNew(command: Command): boolean {
    return !this.#outstanding.has(command.id);
  }

  reconcile(execution: Execution, commands: readonly Command[]): void {
    if (this.#stopped) return;
    this.#execution = execution;
    const wanted = new Set(commands.map((command) => command.id));
    for (const [id, outstanding] of this.#outstanding) {
      if (wanted.has(id)) continue;
      outstanding.timer?.cancel();
      this.#outstanding.delete(id);
    }
    for (const command of commands) if (!this.#outstanding.has(command.id)) this.#begin(command);
  }

  /** Rings once at that time (by the given clock), instead of at any told before; null: never. */
  alarm(at: number | null, now: number, ring: () => Promise<unknown>): void {
    if (this.#stopped || this.#alarm?.at === at) return;
    this.#alarm?.timer.cancel();
    this.#alarm = null;
    if (at === null) return;
    const timer = this.#scheduler.after(Math.max(0, at - now), () => {
      this.#alarm = null;
      ring().catch((error: unknown) => {
        this.#tell(error);
        // Unless it rings again, whatever was due waits for ever.
        if (this.#alarm === null) this.alarm(AGAIN_MS, 0, ring);
      });
    });
    this.#alarm = { at, timer };
  }

  stop(): void {
    this.#stopped = true;
    this.#alarm?.timer.cancel();
    for (const outstanding of this.#outstanding.values()) outstanding.timer?.cancel();
    this.#outstanding.clear();
  }

  #begin(command: Command): void {
    const outstanding: Outstanding = { timer: null };
    this.#outstanding.set(command.id, outstanding);
    const isWanted = (): boolean => this.#outstanding.get(command.id) === outstanding;
    const carryOut = (): void => {
      outstanding.timer = null;
      // Whatever went wrong, it is still wanted: try again soon.
      this.#carryOut(command, () => (isWanted() ? this.#execution : null)).then(again, (error: unknown) => {
        this.#tell(error);
        again(AGAIN_MS);
      });
    };
    const again = (delayMs: number): void => {
      if (isWanted()) outstanding.timer = this.#scheduler.after(delayMs, carryOut);
    };
    carryOut();
  }
}
