/** The guards that steps name, as they are defined when the plan is made. */
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import type { PhasePlan, RunPlan, SectionPlan, StepPlan } from '../engine/plan.ts';
import { guardsOf, namesOf, type Catalog } from './catalog.ts';
import { whatExists } from './nearest.ts';

export function withGuards(catalog: Catalog, run: RunPlan, failures: Failure[]): RunPlan {
  const guards = guardsOf(catalog);
  const inStep = (step: StepPlan): StepPlan => {
    if (step.type !== 'RESOURCE_CONSTRAINT') return step;
    const parameters = step.parameters as JsonObject; // Checked by the catalog when the step was planned.
    const wanted = String(parameters['constraint']);
    const guard = guards.find((each) => each.name === wanted);
    if (guard === undefined) {
      const mend = whatExists(wanted, namesOf(guards), 'guard');
      failures.push(failure('NOT_FOUND', `${step.name}: there is no guard '${wanted}'. ${mend}`));
      return step;
    }
    const { capacity, strategy } = guard.spec;
    const pinned = { id: guard.id, capacity, strategy: strategy === 'asap' ? 'ASAP' : 'FIFO' };
    return { ...step, parameters: { ...parameters, guard: pinned } };
  };
  const inSection = (section: SectionPlan): SectionPlan => ({ ...section, steps: section.steps.map(inStep) });
  const inPhase = (phase: PhasePlan): PhasePlan => ({
    ...phase,
    sections: phase.sections.map(inSection),
    rollback: phase.rollback.map(inSection),
  });
  return {
    ...run,
    pre: run.pre && inSection(run.pre),
    phases: run.phases.map(inPhase),
    post: run.post && inSection(run.post),
  };
}
