/** Attempts that have not ended: what is still asked for, or may still be at work. Remembered per node. */
import type { Attempt, Phase, Run, Section, Step } from './execution.ts';
import { gather } from './gather.ts';
import { once } from './once.ts';

/** Of so few tasks it is found out sooner than remembered. */
const FEW = 4;

const openOfMany = once(openIn);

export const openAttemptsOf = (step: Step): readonly Attempt[] =>
  step.tasks.length <= FEW ? openIn(step) : openOfMany(step);

function openIn({ tasks }: Step): readonly Attempt[] {
  const open: Attempt[] = [];
  for (const { attempts } of tasks) for (const attempt of attempts) if (attempt.state !== 'ENDED') open.push(attempt);
  return open;
}

export const openInSection = once((section: Section) => gather(section.steps, openAttemptsOf));
export const openInPhase = once((phase: Phase) => gather(phase.sections, openInSection));

/** Open attempts of a run, those of an ended run included: ended is not settled. */
export const openAttempts = once((run: Run): readonly Attempt[] => gather(run.phases, openInPhase));
