import { describe, expect, it } from 'vitest';
import { agentStep, phasePlan, plan, runPlan, sectionPlan } from '../../test/support/plans.ts';
import { failed, Play } from '../../test/support/play.ts';
import { artifact } from '../definitions/plan-fixture.ts';
import type { Plan, RunPlan } from '../engine/plan.ts';
import { collectedArtifacts } from '../engine/rules/collect.ts';
import { chosenArtifacts } from './chosen-artifacts.ts';
import { restoresOf, resumedFrom, takenOverStages } from './taken-over.ts';

const found = (build: string) => ({
  service: 'web',
  build,
  fileName: `web-${build}.tgz`,
  location: `/builds/web-${build}.tgz`,
  sha256: null,
  metadata: {},
});

const building = (id: string): RunPlan => {
  const collect = agentStep('collect', {
    type: 'ARTIFACT_COLLECTION',
    parameters: { service: 'web', source: { kind: 'SCRIPT', script: 'x' } },
  });
  const phase = phasePlan('p1', [sectionPlan('collect', [collect])], { hosts: [], mapping: null });
  return runPlan([phase], { id, type: 'BUILD', failureStrategies: [] });
};
const deploying = (id: string, build: string, mapping: string): RunPlan =>
  runPlan([phasePlan('p1', [sectionPlan('s', [agentStep('go')])], { mapping, artifact: artifact('web', build) })], {
    id,
    failureStrategies: [],
  });

const pipeline = (more: Partial<Plan> = {}): Plan =>
  plan([], {
    kind: 'PIPELINE',
    stages: [
      { id: 'g1', name: 'Build', runs: [building('a')] },
      { id: 'g2', name: 'QA', runs: [deploying('b', '7', 'qa')] },
      { id: 'g3', name: 'Again', runs: [building('c')] },
      { id: 'g4', name: 'Prod', runs: [deploying('d', '8', 'prod')] },
    ],
    ...more,
  });

/** Collects 7, then 8, and fails in its last stage. */
const ended = (given: Plan = pipeline()) =>
  new Play(given).finish((id) =>
    id.includes('/d/')
      ? failed()
      : { outcome: 'SUCCESS', touched: false, outputs: id.includes('/a/') ? found('7') : found('8') },
  ).execution;

describe('a resumed pipeline', () => {
  it('deploys what the stages before it collected, and nothing that stages collected which run again', () => {
    const first = ended();
    expect(first.status).toBe('FAILED');
    expect(resumedFrom(first, 3)).toMatchObject({ chain: 'x1', from: 'x1', stage: 'Prod' });
    const builds = (index: number) =>
      resumedFrom(first, index).collected?.map((each) => [each.run, each.artifact.build]);
    expect([builds(0), builds(2), builds(3)]).toEqual([
      [],
      [['a', '7']],
      [
        ['a', '7'],
        ['c', '8'],
      ],
    ]);
  });

  it('has it in its state from the start, and hands it on when it is resumed itself', () => {
    const first = ended();
    const resumed = ended(
      pipeline({
        executionId: 'x2',
        stages: [...takenOverStages(first, 2), ...pipeline().stages.slice(2)],
        resumes: resumedFrom(first, 2),
      }),
    );
    expect(resumed.collected.map(({ runId, stepId, artifact: { build } }) => [runId, stepId, build])).toEqual([
      ['x2/a', 'x1/a/p1.0/collect/collect', '7'],
      ['x2/c', 'x2/c/p1.0/collect/collect', '8'],
    ]);
    expect(collectedArtifacts(resumed).get('web')?.build).toBe('8');
    expect(resumedFrom(resumed, 3)).toMatchObject({
      chain: 'x1',
      from: 'x2',
      collected: [{ run: 'a', stepId: 'x1/a/p1.0/collect/collect' }, { run: 'c' }],
    });
  });

  it('keeps what was chosen first: a build that was collected late is for the stages after it', () => {
    expect(chosenArtifacts(ended())['web']?.build).toBe('7');
    const given = { variables: {}, builds: {}, artifacts: { web: artifact('web', '6') } };
    expect(chosenArtifacts(ended(pipeline({ given })))['web']?.build).toBe('6');
  });

  it('has what the way back of a stage reads: what that one had published for itself', () => {
    const publish = { name: 'made', scope: 'WORKFLOW' } as const;
    const go = agentStep('go', {
      publish,
      parameters: { script: 'x', shell: 'sh', on: 'agent', outputs: { build: 'STRING' } },
    });
    const first = runPlan([phasePlan('p1', [sectionPlan('s', [go])])], { id: 'b', failureStrategies: [] });
    const stages = [{ id: 'g1', name: 'QA', runs: [first] }, ...pipeline().stages.slice(3)];
    const [stage] = takenOverStages(ended(pipeline({ stages })), 1);
    expect(stage?.takenOver?.[0]?.rollback?.inherits).toMatchObject([{ name: 'made', values: { build: '8' } }]);
    expect(stage?.takenOver?.[0]?.executionId).toBe('x1');
  });

  it('knows of stages that are taken over what was there before they ran, of the others what is there now', () => {
    const was = (mapping: string, executionId: string) => ({ workflow: 'ship', mapping, executionId });
    const first = ended(pipeline({ restores: [was('qa', 'x-2'), was('prod', 'x-2')] }));
    const now = [was('qa', 'x1'), was('prod', 'x-1')];
    expect(restoresOf(first, takenOverStages(first, 2), now)).toEqual([was('qa', 'x-2'), was('prod', 'x-1')]);
  });
});
