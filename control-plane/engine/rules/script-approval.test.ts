import { describe, expect, it } from 'vitest';
import { failure } from '@fairlead/proto/model/failure.ts';
import type { AttemptResult } from '@fairlead/proto/model/result.ts';
import { agentStep, onFailure, plan, runPlan, sectionPlan, simplePlan } from '../../../test/support/plans.ts';
import { failed, Play, succeeded, toldOf } from '../../../test/support/play.ts';
import type { FailureStrategy, RunPlan } from '../plan.ts';

const ask = agentStep('ok', {
  type: 'SCRIPT_APPROVAL',
  parameters: { script: 'curl …', everyMs: 1_000 },
  publish: { name: 'ticket', scope: 'WORKFLOW' },
  deploys: false,
});
const says = (approvalStatus: 'SUCCESS' | 'REJECTED'): AttemptResult => ({
  outcome: 'SUCCESS',
  outputs: { approvalStateType: 'SHELL_SCRIPT', approvalStatus },
  touched: false,
});
const tooLate: AttemptResult = {
  outcome: 'FAILED',
  failure: failure('STEP_TIMEOUT', 'it was stopped'),
  touched: false,
};

/** Deployed, then the script is asked. */
function played(answer: AttemptResult, strategies: readonly FailureStrategy[] = []): Play {
  const base = simplePlan();
  const run = base.stages[0]?.runs[0];
  const phase = run?.phases[0];
  if (run === undefined || phase === undefined) throw new Error('no phase');
  const sections = [...phase.sections, sectionPlan('gate', [ask], { failureStrategies: strategies })];
  const gated: RunPlan = { ...run, phases: [{ ...phase, sections }] };
  return new Play({ ...base, stages: [{ id: 's1', name: 'ship', runs: [gated] }] }).finish((id) =>
    id.includes('/ok@') ? answer : succeeded,
  );
}

const seen = (play: Play) => {
  const run = play.execution.runs[0];
  return [play.execution.status, run?.phases[0]?.sections.at(-1)?.steps[0]?.status, run?.rollback?.result ?? null];
};

describe('a script that is asked for an approval', () => {
  it('approves: the workflow goes on, and later steps read it', () => {
    const play = played(says('SUCCESS'));
    expect(seen(play)).toEqual(['SUCCESS', 'SUCCESS', null]);
    expect(play.execution.outputs).toMatchObject([{ name: 'ticket', values: { approvalStatus: 'SUCCESS' } }]);
  });

  it('rejects: it goes back, and is rejected', () => {
    const play = played(says('REJECTED'));
    expect(seen(play)).toEqual(['REJECTED', 'REJECTED', 'SUCCESS']);
    expect(play.execution.outputs).toMatchObject([{ values: { approvalStatus: 'REJECTED' } }]);
    expect(play.execution.runs[0]?.failure?.message).toBe('rejected by its script');
  });

  it('does not answer in time: it has expired', () => {
    expect(seen(played(tooLate))).toEqual(['EXPIRED', 'EXPIRED', 'SUCCESS']);
  });

  it('is judged by the strategies: a rejection may be passed over, and is never asked again', () => {
    expect(seen(played(says('REJECTED'), [onFailure('IGNORE')]))).toEqual(['SUCCESS', 'REJECTED', null]);
    const again = onFailure('RETRY', { retry: { count: 3, intervalsMs: [] } });
    const play = played(says('REJECTED'), [again, onFailure('ABORT')]);
    expect(seen(play)).toEqual(['ABORTED', 'REJECTED', null]);
    expect(toldOf(play.events, 'StepRetried')).toEqual([]);
  });

  it('fails like any other step when it cannot be asked', () => {
    expect(seen(played(failed(false)))).toEqual(['FAILED', 'FAILED', 'SUCCESS']);
  });

  it('is decided by nobody else when it cannot be asked: that would be an approval', () => {
    const strategies = [onFailure('MANUAL_INTERVENTION'), onFailure('ABORT')];
    const play = played(failed(false), strategies);
    expect(seen(play)).toEqual(['ABORTED', 'FAILED', null]);
    expect(toldOf(play.events, 'StepWaiting')).toEqual([]);
  });
});

describe('as a stage', () => {
  const stage = (answer: AttemptResult) => {
    const run = runPlan([], {
      id: 'a',
      type: 'APPROVAL',
      environment: null,
      families: {},
      pre: sectionPlan('pre', [ask]),
      failureStrategies: [],
    });
    const stages = [{ id: 's1', name: 'ask', runs: [run] }];
    return new Play(plan([], { kind: 'PIPELINE', stages })).finish(() => answer).execution;
  };

  it.each([
    ['SUCCESS', says('SUCCESS')],
    ['REJECTED', says('REJECTED')],
    ['EXPIRED', tooLate],
    ['FAILED', failed(false)],
  ])('it ends %s', (status, answer) => {
    expect([stage(answer).status, stage(answer).runs[0]?.status]).toEqual([status, status]);
  });
});
