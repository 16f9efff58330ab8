import type { Event, EventBody } from './events.ts';
import { evolve } from './evolve.ts';
import type { Execution, Phase, Run } from './execution.ts';
import { findPhase, findRun } from './tree.ts';

/** One decision in the making: the events so far and the state they lead to. Rules read the one and add to the other. */
export class Turn {
  readonly now: number;
  readonly events: Event[] = [];
  #execution: Execution;

  constructor(execution: Execution, now: number, first: readonly Event[] = []) {
    this.#execution = execution;
    this.now = Math.max(now, execution.lastAt);
    this.events.push(...first);
  }

  get execution(): Execution {
    return this.#execution;
  }

  emit(body: EventBody): void {
    const event: Event = { ...body, at: this.now };
    this.#execution = evolve(this.#execution, event);
    this.events.push(event);
  }

  /** Nothing new may begin in the run. What takes back is never paused. */
  isPaused(id: string): boolean {
    return this.#execution.pause !== null && !takesBack(this.#execution, this.run(id));
  }

  /** The run as it is now. */
  run(id: string): Run {
    const run = findRun(this.#execution, id);
    if (run === undefined) throw new Error(`no run ${id}`);
    return run;
  }

  phase(id: string): Phase {
    const phase = findPhase(this.#execution, id);
    if (phase === undefined) throw new Error(`no phase ${id}`);
    return phase;
  }
}

/** It rolls back, or belongs to a stage that was appended to take back another. */
export const takesBack = ({ plan }: Execution, { rollback, stageId }: Run): boolean =>
  rollback !== null || plan.stages.some(({ id, takesBack: other }) => id === stageId && other !== undefined);
