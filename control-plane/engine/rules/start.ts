import type { Event } from '../events.ts';
import { evolve } from '../evolve.ts';
import type { Input } from '../inputs.ts';
import { Turn } from '../turn.ts';
import { advance } from './advance.ts';

/** The first events of an execution; they fix its plan. */
export function startExecution(input: Extract<Input, { input: 'start' }>, now: number): readonly Event[] {
  const { plan, driver, epoch } = input;
  const started: Event = { event: 'ExecutionStarted', plan, driver, epoch, at: now };
  const turn = new Turn(evolve(null, started), now, [started]);
  advance(turn);
  return turn.events;
}
