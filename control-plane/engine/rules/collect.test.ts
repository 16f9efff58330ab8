import { describe, expect, it } from 'vitest';
import { agentStep, onePhase, sectionPlan } from '../../../test/support/plans.ts';
import { failed, Play, toldOf } from '../../../test/support/play.ts';
import type { Plan } from '../plan.ts';
import { collectedArtifacts } from './collect.ts';

const found = (build: string) => ({
  service: 'web',
  build,
  fileName: `web-${build}.tgz`,
  location: `/builds/web-${build}.tgz`,
  sha256: null,
  metadata: {},
});

const collectStep = (id: string) =>
  agentStep(id, {
    type: 'ARTIFACT_COLLECTION',
    parameters: { service: 'web', source: { kind: 'SCRIPT', script: 'x' } },
  });

const build = (): Plan =>
  onePhase(
    [sectionPlan('prepare', [agentStep('make')]), sectionPlan('collect', [collectStep('one'), collectStep('two')])],
    {
      run: { type: 'BUILD', environment: null, failureStrategies: [] },
      phase: { deploymentType: 'BUILD', service: null, infrastructure: null, mapping: null, hosts: [], rollback: [] },
    },
  );

describe('a build', () => {
  it('journals what it collects, the last one of a service being the one that counts', () => {
    const outputs = { one: found('7'), two: found('8') };
    const play = new Play(build()).run((id) => ({
      outcome: 'SUCCESS',
      touched: false,
      outputs: id.includes('/two@') ? outputs.two : outputs.one,
    }));
    expect(play.execution.status).toBe('SUCCESS');
    expect(play.execution.collected.map(({ runId, artifact }) => [runId, artifact.build])).toEqual([
      ['x1/run', '7'],
      ['x1/run', '8'],
    ]);
    expect([...collectedArtifacts(play.execution)]).toEqual([['web', found('8')]]);
    expect(toldOf(play.events, 'ArtifactCollected')).toHaveLength(2);
  });

  it('has collected nothing when nobody said what', () => {
    const play = new Play(build()).run(() => ({ outcome: 'SUCCESS', touched: false, outputs: { service: 'web' } }));
    expect(play.execution.collected).toEqual([]);
    expect(play.execution.runs[0]).toMatchObject({
      status: 'FAILED',
      failure: { code: 'OUTPUT_MISSING', message: 'the agent did not say which build it has found' },
    });
  });

  it('fails without going back: it changed nothing that could be restored', () => {
    const play = new Play(build()).run(() => failed());
    const { runs, status } = play.execution;
    expect(status).toBe('FAILED');
    expect(runs[0]).toMatchObject({ rollback: null, failure: { code: 'COMMAND_FAILED' } });
    expect(runs[0]?.phases.map((phase) => [phase.kind, phase.status])).toEqual([['FORWARD', 'FAILED']]);
    expect(play.execution.settled).toBe(true);
  });
});

describe('a build on request', () => {
  it('is not rolled back, and says why', () => {
    const play = new Play(build()).run(() => null);
    const events = play.give({ input: 'rollback', actor: 'ada', reason: '' });
    expect(toldOf(events, 'InputRejected')).toEqual([
      'InputRejected rollback ILLEGAL_STATE: a deployment of type BUILD cannot be rolled back on request',
    ]);
  });
});
