import type { Event } from '../engine/events.ts';
import type { Execution } from '../engine/execution.ts';
import type { Input } from '../engine/inputs.ts';
import { refuseEnded } from '../engine/rules/refuse-ended.ts';
import { interpret, type Engine } from './engine.ts';

/** One input and what was decided on it; what a journal record holds. */
export interface Decision {
  readonly input: Input;
  readonly events: readonly Event[];
}

export interface Deliberation {
  readonly execution: Execution | null;
  /** What to append: a stale input leaves no trace, and nothing follows `Settled`. */
  readonly decisions: readonly Decision[];
  /** What followed from each input, in their order. */
  readonly outcomes: readonly (readonly Event[])[];
}

/**
 * Decides the inputs one after the other, each on the state the one before left. Time never runs backwards. Whoever asks
 * something of what has ended is refused also where nothing can be decided on it.
 */
export function deliberate(
  engine: Engine,
  execution: Execution | null,
  inputs: readonly Input[],
  clock: number,
): Deliberation {
  let state = execution;
  const decisions: Decision[] = [];
  const outcomes: (readonly Event[])[] = [];
  for (const input of inputs) {
    const before = state;
    const now = Math.max(clock, before?.lastAt ?? 0);
    const refused = before === null || before.endedAt === null ? [] : refuseEnded(input, now);
    const events = decideOr(refused, engine, before, input, now);
    outcomes.push(events);
    if (events.length === 0 || events === refused || before?.settled === true) continue;
    state = fold(engine, before, events);
    decisions.push({ input, events });
  }
  return { execution: state, decisions, outcomes };
}

/** `refused` where the engine, which may be what is wrong with it, cannot say why. */
function decideOr(
  refused: readonly Event[],
  engine: Engine,
  execution: Execution | null,
  input: Input,
  now: number,
): readonly Event[] {
  // What is told rather than asked changes nothing there any more.
  if (execution?.settled === true && refused.length === 0) return refused;
  try {
    return interpret(`decide ${input.input}`, () => engine.decide(execution, input, now));
  } catch (error) {
    if (refused.length === 0) throw error;
    return refused;
  }
}

export function fold(engine: Engine, execution: Execution | null, events: readonly Event[]): Execution | null {
  let state = execution;
  for (const event of events) {
    const before = state;
    state = interpret(`evolve ${event.event}`, () => engine.evolve(before, event));
  }
  return state;
}
