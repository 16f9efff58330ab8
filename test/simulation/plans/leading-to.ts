/** Plans that come into a status which others seldom come into. */
import type { Status } from '@fairlead/proto/model/status.ts';
import type { PhasePlan, Plan, RunPlan, StepPlan } from '../../../control-plane/engine/plan.ts';
import {
  agentStep,
  hostNamed,
  phasePlan,
  plan,
  retryTimes,
  runPlan,
  sectionPlan,
  stepPlan,
} from '../../support/plans.ts';
import type { Dice } from '../dice.ts';
import { approvalRun } from './pipelines.ts';
import { NOBODY_KNOWS } from './steps.ts';

/** What comes into the status comes into it at its end, having done much before that seldom fails. */
export function leadingTo(dice: Dice, status: Status, of: Plan): Plan {
  switch (status) {
    case 'QUEUED':
      return followedBy(calm(of), runPlan([small([stepPlan('put')])], { id: 'rq', lock: LOCK }));
    case 'SKIPPED':
      return { ...of, stages: of.stages.map((stage) => ({ ...stage, runs: stage.runs.map(alwaysSkipped) })) };
    case 'WAITING':
    case 'REJECTED':
      return followedBy(calm(of), waitingFor(dice, 20_000));
    case 'EXPIRED':
      return followedBy(calm(of), waitingFor(dice, 400));
    case 'FAILED':
      return followedBy(calm(of), runPlan([small([stepPlan('put', { skip: NOBODY_KNOWS })])], { id: 'rf' }));
    case 'PAUSED':
    case 'SUCCESS':
      return calm(of);
    default:
      return of;
  }
}

const alwaysSkipped = (run: RunPlan): RunPlan => ({ ...run, skip: 'always' });

const small = (steps: readonly StepPlan[]): PhasePlan =>
  phasePlan('p1', [sectionPlan('deploy', steps)], { hosts: [hostNamed('h1')] });

/** Two dozen steps, most of them together. */
const calm = (of: Plan): Plan => {
  const sections = ['first', 'then', 'last'].map((id) =>
    sectionPlan(
      id,
      Array.from({ length: 8 }, (_, index) => agentStep(`put${index + 1}`)),
      { parallel: true, failureStrategies: [retryTimes(1, 200)] },
    ),
  );
  const run = runPlan([phasePlan('p1', sections, { hosts: [hostNamed('h1')] })]);
  return { ...of, stages: [{ id: 's1', name: 'first', runs: [run] }] };
};

const LOCK: RunPlan['lock'] = { keys: ['k1'], queueLimit: 10, timeoutMs: 3_600_000 };

const followedBy = (of: Plan, run: RunPlan): Plan => ({
  ...of,
  kind: 'PIPELINE',
  stages: [...of.stages, { id: 'sx', name: 'last', runs: [run] }],
});

function waitingFor(dice: Dice, timeoutMs: number): RunPlan {
  const run = approvalRun(dice, 'rx');
  const { pre } = run;
  return pre === null ? run : { ...run, pre: { ...pre, steps: pre.steps.map((step) => ({ ...step, timeoutMs })) } };
}

/** Holds the lock that others then queue for. */
export const blocker = (executionId: string): Plan =>
  plan(
    [
      runPlan(
        [phasePlan('p1', [sectionPlan('wait', [agentStep('look')], { waitMs: 15_000 })], { hosts: [hostNamed('h1')] })],
        {
          lock: LOCK,
        },
      ),
    ],
    { executionId },
  );
