import { describe, expect, it } from 'vitest';
import {
  agentStep,
  hostNamed,
  hostNames,
  onePhase,
  onFailure,
  retryTimes,
  sectionPlan,
  stepPlan,
} from '../../../test/support/plans.ts';
import { failed, failedWith, Play, succeeded, toldOf, type Script } from '../../../test/support/play.ts';
import type { FailureStrategy, StepPlan } from '../plan.ts';

const five = { percent: 5 } as const;

/** The first so many hosts cannot be reached by the step `a`. */
const unreachable =
  (count: number): Script =>
  (id) =>
    id.includes('/a@') && Number(/@h(\d+)#/.exec(id)?.[1]) <= count ? failedWith('UNREACHABLE', false) : succeeded;

const played = (
  hosts: number,
  strategies: readonly FailureStrategy[],
  script: Script,
  steps: readonly StepPlan[] = [stepPlan('a'), stepPlan('b')],
): Play =>
  new Play(
    onePhase([sectionPlan('s', steps, { failureStrategies: strategies })], {
      phase: { hosts: hostNames(hosts).map(hostNamed) },
    }),
  ).finish(script);

const stepsOf = (play: Play) => play.execution.runs[0]?.phases[0]?.sections[0]?.steps ?? [];
const targetsOf = (play: Play, id: string) => stepsOf(play).find((step) => step.planId === id)?.tasks.length;

describe('a tolerance', () => {
  const tolerant = onFailure('ROLLBACK_WORKFLOW', { types: ['CONNECTIVITY'], tolerate: five });

  it('of 5 % lets 95 of 100 hosts go on, with a warning', () => {
    const play = played(100, [tolerant], unreachable(5));
    expect(toldOf(play.events, 'HostsDropped')).toEqual(['HostsDropped run/p1.0 [h1,h2,h3,h4,h5]']);
    expect([play.execution.status, targetsOf(play, 'a'), targetsOf(play, 'b')]).toEqual(['SUCCESS', 100, 95]);
    expect(stepsOf(play)[0]).toMatchObject({ status: 'SUCCESS', ignored: false, failure: { code: 'UNREACHABLE' } });
  });

  it('that is exceeded drops nobody, and the action is done', () => {
    const play = played(20, [tolerant], unreachable(2));
    expect(toldOf(play.events, 'HostsDropped')).toEqual([]);
    expect([play.execution.status, play.execution.runs[0]?.rollback?.scope]).toEqual(['FAILED', 'WORKFLOW']);
  });

  it.each([
    [{ count: 2 }, 4, 2, 'SUCCESS'],
    [{ count: 2 }, 4, 3, 'ABORTED'],
    [{ percent: 50 }, 3, 1, 'SUCCESS'],
    [{ percent: 50 }, 3, 2, 'ABORTED'],
    [{ percent: 1 }, 3, 1, 'ABORTED'],
    [{ count: 0 }, 3, 1, 'ABORTED'],
    [{ percent: 100 }, 3, 3, 'ABORTED'],
    [{ count: 9 }, 3, 3, 'ABORTED'],
  ])('of %o with %d hosts and %d failures ends it %s', (tolerate, hosts, failures, status) => {
    expect(played(hosts, [onFailure('ABORT', { tolerate })], unreachable(failures)).execution.status).toBe(status);
  });

  it('is for the kinds of failure that it names', () => {
    const play = played(20, [tolerant], (id) => (id.includes('/a@h1#') ? failed() : succeeded));
    expect(play.execution.status).toBe('FAILED');
  });

  it('does not hide a worse failure of another host', () => {
    const play = played(20, [tolerant, onFailure('ABORT')], (id) =>
      id.includes('/a@h9#') ? failed() : unreachable(1)(id),
    );
    expect([play.execution.status, toldOf(play.events, 'HostsDropped')]).toEqual(['ABORTED', []]);
  });

  it('of a retry is asked once the retries are used up, before the next strategy', () => {
    const retrying = { ...retryTimes(2), tolerate: five, types: ['CONNECTIVITY'] } as const;
    const play = played(20, [retrying, onFailure('ABORT')], unreachable(1));
    expect(toldOf(play.events, 'StepRetried')).toHaveLength(2);
    expect([play.execution.status, targetsOf(play, 'b')]).toEqual(['SUCCESS', 19]);
    expect(played(20, [retrying, onFailure('ABORT')], unreachable(2)).execution.status).toBe('ABORTED');
  });

  it('that is exceeded may be followed by another', () => {
    const strategies = [retryTimes(1), onFailure('IGNORE', { tolerate: { count: 1 } })].map((each) => ({
      ...each,
      tolerate: { count: 1 },
    }));
    const play = played(10, strategies, unreachable(2));
    expect([play.execution.status, stepsOf(play)[0]?.ignored]).toEqual(['SUCCESS', true]);
  });

  it('counts the hosts that the phase has lost before', () => {
    const twice: Script = (id) =>
      id.includes('/a@h1#') || id.includes('/b@h2#') ? failedWith('UNREACHABLE', false) : succeeded;
    const play = played(20, [onFailure('ABORT', { tolerate: five })], twice);
    expect([toldOf(play.events, 'HostsDropped'), play.execution.status]).toEqual([
      ['HostsDropped run/p1.0 [h1]'],
      'ABORTED',
    ]);
  });

  it('counts a host once that two steps side by side have lost', () => {
    const steps = [stepPlan('a'), stepPlan('b', { withPrevious: true }), stepPlan('c')];
    const lost: Script = (id) =>
      id.includes('/c@') || !id.includes('@h1#') ? succeeded : failedWith('UNREACHABLE', false);
    const play = played(20, [onFailure('ABORT', { tolerate: five })], lost, steps);
    expect([toldOf(play.events, 'HostsDropped'), targetsOf(play, 'c')]).toEqual([['HostsDropped run/p1.0 [h1]'], 19]);
    const others: Script = (id) =>
      id.includes('/a@h1#') || id.includes('/b@h2#') ? failedWith('UNREACHABLE', false) : succeeded;
    expect(played(20, [onFailure('ABORT', { tolerate: five })], others, steps).execution.status).toBe('ABORTED');
  });

  it('is not for what runs on an agent', () => {
    const plan = [stepPlan('a', { runs: 'agent' })];
    const play = played(20, [onFailure('ABORT', { tolerate: { count: 3 } })], () => failed(), plan);
    expect(play.execution.status).toBe('ABORTED');
  });
});

describe('no tolerance is', () => {
  const tolerant = onFailure('ABORT', { tolerate: { count: 1 } });

  it('for what is done at no host', () => {
    const play = played(3, [tolerant], () => failed(), [agentStep('a')]);
    expect([play.execution.status, toldOf(play.events, 'HostsDropped')]).toEqual(['ABORTED', []]);
  });

  it('in a rollback, nor outside the phases', () => {
    const undo = sectionPlan('undo', [stepPlan('undo')], { undoes: 's', failureStrategies: [tolerant] });
    const back = new Play(
      onePhase([sectionPlan('s', [stepPlan('a')])], {
        phase: { hosts: hostNames(3).map(hostNamed), rollback: [undo] },
      }),
    ).finish((id) => (id.includes('/a@') || id.includes('/undo@h1') ? failed() : succeeded));
    expect([back.execution.status, toldOf(back.events, 'HostsDropped')]).toEqual(['ABORTED', []]);
    const pre = sectionPlan('pre', [agentStep('a')]);
    const before = new Play(onePhase([], { run: { pre, failureStrategies: [tolerant] } })).finish(() => failed());
    expect(before.execution.status).toBe('ABORTED');
  });
});

describe('targets that fail in different ways', () => {
  const mixed: Script = (id) =>
    id.endsWith('#1') ? (id.includes('@h1') ? failed() : failedWith('UNREACHABLE')) : succeeded;

  it('are retried by the strategy that each has', () => {
    const play = played(
      3,
      [retryTimes(1), onFailure('ABORT')].map((each, index) =>
        index === 0 ? { ...each, types: ['CONNECTIVITY'] } : { ...each, action: 'IGNORE' },
      ),
      mixed,
      [stepPlan('a')],
    );
    expect(toldOf(play.events, 'StepRetried', 'StepIgnored')).toEqual([
      'StepRetried run/p1.0/s/a [h2,h3]',
      'StepIgnored run/p1.0/s/a',
    ]);
  });

  it('have counts of their own', () => {
    const strategies = [
      { ...retryTimes(1), types: ['CONNECTIVITY'] as const },
      { ...retryTimes(1), types: ['APPLICATION'] as const },
    ];
    const changing: Script = (id) => {
      if (id.endsWith('#1')) return failedWith('UNREACHABLE');
      return id.endsWith('#2') ? failed() : succeeded;
    };
    expect(played(1, strategies, changing, [stepPlan('a')]).execution.status).toBe('SUCCESS');
  });
});
