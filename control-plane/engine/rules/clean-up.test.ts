import { describe, expect, it } from 'vitest';
import {
  agentStep,
  hostNamed,
  onFailure,
  phasePlan,
  plan,
  runPlan,
  sectionPlan,
  selectStep,
  stepPlan,
} from '../../../test/support/plans.ts';
import { failed, failedWith, Play, succeeded, toldOf } from '../../../test/support/play.ts';
import type { PhasePlan, RunPlan } from '../plan.ts';

const releases = { good: [], since: 0, before: 7, files: [] };
const cleanUp = sectionPlan(
  'cleanup',
  [stepPlan('prune', { type: 'COMMAND', parameters: { command: 'x', units: [] } })],
  {
    name: 'Clean Up',
    failureStrategies: [onFailure('IGNORE')],
  },
);

const phase = (id: string, more: Partial<PhasePlan> = {}): PhasePlan =>
  phasePlan(id, [sectionPlan('infra', [selectStep({ count: 1 })]), sectionPlan('deploy', [stepPlan('install')])], {
    rollback: [sectionPlan('undo', [stepPlan('undo')], { undoes: 'deploy' })],
    releases,
    cleanUp,
    ...more,
  });

const two = (more: Partial<RunPlan> = {}, second: Partial<PhasePlan> = {}): Play => {
  const cumulative = [sectionPlan('infra', [selectStep({ count: 2 })]), sectionPlan('deploy', [stepPlan('install')])];
  return new Play(plan([runPlan([phase('p1'), phase('p2', { sections: cumulative, ...second })], more)]));
};

const phases = (play: Play): readonly string[] => toldOf(play.events, 'PhaseStarted', 'RunEnded');

describe('what is older than the releases to keep', () => {
  it('goes at the end of the run, from the hosts of all its phases at once', () => {
    const play = two({ post: sectionPlan('after', [agentStep('tell')]) }).finish();
    expect(phases(play)).toEqual([
      'PhaseStarted run/p1.0 FORWARD p1 Phase p1 0 null null',
      'PhaseStarted run/p2.0 FORWARD p2 Phase p2 0 null null',
      'PhaseStarted run/post.0 POST post after 0 null null',
      'PhaseStarted run/p1.cleanup CLEAN_UP p1 Clean Up web 0 null [h1,h2]',
      'RunEnded run SUCCESS null',
    ]);
  });

  it('stays when a later phase, or post-deployment, fails', () => {
    const late = two().finish((id) => (id.includes('/p2.0/deploy') ? failed() : succeeded));
    expect(phases(late).filter((each) => each.includes('CLEAN_UP'))).toEqual([]);
    expect(phases(late).at(-1)).toBe('RunEnded run FAILED null');
    const post = two({ post: sectionPlan('after', [agentStep('tell')]) });
    post.finish((id) => (id.includes('/tell') ? failed() : succeeded));
    expect(phases(post).filter((each) => each.includes('CLEAN_UP'))).toEqual([]);
  });

  it('does not make a failure of a deployment that succeeded', () => {
    const play = two().finish((id) => (id.includes('/prune@h2') ? failedWith('UNREACHABLE') : succeeded));
    expect(play.execution.status).toBe('SUCCESS');
    expect(play.execution.runs[0]?.phases.at(-1)?.sections[0]?.steps[0]).toMatchObject({ ignored: true });
  });

  it('is looked for once in every place: another service has places of its own', () => {
    const play = two({}, { mapping: 'app/env/inf/other', service: { id: 'o', name: 'api', artifactType: 'TAR' } });
    play.finish();
    expect(phases(play).filter((each) => each.includes('CLEAN_UP'))).toEqual([
      'PhaseStarted run/p1.cleanup CLEAN_UP p1 Clean Up web 0 null [h1]',
      'PhaseStarted run/p2.cleanup CLEAN_UP p2 Clean Up api 0 null [h1,h2]',
    ]);
  });

  it('is not looked for where nothing can be, and not on hosts that were dropped or had no turn', () => {
    const none = new Play(plan([runPlan([phase('p1', { releases: { ...releases, before: 0 } })])])).finish();
    expect(phases(none)).toHaveLength(2);
    const tolerant = onFailure('ROLLBACK_WORKFLOW', { tolerate: { count: 1 } });
    const all = [sectionPlan('deploy', [stepPlan('install')])];
    const three = ['h1', 'h2', 'h3'].map(hostNamed);
    const dropped = new Play(
      plan([runPlan([phase('p1', { sections: all, hosts: three })], { failureStrategies: [tolerant] })]),
    ).finish((id) => (id.includes('install@h2') ? failed() : succeeded));
    expect(phases(dropped)[1]).toBe('PhaseStarted run/p1.cleanup CLEAN_UP p1 Clean Up web 0 null [h1,h3]');
  });

  it('waits while the execution is paused, and is given up by an abort', () => {
    const play = two().run((id) => (id.includes('/p2.0/deploy') ? null : succeeded));
    play.give({ input: 'pause', actor: 'ada', reason: '' });
    play.report();
    expect(phases(play).some((each) => each.includes('CLEAN_UP'))).toBe(false);
    play.give({ input: 'resume', actor: 'ada' });
    play.run(() => null);
    expect(phases(play).at(-1)).toContain('CLEAN_UP');
    play.give({ input: 'abort', actor: 'ada', reason: '' });
    play.pass(2_000);
    expect(play.execution.status).toBe('ABORTED');
  });

  it('is left alone by a run that takes back another', () => {
    const play = two({ undoing: true }).finish();
    expect(phases(play).filter((each) => each.includes('CLEAN_UP'))).toEqual([]);
  });
});
