/**
 * A step fails without an agent's report: it could not start, its outputs cannot be given, or what it waited for did not
 * come. It ends as failed, unless a strategy would ask a person about it, or try it again: of what has ended nobody is asked.
 */
import { failureType, type Failure } from '@fairlead/proto/model/failure.ts';
import type { Execution } from '../execution.ts';
import { planOfStep } from '../plan-of.ts';
import { NEVER_ASKED } from '../step-kinds.ts';
import type { Turn } from '../turn.ts';
import { mayComeYet, strategiesOf } from './verdict.ts';

export function failStep(turn: Turn, stepId: string, why: Failure): void {
  if (isLeftOpen(turn.execution, stepId, why)) return turn.emit({ event: 'StepFailed', stepId, failure: why });
  turn.emit({ event: 'StepEnded', stepId, status: 'FAILED', failure: why, skipped: null });
}

function isLeftOpen(execution: Execution, stepId: string, why: Failure): boolean {
  const { id, type, of } = planOfStep(execution, stepId);
  const actions = strategiesOf(execution, of.run, of.phase, of.section, id, failureType(why)).map(
    (each) => each.action,
  );
  return (
    (actions.includes('MANUAL_INTERVENTION') && !NEVER_ASKED.includes(type)) ||
    (actions.includes('RETRY') && mayComeYet(of.section, { planId: id }, why))
  );
}
