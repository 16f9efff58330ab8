/** A person decides on a failure that waits for it (orchestration 9.4). */
import { failure, FailureError } from '@fairlead/proto/model/failure.ts';
import type { Failure } from '@fairlead/proto/model/failure.ts';
import type { NodeId } from '@fairlead/proto/model/ids.ts';
import type { Execution } from '../engine/execution.ts';
import { planOfStep } from '../engine/plan-of.ts';
import { interventionChoices } from '../engine/rules/intervention.ts';
import { waitingSteps } from '../engine/rules/waiting.ts';
import type { InterventionAction } from '../engine/waiting.ts';
import type { Actor } from './authorize.ts';
import type { SteeringWorld } from './steering.ts';

/** What waits for a decision, and what may be decided. */
export interface OpenIntervention {
  readonly stepId: NodeId;
  readonly name: string;
  /** `ship-web / Phase 1 / Deploy Service` */
  readonly where: string;
  readonly since: number;
  readonly until: number;
  readonly failure: Failure;
  readonly choices: readonly InterventionAction[];
  /** Done when nobody decides until then. */
  readonly afterTimeout: InterventionAction;
}

export const openInterventions = (execution: Execution): readonly OpenIntervention[] =>
  execution.runs.flatMap(waitingSteps).flatMap(({ id, waiting }): readonly OpenIntervention[] => {
    if (waiting.on !== 'INTERVENTION') return [];
    const { since, until, failure: why, afterTimeout } = waiting;
    const { name, of } = planOfStep(execution, id);
    const where = [of.runPlan.workflow.name, of.phase.name, of.section.name].join(' / ');
    const choices = interventionChoices(execution, id);
    return [{ stepId: id, name, where, since, until, failure: why, choices, afterTimeout }];
  });

export interface InterventionRequest {
  /** The step's id or name; may be left out when only one waits. */
  readonly step?: string;
  readonly action: InterventionAction;
  readonly reason: string;
}

export async function intervene(
  { router, gate }: Pick<SteeringWorld, 'router' | 'gate'>,
  actor: Actor,
  execution: Execution,
  { step, action, reason }: InterventionRequest,
): Promise<{ readonly stepId: NodeId }> {
  // A choice that rolls back or aborts is worth the same as asking for it otherwise.
  if (action === 'ABORT') gate(actor, 'abort', execution.id);
  if (ROLLS_BACK.includes(action)) gate(actor, 'rollback', execution.id);
  const stepId = chosen(execution, step);
  await router.submit(execution.id, { input: 'intervene', stepId, action, actor: actor.name, reason });
  return { stepId };
}

const ROLLS_BACK: readonly InterventionAction[] = [
  'END_EXECUTION',
  'ROLLBACK_WORKFLOW',
  'ROLLBACK_PROVISIONER_AFTER_PHASES',
];

function chosen(execution: Execution, text: string | undefined): NodeId {
  const open = openInterventions(execution);
  const fitting = text === undefined ? open : open.filter(({ stepId, name }) => stepId === text || name === text);
  const [only, ...more] = fitting;
  if (only !== undefined && more.length === 0) return only.stepId;
  // An id is the engine's to judge: it knows why that step waits no longer.
  if (text?.startsWith(`${execution.id}/`) === true) return text;
  const existing = open.map(({ stepId }) => stepId);
  if (open.length === 0) throw refused('ILLEGAL_STATE', 'no step of it waits for a decision', existing);
  if (more.length > 0) throw refused('INVALID_INPUT', 'several steps wait for a decision: name one of them', existing);
  throw refused(
    'NOT_FOUND',
    `no step '${text ?? ''}' waits for a decision; these do: ${existing.join(', ')}`,
    existing,
  );
}

const refused = (code: 'ILLEGAL_STATE' | 'INVALID_INPUT' | 'NOT_FOUND', why: string, existing: readonly string[]) =>
  new FailureError(failure(code, why, { field: 'step', details: { existing: existing.slice(0, 20) } }));
