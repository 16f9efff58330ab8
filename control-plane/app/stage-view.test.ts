import { describe, expect, it } from 'vitest';
import type { StagePlan } from '../engine/plan.ts';
import { oneStep, plan, runPlan, simplePlan, stepPlan, phasePlan, sectionPlan } from '../../test/support/plans.ts';
import { failed, Play } from '../../test/support/play.ts';
import { stagesOf } from './stage-view.ts';

const stage = (id: string, ...runs: StagePlan['runs']): StagePlan => ({ id, name: `Stage ${id}`, runs });
const run = (id: string, more: Partial<StagePlan['runs'][number]> = {}): StagePlan['runs'][number] => ({
  ...runPlan([phasePlan('p1', [sectionPlan('deploy', [stepPlan('install')])])]),
  id,
  name: `run ${id}`,
  ...more,
});
const pipeline = (...stages: readonly StagePlan[]): Play => new Play(plan([], { kind: 'PIPELINE', stages }));
const told = (play: Play): readonly string[] =>
  stagesOf(play.execution).flatMap(({ name, runs }) =>
    runs.map((each) => `${name}: ${each.name} ${each.status} ${each.note ?? ''}`.trimEnd()),
  );

describe('the stages of a pipeline', () => {
  it('are all there from the beginning, the runs of one beside each other', () => {
    const play = pipeline(stage('a', run('r1'), run('r2')), stage('b', run('r3')));
    expect(told(play)).toEqual(['Stage a: run r1 RUNNING', 'Stage a: run r2 RUNNING', 'Stage b: run r3 QUEUED']);
  });

  it('say why one does not run', () => {
    const conditional = run('r2', { skip: "'a' == 'a'" });
    const play = pipeline(
      stage('a', run('r1', { skip: 'always' })),
      stage('b', conditional),
      stage('c', run('r3')),
    ).run();
    expect(told(play)).toEqual([
      'Stage a: run r1 SKIPPED switched off in the pipeline',
      "Stage b: run r2 SKIPPED its condition holds: 'a' == 'a'",
      'Stage c: run r3 SUCCESS',
    ]);
    const noStep = run('r1', { phases: [phasePlan('p1', [])], skip: "'a' == 'b'" });
    const onNoHost = { ...phasePlan('p1', []), skipped: 'every host has build 7 already' };
    expect(told(pipeline(stage('a', noStep), stage('b', run('r2', { phases: [onNoHost] }))).run())).toEqual([
      'Stage a: run r1 SKIPPED none of its steps had to run',
      'Stage b: run r2 SKIPPED every host has build 7 already',
    ]);
    const broken = pipeline(stage('a', run('r1')), stage('b', run('r2'))).run(() => failed());
    expect(told(broken)[1]).toBe('Stage b: run r2 SKIPPED a stage before it did not succeed');
    const back = pipeline(stage('a', run('r1')), stage('b', run('r2')));
    back.give({ input: 'rollback', actor: 'ada', reason: 'enough' });
    expect(told(back)[1]).toBe('Stage b: run r2 SKIPPED the pipeline was rolled back before it was reached');
  });

  it('say who is missing at a barrier, and until when that is waited for', () => {
    const barrier = stepPlan('meet', {
      type: 'BARRIER',
      parameters: { identifier: 'both' },
      runs: 'decided',
      timeoutMs: 5_000,
    });
    const meets = (id: string): StagePlan['runs'][number] => ({
      ...run(id),
      phases: [phasePlan('p1', [sectionPlan('deploy', [stepPlan('install')]), sectionPlan('verify', [barrier])])],
    });
    const play = pipeline(stage('a', meets('eu'), meets('us')));
    play.run((attempt) => (attempt.includes('/us/') ? null : { outcome: 'SUCCESS', touched: true }));
    const [eu, us] = stagesOf(play.execution)[0]?.runs ?? [];
    expect(eu?.note).toBe("step 'meet': 1 of 2 have arrived at the barrier 'both', missing: run us");
    expect([eu?.until, us?.note]).toEqual([6_000, null]);
  });

  it('of a workflow are none', () => {
    expect(stagesOf(new Play(simplePlan()).execution)).toEqual([]);
    expect(stagesOf(new Play(oneStep()).execution)).toEqual([]);
  });
});
