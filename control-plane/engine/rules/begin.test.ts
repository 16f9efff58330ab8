import { describe, expect, it } from 'vitest';
import { agentStep, phasePlan, plan, runPlan, sectionPlan } from '../../../test/support/plans.ts';
import { Play, succeeded, toldOf } from '../../../test/support/play.ts';
import type { Plan, RunPlan } from '../plan.ts';

const FAMILIES = {
  account: { defaults: { REGION: 'eu' } },
  app: { name: 'shop' },
  pipeline: { name: 'release', variables: { to: 'prod' } },
};

const run = (id: string, more: Partial<RunPlan> = {}): RunPlan =>
  runPlan(
    [phasePlan('p1', [sectionPlan('work', [agentStep('do', { publish: { name: 'made', scope: 'PIPELINE' } })])])],
    { id, families: FAMILIES, ...more },
  );

const two = (skip: string): Plan =>
  plan([], {
    kind: 'PIPELINE',
    stages: [
      { id: 's1', name: 'first', runs: [run('a')] },
      { id: 's2', name: 'second', runs: [run('b', { skip })] },
    ],
  });

const ends = (skip: string): readonly string[] =>
  toldOf(
    new Play(two(skip)).finish(() => ({ ...succeeded, outputs: { version: '7' } })).events,
    'RunStarted',
    'RunEnded',
    'ExecutionEnded',
  );

describe('a stage that may be skipped', () => {
  it.each([
    ['always', 'SKIPPED'],
    ["${pipeline.variables.to} == 'prod'", 'SKIPPED'],
    ["${pipeline.variables.to} == 'qa'", 'SUCCESS'],
    ["${account.defaults.REGION} == 'eu'", 'SKIPPED'],
    ["${context.made.version} == '7'", 'SKIPPED'],
    ["${made.version} == '8'", 'SUCCESS'],
  ])('by %s', (skip, status) => {
    const started = status === 'SUCCESS' ? ['RunStarted b'] : [];
    expect(ends(skip)).toEqual([
      'RunStarted a',
      'RunEnded a SUCCESS null',
      ...started,
      `RunEnded b ${status} null`,
      'ExecutionEnded SUCCESS',
    ]);
  });

  it('fails when it cannot be told, and neither skips nor runs', () => {
    const told = ends("${context.other.version} == '7'");
    expect(told.slice(0, 2)).toEqual(['RunStarted a', 'RunEnded a SUCCESS null']);
    expect(told[2]).toMatch(/^RunEnded b FAILED EXPRESSION: /);
    expect(told[3]).toBe('ExecutionEnded FAILED');
  });

  it('is told when the stage is reached, not before', () => {
    const play = new Play(two("${made.version} == '7'"));
    expect(play.execution.runs.map((each) => each.status)).toEqual(['RUNNING', 'QUEUED']);
  });

  it('may be all there is', () => {
    const only = plan([run('a', { skip: 'always' })]);
    expect(new Play(only).finish().execution.status).toBe('SKIPPED');
  });
});
