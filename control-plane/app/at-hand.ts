/**
 * What need not be waited for: a task that becomes wanted is given to a free agent by the append that makes it so, instead
 * of by one of its own after it. Choosing is not sending: the offer goes out when all of it stands in the journal.
 */
import type { Command } from '../engine/commands.ts';
import type { Event } from '../engine/events.ts';
import type { Input } from '../engine/inputs.ts';
import { deliberate, type Deliberation } from './deliberate.ts';
import { EngineBug, interpret, type Engine } from './engine.ts';

export interface AtHand {
  /** Answers to commands that can be had at once; what they take is taken. Any of the commands may go without one. */
  answers(commands: readonly Command[]): readonly Input[];
  /** These answers came to nothing. */
  takeBack(answers: readonly Input[]): void;
}

export interface Considered extends Deliberation {
  /** To be taken back if the decisions are not appended. */
  readonly answers: readonly Input[];
}

/** In one append, which stays far under the limit of a record; the rest is asked for after it. */
const MOST = 100;

/** Only after these can an attempt want an agent that did not before. */
const OPENING: ReadonlySet<Event['event']> = new Set(['StepStarted', 'StepRetried', 'AttemptReleased']);

/** Decides what is at hand on top of what was decided. `isNew`: the command is not being carried out already. */
export function withAtHand(
  { engine, atHand }: { readonly engine: Engine; readonly atHand: AtHand },
  decided: Deliberation,
  isNew: (command: Command) => boolean,
): Considered {
  const { execution, decisions, outcomes } = decided;
  const nothing = { ...decided, answers: [] };
  if (execution === null || !outcomes.some((events) => events.some(({ event }) => OPENING.has(event)))) return nothing;
  let answers: readonly Input[] = [];
  try {
    answers = atHand.answers(
      interpret('wanted', () => engine.wanted(execution))
        .filter(isNew)
        .slice(0, MOST),
    );
    const more = deliberate(engine, execution, answers, execution.lastAt);
    return { execution: more.execution, decisions: [...decisions, ...more.decisions], outcomes, answers };
  } catch (error) {
    atHand.takeBack(answers);
    if (!(error instanceof EngineBug)) throw error;
    // What was decided before is appended all the same; the bug is met again when what is wanted is sent.
    return nothing;
  }
}
