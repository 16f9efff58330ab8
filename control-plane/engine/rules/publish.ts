/**
 * What a step gives to later ones (orchestration 4.8): the outputs of every target that succeeded. Whatever cannot be
 * given as it was asked for is a failure of the step: nothing is dropped, and nothing quietly replaces another's.
 */
import { resolveTemplate, type Scope } from '@fairlead/proto/expressions/index.ts';
import { isPublishName } from '@fairlead/proto/expressions/names.ts';
import { failure, type Failure } from '@fairlead/proto/model/failure.ts';
import type { JsonObject } from '@fairlead/proto/model/json.ts';
import { PROVISIONED } from '@fairlead/proto/steps/provisioner.ts';
import type { Output } from '../execution.ts';
import type { SectionPlan } from '../plan.ts';
import { planOfStep, type PlannedStep } from '../plan-of.ts';
import { ownerOf, scopeOfTask } from '../scope.ts';
import { findRun, findStep, lastAttempt, parentOf } from '../tree.ts';
import type { Turn } from '../turn.ts';

/**
 * Null: everything is published. Under one name for all targets of a step the last one's values stand; a name made of the
 * instance keeps them apart.
 */
export function publishOutputs(turn: Turn, stepId: string): Failure | null {
  const step = findStep(turn.execution, stepId);
  const plan = planOfStep(turn.execution, stepId);
  if (plan.publish === null || step === undefined) return null;
  const { run, phase, phasePlan } = plan.of;
  for (const task of step.tasks) {
    const result = lastAttempt(task)?.result;
    if (result?.outcome !== 'SUCCESS' || result.outputs === undefined) continue;
    const host = phasePlan?.hosts.find((each) => each.name === task.target) ?? null;
    const where = scopeOfTask(turn.execution, { run, phase, step: plan, host });
    const problem = publishValues(turn, stepId, result.outputs, where);
    if (problem !== null) return problem;
  }
  return null;
}

/** The values under the name that the step publishes by, as it is called in that scope; null: it is done, or not asked for. */
export function publishValues(turn: Turn, stepId: string, outputs: JsonObject, where: Scope): Failure | null {
  const plan = planOfStep(turn.execution, stepId);
  const { publish: as } = plan;
  if (as === null) return null;
  const resolved = resolveTemplate(as.name, where);
  if (!resolved.ok) return { ...first(resolved.failures), field: 'publish.name' };
  const name = resolved.value;
  if (typeof name !== 'string') return refuse(`the name may hold no secret`);
  if (!mayPublish(name, plan, as.name))
    return refuse(`the name '${name}' is reserved, or no name of letters, digits and _`);
  const owner = ownerOf(turn.execution, plan.of, as.scope);
  const standing = turn.execution.outputs.find((each) => each.name === name && each.owner === owner);
  const values = merged(standing, outputs, name);
  const clash = standing === undefined ? null : clashOf(turn, stepId, plan, standing, outputs);
  if (clash !== null) return refuse(`${clash} publishes '${name}' at the same time: give them names of their own`);
  turn.emit({ event: 'OutputsPublished', name, scope: as.scope, owner, values, by: stepId });
  return null;
}

/** Of a step that has failed anyway, and is passed over: what it failed of, and what is missing because of it. */
export function withoutOutputs(why: Failure, missing: Failure | null): Failure {
  // Tried once more only to be passed over, it may be the same.
  return missing === null || missing.message === why.message
    ? why
    : { ...why, message: `${why.message}; ${missing.message}` };
}

const refuse = (why: string): Failure =>
  failure('INVALID_INPUT', `its outputs cannot be published: ${why}`, { field: 'publish.name' });
const first = (failures: readonly Failure[]): Failure => failures[0] ?? refuse('the name cannot be resolved');

/** Names that were checked when the definition was applied stand for themselves; only what came out of an expression is new. */
const mayPublish = (name: string, plan: PlannedStep, written: string): boolean =>
  plan.type === 'PROVISIONER' || name === written || isPublishName(name) || isNameOfInstance(name);

/** What instances are called is no identifier; such names are read with `${context.get(…)}` (4.8). */
const isNameOfInstance = (name: string): boolean => !/^[A-Za-z0-9_]*$/.test(name);

/** Provisioners give to one name together; elsewhere the newer values take the place of the older. */
const merged = (standing: Output | undefined, values: JsonObject, name: string): JsonObject =>
  name === PROVISIONED && standing !== undefined ? { ...standing.values, ...values } : values;

/** Who published it, when that one runs beside this one: a sibling of its group, or another run of the stage. */
function clashOf(turn: Turn, stepId: string, plan: PlannedStep, standing: Output, values: JsonObject): string | null {
  const { by } = standing;
  if (by === undefined || by === stepId) return null;
  const own = Object.keys(values).some((key) => Object.hasOwn(standing.values, key));
  if (standing.name === PROVISIONED && !own) return null;
  if (parentOf(by) === parentOf(stepId)) return runsBeside(plan.of.section, plan, by) ? stepName(turn, by) : null;
  const [mine, other] = [findRun(turn.execution, stepId), findRun(turn.execution, by)];
  const together = mine !== undefined && other !== undefined && mine.id !== other.id && mine.stageId === other.stageId;
  return together ? stepName(turn, by) : null;
}

function runsBeside(section: SectionPlan, plan: PlannedStep, by: string): boolean {
  if (section.parallel) return true;
  const at = section.steps.findIndex((step) => step.id === plan.id);
  const other = section.steps.findIndex((step) => by.endsWith(`/${step.id}`));
  const [from, to] = [Math.min(at, other), Math.max(at, other)];
  return section.steps.slice(from + 1, to + 1).every((step) => step.withPrevious);
}

const stepName = (turn: Turn, id: string): string => `'${planOfStep(turn.execution, id).name}'`;
