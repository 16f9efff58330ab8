/** A phase run goes through its sections one after the other; a section through its groups of steps. */
import { evaluateCondition } from '@fairlead/proto/expressions/index.ts';
import type { Failure } from '@fairlead/proto/model/failure.ts';
import { isFailed, isTerminal, worst, type Status } from '@fairlead/proto/model/status.ts';
import type { Phase, Run, Section } from '../execution.ts';
import type { SectionPlan, StepPlan } from '../plan.ts';
import { scopeOfPhase } from '../scope.ts';
import { planOfRun, sectionsOf, type Turn } from '../turn.ts';
import { concludeGroup, type Conclusion } from './outcome.ts';
import { advanceStep } from './step.ts';

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
  const sectionId = `${phase.id}/${plan.id}`;
  turn.emit({ event: 'SectionStarted', sectionId, notBefore: turn.now + (plan.steps.length > 0 ? plan.waitMs : 0) });
  if (plan.steps.length === 0) return turn.emit({ event: 'SectionEnded', sectionId, status: 'SKIPPED' });
  if (plan.skip === null) return;
  const condition = evaluateCondition(plan.skip, scopeOfPhase(turn.execution, run, turn.phase(phase.id)));
  if (condition.ok && !condition.value) return;
  // A section's condition is its steps' condition: what cannot be evaluated fails the first of them.
  for (const step of condition.ok ? plan.steps : plan.steps.slice(0, 1)) {
    turn.emit({
      event: 'StepEnded',
      stepId: `${sectionId}/${step.id}`,
      status: condition.ok ? 'SKIPPED' : 'FAILED',
      failure: condition.ok ? null : firstOf(condition.failures),
      skipped: condition.ok ? plan.skip : null,
    });
  }
}

const firstOf = (failures: readonly Failure[]): Failure | null => failures[0] ?? null;

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

/** An ignored failure counts as passed. */
const countedAs = (step: { readonly status: Status; readonly ignored: boolean }): Status =>
  step.ignored ? 'SUCCESS' : step.status;

function endEarly(turn: Turn, run: Run, section: Section, conclusion: Conclusion): void {
  if (conclusion !== 'failed') return;
  if (turn.run(run.id).abort !== null) return; // The abort closes everything.
  turn.emit({ event: 'SectionEnded', sectionId: section.id, status: 'FAILED' });
}

/** Steps that run together: all of a parallel section; otherwise a step with those that join it. */
export function groupsOf(plan: SectionPlan): readonly (readonly StepPlan[])[] {
  if (plan.parallel) return [plan.steps];
  const groups: StepPlan[][] = [];
  for (const step of plan.steps) {
    const last = groups.at(-1);
    if (step.withPrevious && last !== undefined) last.push(step);
    else groups.push([step]);
  }
  return groups;
}
