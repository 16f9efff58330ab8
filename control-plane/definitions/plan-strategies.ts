import { parseDuration } from '@fairlead/proto/model/duration.ts';
import { FAILURE_TYPES } from '@fairlead/proto/model/failure.ts';
import { LIMITS } from '../engine/limits.ts';
import type { FailureAction, FailureStrategy, StepPlan } from '../engine/plan.ts';
import type { InterventionAction } from '../engine/waiting.ts';
import type { LongStrategy } from './long-form.ts';

const AFTER: Readonly<Record<NonNullable<LongStrategy['then']>, InterventionAction>> = {
  ignore: 'IGNORE',
  'mark-success': 'MARK_SUCCESS',
  end: 'END_EXECUTION',
  abort: 'ABORT',
  rollback: 'ROLLBACK_WORKFLOW',
  'rollback-provisioners-last': 'ROLLBACK_PROVISIONER_AFTER_PHASES',
};

const ACTIONS: Readonly<Record<LongStrategy['do'], FailureAction>> = {
  ...AFTER,
  retry: 'RETRY',
  manual: 'MANUAL_INTERVENTION',
  'rollback-phase': 'ROLLBACK_PHASE',
};

const milliseconds = (duration: string): number => parseDuration(duration) ?? 0;

export function planStrategies(
  strategies: readonly LongStrategy[],
  steps: readonly StepPlan[],
): readonly FailureStrategy[] {
  return strategies.flatMap((strategy): readonly FailureStrategy[] => {
    const { on, do: action, retry, every, steps: only, scope, tolerate } = strategy;
    const ids = steps.filter((step) => only?.includes(step.name) === true).map((step) => step.id);
    // Named steps that this service's workflow does not have: no steps would mean all of them.
    if (only !== undefined && ids.length === 0) return [];
    const ofPhase = scope === undefined ? action === 'rollback-phase' : scope === 'phase';
    return [
      {
        types: FAILURE_TYPES.filter((type) => on.includes(type.toLowerCase())),
        steps: ids,
        scope: ofPhase ? 'PHASE' : 'WORKFLOW',
        action: ACTIONS[action],
        retry: action === 'retry' ? { count: retry ?? 1, intervalsMs: (every ?? []).map(milliseconds) } : null,
        tolerate: tolerate === undefined ? null : planTolerance(tolerate),
        ...(action === 'manual' ? { manual: planManual(strategy) } : {}),
      },
    ];
  });
}

const planTolerance = (tolerate: string): NonNullable<FailureStrategy['tolerate']> =>
  tolerate.endsWith('%') ? { percent: Number(tolerate.slice(0, -1)) } : { count: Number(tolerate) };

const planManual = ({ timeout, then }: LongStrategy): NonNullable<FailureStrategy['manual']> => ({
  timeoutMs: timeout === undefined ? LIMITS.interventionMs : milliseconds(timeout),
  afterTimeout: AFTER[then ?? 'end'],
});
