import { describe, expect, it } from 'vitest';
import {
  hostNamed,
  hostNames,
  onFailure,
  phasePlan,
  plan,
  runPlan,
  sectionPlan,
  selectStep,
  stepPlan,
} from '../../../test/support/plans.ts';
import { failed, Play, succeeded, toldOf } from '../../../test/support/play.ts';
import type { RunPlan } from '../plan.ts';

/** Three phases on a host each; what takes the third back takes back everything. */
const canary = (more: Partial<RunPlan> = {}, mappings = ['m', 'm', 'm']) =>
  plan([
    runPlan(
      mappings.map((mapping, index) =>
        phasePlan(
          `p${index + 1}`,
          [
            sectionPlan('infra', [selectStep({ count: index + 1, exclude: true })]),
            sectionPlan('deploy', [stepPlan('install')]),
          ],
          {
            mapping,
            hosts: hostNames(3).map(hostNamed),
            rollback: [
              sectionPlan('undo', [stepPlan('restore', { rollsBackAll: true }), stepPlan('own')], { undoes: 'deploy' }),
            ],
          },
        ),
      ),
      { type: 'CANARY', ...more },
    ),
  ]);

const failingIn =
  (...parts: readonly string[]) =>
  (id: string) =>
    parts.some((part) => id.includes(part)) ? failed() : succeeded;

const rollback = (play: Play): readonly string[] =>
  toldOf(play.events, 'StepStarted', 'PhaseEnded', 'RollbackEnded').filter((line) => /ollback/.test(line));

describe('a step that rolls back all phases at once', () => {
  it('goes to the hosts of all of them; the phases after it do nothing and are shown as skipped', () => {
    const play = new Play(canary()).finish(failingIn('p3.0/deploy'));
    expect(rollback(play)).toEqual([
      'StepStarted run/p3.0.rollback/undo/restore [h3,h2,h1]',
      'StepStarted run/p3.0.rollback/undo/own [h3]',
      'PhaseEnded run/p3.0.rollback SUCCESS',
      'PhaseEnded run/p2.0.rollback SKIPPED',
      'PhaseEnded run/p1.0.rollback SKIPPED',
      'RollbackEnded run SUCCESS',
    ]);
  });

  it('counts for nothing when it failed', () => {
    const play = new Play(canary()).finish(failingIn('p3.0/deploy', 'p3.0.rollback'));
    expect(rollback(play)).toEqual([
      'StepStarted run/p3.0.rollback/undo/restore [h3,h2,h1]',
      'PhaseEnded run/p3.0.rollback FAILED',
      'StepStarted run/p2.0.rollback/undo/restore [h2,h3,h1]',
      'StepStarted run/p2.0.rollback/undo/own [h2]',
      'PhaseEnded run/p2.0.rollback SUCCESS',
      'PhaseEnded run/p1.0.rollback SKIPPED',
      'RollbackEnded run PARTIAL',
    ]);
  });

  it('covers the others only together with the rest of its kind', () => {
    const two = plan([
      runPlan(
        ['p1', 'p2'].map((id, index) =>
          phasePlan(
            id,
            [
              sectionPlan('infra', [selectStep({ count: index + 1, exclude: true })]),
              sectionPlan('deploy', [stepPlan('install')]),
            ],
            {
              hosts: hostNames(2).map(hostNamed),
              rollback: [
                sectionPlan('stop', [stepPlan('stop', { rollsBackAll: true })], { undoes: 'deploy' }),
                sectionPlan('undo', [stepPlan('restore', { rollsBackAll: true })], { undoes: 'deploy' }),
              ],
            },
          ),
        ),
      ),
    ]);
    expect(rollback(new Play(two).finish(failingIn('p2.0/deploy', 'p2.0.rollback/undo')))).toEqual([
      'StepStarted run/p2.0.rollback/stop/stop [h2,h1]',
      'StepStarted run/p2.0.rollback/undo/restore [h2,h1]',
      'PhaseEnded run/p2.0.rollback FAILED',
      'StepStarted run/p1.0.rollback/stop/stop [h1,h2]',
      'StepStarted run/p1.0.rollback/undo/restore [h1,h2]',
      'PhaseEnded run/p1.0.rollback SUCCESS',
      'RollbackEnded run PARTIAL',
    ]);
  });

  it('leaves phases of another mapping to their own steps', () => {
    const play = new Play(canary({}, ['other', 'm', 'm'])).finish(failingIn('p3.0/deploy'));
    expect(rollback(play).filter((line) => line.startsWith('PhaseEnded'))).toEqual([
      'PhaseEnded run/p3.0.rollback SUCCESS',
      'PhaseEnded run/p2.0.rollback SKIPPED',
      'PhaseEnded run/p1.0.rollback SUCCESS',
    ]);
  });

  it('keeps to its phase when only that one goes back', () => {
    const play = new Play(canary({ failureStrategies: [onFailure('ROLLBACK_PHASE')] })).finish(
      failingIn('p3.0/deploy'),
    );
    expect(rollback(play)).toEqual([
      'StepStarted run/p3.0.rollback/undo/restore [h3]',
      'StepStarted run/p3.0.rollback/undo/own [h3]',
      'PhaseEnded run/p3.0.rollback SUCCESS',
      'RollbackEnded run SUCCESS',
    ]);
  });

  it('goes to every batch of its phase when only that one goes back', () => {
    const phases = ['p1', 'p2'].map((id) =>
      phasePlan(
        id,
        [sectionPlan('infra', [selectStep({ count: 1, exclude: true })]), sectionPlan('deploy', [stepPlan('install')])],
        {
          mapping: 'm',
          rolling: id === 'p2',
          hosts: hostNames(3).map(hostNamed),
          rollback: [sectionPlan('undo', [stepPlan('restore', { rollsBackAll: true })], { undoes: 'deploy' })],
        },
      ),
    );
    const one = plan([runPlan(phases, { failureStrategies: [onFailure('ROLLBACK_PHASE')] })]);
    expect(rollback(new Play(one).finish(failingIn('p2.1/deploy')))).toEqual([
      'StepStarted run/p2.1.rollback/undo/restore [h3,h2]',
      'PhaseEnded run/p2.1.rollback SUCCESS',
      'PhaseEnded run/p2.0.rollback SKIPPED',
      'RollbackEnded run SUCCESS',
    ]);
  });
});
