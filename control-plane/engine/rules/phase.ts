/** A phase run goes through its sections one after the other; a section through its groups of steps. */
import { isFailed, isTerminal, worst, type Status } from '@fairlead/proto/model/status.ts';
import type { Phase, Run, Section } from '../execution.ts';
import { once } from '../once.ts';
import type { SectionPlan, StepPlan } from '../plan.ts';
import { planOfRun, sectionsOf } from '../plan-of.ts';
import type { Turn } from '../turn.ts';
import { concludeGroup, type Conclusion } from './outcome.ts';
import { failStep } from './fail-step.ts';
import { advanceStep, skippedBy } from './step.ts';

export function advancePhase(turn: Turn, run: Run, phase: Phase): void {
  const plans = sectionsOf(planOfRun(turn.execution, run), run, phase);
  const last = phase.sections.at(-1);
  if (last !== undefined && !isTerminal(last.status)) {
    const plan = plans.find((each) => each.id === last.planId);
    if (plan === undefined) throw new Error(`no plan for section ${last.id}`);
    return advanceSection(turn, run, phase, last, plan);
  }
  const next = plans[phase.sections.length];
  if (next !== undefined && (last === undefined || !isFailed(last.status))) return openSection(turn, run, phase, next);
  const status = worst(phase.sections.map((section) => section.status));
  turn.emit({ event: 'PhaseEnded', phaseId: phase.id, status });
}

function openSection(turn: Turn, run: Run, phase: Phase, plan: SectionPlan): void {
  if (turn.isPaused(run.id)) return;
  const sectionId = `${phase.id}/${plan.id}`;
  const ending = skippedBy(turn, { run, phase }, plan.skip);
  const waitMs = plan.steps.length > 0 && ending === null ? plan.waitMs : 0;
  turn.emit({ event: 'SectionStarted', sectionId, notBefore: turn.now + waitMs });
  if (plan.steps.length === 0) return turn.emit({ event: 'SectionEnded', sectionId, status: 'SKIPPED' });
  if (ending === null) return;
  // A section's condition is the condition of each of its steps.
  for (const step of plan.steps) {
    const stepId = `${sectionId}/${step.id}`;
    if (typeof ending === 'string') turn.emit({ event: 'StepEnded', stepId, ...SKIPPED, skipped: ending });
    else failStep(turn, stepId, ending);
  }
}

const SKIPPED = { status: 'SKIPPED', failure: null } as const;

function advanceSection(turn: Turn, run: Run, phase: Phase, section: Section, plan: SectionPlan): void {
  if (turn.now < section.notBefore) return;
  for (const group of groupsOf(plan)) {
    const before = turn.events.length;
    for (const step of group) advanceStep(turn, { run, phase, section, plan: step, group });
    if (turn.events.length > before) return; // Look again at what became of it.
    const states = group.map((step) => section.steps.find((each) => each.planId === step.id));
    const conclusion = concludeGroup(turn, { run, phase, section, plan }, states);
    if (conclusion !== 'passed') return endEarly(turn, run, section, conclusion);
  }
  turn.emit({ event: 'SectionEnded', sectionId: section.id, status: worst(section.steps.map(countedAs)) });
}

/** As the step that failed: an approval is rejected or expires. */
const endedAs = (turn: Turn, { id }: Section): readonly Status[] =>
  (turn.phase(id).sections.at(-1)?.steps ?? []).map(countedAs);

/** An ignored failure counts as passed. */
const countedAs = (step: { readonly status: Status; readonly ignored: boolean }): Status =>
  step.ignored ? 'SUCCESS' : step.status;

function endEarly(turn: Turn, run: Run, section: Section, conclusion: Conclusion): void {
  if (conclusion !== 'failed') return;
  if (turn.run(run.id).abort !== null) return; // The abort closes everything.
  turn.emit({ event: 'SectionEnded', sectionId: section.id, status: worst(endedAs(turn, section)) });
}

/** Steps that run together: all of a parallel section; otherwise a step with those that join it. */
export const groupsOf = once((plan: SectionPlan): readonly (readonly StepPlan[])[] => {
  if (plan.parallel) return [plan.steps];
  const groups: StepPlan[][] = [];
  for (const step of plan.steps) {
    const last = groups.at(-1);
    if (step.withPrevious && last !== undefined) last.push(step);
    else groups.push([step]);
  }
  return groups;
});
