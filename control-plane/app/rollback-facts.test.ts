import { describe, expect, it } from 'vitest';
import { phasePlan, plan, runPlan, sectionPlan, stepPlan } from '../../test/support/plans.ts';
import { failed, Play, succeeded } from '../../test/support/play.ts';
import type { Plan } from '../engine/plan.ts';
import { rollbackResult } from './rollback-facts.ts';

/** Installs at two hosts; its rollback runs `undo` there. */
const deploying = (id: string) => {
  const rollback = [sectionPlan('back', [stepPlan('undo')], { undoes: 'deploy' })];
  const phase = phasePlan('p1', [sectionPlan('deploy', [stepPlan('install')])], { mapping: id, rollback });
  return runPlan([phase], { id, workflow: { id, name: id } });
};

/** Steps whose ids hold one of these fail. */
const resultOf = (made: Plan, ...failing: readonly string[]) =>
  rollbackResult(
    new Play(made).finish((id) => (failing.some((each) => id.includes(each)) ? failed() : succeeded)).execution,
  );

describe('what came of a rollback', () => {
  const together = plan([deploying('a'), deploying('b')], { kind: 'PIPELINE' });

  it.each([
    ['nobody went back', null, []],
    ['one of two did', 'SUCCESS', ['/b/p1.0/deploy/']],
    ['both did', 'SUCCESS', ['/deploy/']],
    ['the first could', 'PARTIAL', ['/deploy/', '/b/p1.0.rollback/']],
    ['the second could', 'PARTIAL', ['/deploy/', '/a/p1.0.rollback/']],
    ['neither could', 'FAILED', ['/deploy/', '.rollback/']],
  ])('of runs side by side, where %s, is %s', (_, expected, failing) => {
    expect(resultOf(together, ...failing)).toBe(expected);
  });

  const stages = ['a', 'b'].map((id) => ({ id: `s-${id}`, name: id, runs: [deploying(id)] }));
  const oneByOne = plan([], { kind: 'PIPELINE', rollbackOnFailure: true, stages });

  it.each([
    ['both are back', 'SUCCESS', ['/b/p1.0/deploy/']],
    ['the stage before is not', 'PARTIAL', ['/b/p1.0/deploy/', '/au/']],
    ['what failed is not', 'PARTIAL', ['/b/p1.0/deploy/', '/b/p1.0.rollback/']],
    ['nothing is', 'FAILED', ['/b/p1.0/deploy/', '/b/p1.0.rollback/', '/au/']],
  ])('of a pipeline that takes back its stages, where %s, is %s', (_, expected, failing) => {
    expect(resultOf(oneByOne, ...failing)).toBe(expected);
  });

  it('is not known before all of it is done', () => {
    const play = new Play(oneByOne).run((id) =>
      id.includes('/b/') ? failed() : id.includes('/au/') ? null : succeeded,
    );
    expect(play.execution.runs.find((run) => run.planId === 'b')?.rollback?.result).toBe('FAILED');
    expect(rollbackResult(play.execution)).toBe('RUNNING');
  });
});
