/** Where in an execution something is decided: the nodes on the way there, and what the plan says of the last one. */
import type { Phase, Run, Section } from './execution.ts';
import type { SectionPlan, StepPlan } from './plan.ts';

export interface PhasePlace {
  readonly run: Run;
  readonly phase: Phase;
}

export interface SectionPlace extends PhasePlace {
  readonly section: Section;
  readonly plan: SectionPlan;
}

export interface StepPlace extends PhasePlace {
  readonly section: Section;
  readonly plan: StepPlan;
  /** Those it runs together with. */
  readonly group: readonly StepPlan[];
}
