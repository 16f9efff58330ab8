import type { Command } from '../engine/commands.ts';
import { decide } from '../engine/decide.ts';
import type { Event } from '../engine/events.ts';
import { evolve } from '../engine/evolve.ts';
import type { Execution } from '../engine/execution.ts';
import type { Input } from '../engine/inputs.ts';
import { nextDeadline } from '../engine/next-deadline.ts';
import { wanted } from '../engine/wanted.ts';

/** The pure functions an execution is interpreted by; a test may plant others. */
export interface Engine {
  decide(execution: Execution | null, input: Input, now: number): readonly Event[];
  evolve(execution: Execution | null, event: Event): Execution;
  wanted(execution: Execution): readonly Command[];
  nextDeadline(execution: Execution): number | null;
}

export const ENGINE: Engine = { decide, evolve, wanted, nextDeadline };

/** Stands in every journal record; changes with every release whose decisions differ. */
export const ENGINE_VERSION = 3;

/** The engine threw: a bug, which parks the one execution it happened to. */
export class EngineBug extends Error {
  constructor(where: string, cause: unknown) {
    super(`${where}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'EngineBug';
  }
}

/** Runs a piece of interpretation so that whatever it throws is known to be the engine's. */
export function interpret<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new EngineBug(where, error);
  }
}
