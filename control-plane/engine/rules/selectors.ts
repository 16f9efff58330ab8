/** Which agents may do a step where that is told by expressions (orchestration 3.5): found out once, when the step starts. */
import { resolveTemplate } from '@fairlead/proto/expressions/index.ts';
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import type { StepPlace } from '../place.ts';
import type { PhasePlan, StepPlan } from '../plan.ts';
import { planOfPhase, planOfRun } from '../plan-of.ts';
import { scopeOfPhase } from '../scope.ts';
import type { Turn } from '../turn.ts';

/** Agents pinned by the infrastructure govern the steps of its phase, but one that has them among its own. */
export const governing = (phase: PhasePlan | null, step: StepPlan): readonly string[] =>
  step.selectorsStand === true ? [] : (phase?.selectors ?? []);

/** Null: they stand in the plan as they are. */
export function selectorsFor(turn: Turn, { run, phase, plan }: StepPlace): readonly string[] | Failure | null {
  const isGoverned = governing(planOfPhase(planOfRun(turn.execution, run), phase), plan).length > 0;
  if (isGoverned || !plan.selectors.some((each) => each.includes('${'))) return null;
  const where = scopeOfPhase(turn.execution, run, phase);
  const selectors: string[] = [];
  for (const template of plan.selectors) {
    const resolved = resolveTemplate(template, where, { strict: true });
    if (!resolved.ok) return resolved.failures[0] ?? failure('EXPRESSION', `'${template}' cannot be evaluated`);
    const selector = typeof resolved.value === 'string' ? resolved.value.trim() : '';
    if (selector === '') return failure('EXPRESSION', `the selector '${template}' must come to plain text, known here`);
    selectors.push(selector);
  }
  return selectors;
}
