/** People who look now and then at what goes on: they answer what waits for somebody, and meddle with the rest. */
import { isBroken } from '../../control-plane/engine/rules/abort.ts';
import type { Execution } from '../../control-plane/engine/execution.ts';
import { openAttempts } from '../../control-plane/engine/open-attempts.ts';
import { asksForInputs } from '../../control-plane/engine/rules/late-planning.ts';
import { waitingSteps } from '../../control-plane/engine/rules/waiting.ts';
import type { ActionName } from './actions.ts';
import type { MemoryData } from '../support/memory-store/index.ts';
import type { Dice } from './dice.ts';

/** How often somebody looks. */
export const LOOK_MS = 700;

/** Chances at each look, of an answer to what asks for one and of something that nobody asked for. */
const ANSWERS = 0.35;
const MEDDLES = 0.004;

const MEDDLING: readonly ActionName[] = ['abort', 'abort a run', 'pause', 'pause', 'roll back', 'roll back a run'];

/** What comes to their mind; null: nothing. */
export function impulse(execution: Execution, dice: Dice): ActionName | null {
  if (execution.endedAt !== null) return null;
  const asked = whatIsAsked(execution, dice);
  if (asked !== null && dice.chance(ANSWERS)) return asked;
  return dice.chance(MEDDLES) ? dice.pick(MEDDLING) : null;
}

function whatIsAsked(execution: Execution, dice: Dice): ActionName | null {
  if (isBroken(execution)) return 'abort';
  const asked: ActionName[] = [];
  if (execution.pause !== null) asked.push('resume');
  if (execution.runs.some(asksForInputs)) asked.push('give inputs');
  for (const { waiting } of execution.runs.flatMap(waitingSteps)) {
    if (waiting.on === 'APPROVAL') asked.push('approve');
    if (waiting.on === 'INTERVENTION') asked.push('intervene');
  }
  return asked.length === 0 ? null : dice.pick(asked);
}

/** Once all is well again: what goes on for nobody but a person is told to. */
export function lastWord(execution: Execution, heads: MemoryData['heads']): ActionName | null {
  if (execution.endedAt !== null) return null;
  if (isBroken(execution) || heads.get(execution.id)?.parked != null) return 'abort';
  if (execution.pause !== null) return 'resume';
  const lost = execution.runs.flatMap(openAttempts).filter(({ state }) => state === 'UNKNOWN');
  // The others come to their deadline by themselves.
  return lost.some(({ startedAt, deadline }) => (deadline ?? 0) - (startedAt ?? 0) > LONG_MS) ? SAYS : null;
}

/** Longer than anybody who watches the simulation waits. */
const LONG_MS = 60_000;
const SAYS: ActionName = 'say what became of an attempt';
