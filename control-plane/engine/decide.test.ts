import { describe, expect, it } from 'vitest';
import { failed, Play, succeeded } from '../../test/support/play.ts';
import {
  agentStep,
  hostNamed,
  hostNames,
  phasePlan,
  plan,
  runPlan,
  sectionPlan,
  selectStep,
  simplePlan,
  stepPlan,
} from '../../test/support/plans.ts';
import { decide } from './decide.ts';

describe('a basic workflow', () => {
  it('succeeds and settles', () => {
    const play = new Play(simplePlan()).run();
    expect(play.execution.status).toBe('SUCCESS');
    expect(play.execution.settled).toBe(true);
    expect(play.commands).toEqual([]);
    expect(play.events.at(-1)?.event).toBe('Settled');
  });

  it('rolls the touched hosts back when a host fails', () => {
    const play = new Play(simplePlan()).run((id) => (id.includes('/install@h2') ? failed() : succeeded));
    expect(play.execution.status).toBe('FAILED');
    const run = play.execution.runs[0];
    expect(run?.rollback?.result).toBe('SUCCESS');
    expect(run?.phases.map((phase) => [phase.kind, phase.status, phase.hosts])).toEqual([
      ['FORWARD', 'FAILED', ['h1', 'h2']],
      ['ROLLBACK', 'SUCCESS', ['h1', 'h2']],
    ]);
    expect(play.execution.settled).toBe(true);
  });

  it('has nothing to roll back when nobody was reached', () => {
    const play = new Play(simplePlan()).run(() => failed(false));
    expect(play.execution.runs[0]?.rollback?.result).toBe('NOTHING');
    expect(play.execution.status).toBe('FAILED');
  });

  it('is aborted at once when nothing runs, within the bound when an agent is silent', () => {
    const play = new Play(simplePlan()).run(() => null);
    play.give({ input: 'abort', actor: 'me', reason: 'enough' });
    expect(play.execution.runs[0]?.status).toBe('ABORTING');
    play.wait();
    expect(play.execution.status).toBe('ABORTED');
    expect(play.execution.settled).toBe(false);
    play.run();
    expect(play.execution.settled).toBe(true);
  });

  it('locks before the first phase and releases after the end', () => {
    const locked = simplePlan({ run: { lock: { keys: ['k'], queueLimit: 20, timeoutMs: 60_000 } } });
    const play = new Play(locked).run();
    const names = play.events.map((event) => event.event);
    expect(names.indexOf('LockGranted')).toBeLessThan(names.indexOf('PhaseStarted'));
    expect(names.indexOf('LockReleased')).toBeGreaterThan(names.indexOf('ExecutionEnded'));
    expect(play.execution.settled).toBe(true);
  });
});

describe('a rolling workflow', () => {
  const rolling = (hosts: number, batch: number) =>
    plan([
      runPlan(
        [
          phasePlan(
            'p1',
            [
              sectionPlan('infra', [selectStep({ count: batch, exclude: true })]),
              sectionPlan('deploy', [stepPlan('install')]),
              sectionPlan('verify', [agentStep('check')]),
            ],
            {
              rolling: true,
              hosts: hostNames(hosts).map(hostNamed),
              rollback: [sectionPlan('undo', [stepPlan('undo')], { undoes: 'deploy' })],
            },
          ),
        ],
        { type: 'ROLLING' },
      ),
    ]);

  it('goes batch by batch: 10 hosts by 3 are 3, 3, 3, 1', () => {
    const play = new Play(rolling(10, 3)).run();
    expect(play.execution.runs[0]?.phases.map((phase) => phase.hosts?.length)).toEqual([3, 3, 3, 1]);
    expect(play.execution.status).toBe('SUCCESS');
  });

  it('stops at the failing batch and rolls back finished batches newest first', () => {
    const play = new Play(rolling(6, 2)).run((id) => (id.includes('p1.1/verify') ? failed() : succeeded));
    expect(play.execution.runs[0]?.phases.map((phase) => [phase.id, phase.status])).toEqual([
      ['x1/run/p1.0', 'SUCCESS'],
      ['x1/run/p1.1', 'FAILED'],
      ['x1/run/p1.1.rollback', 'SUCCESS'],
      ['x1/run/p1.0.rollback', 'SUCCESS'],
    ]);
  });
});

it('nothing happens to what was never started, and a start happens once', () => {
  expect(decide(null, { input: 'tick' }, 1_000)).toEqual([]);
  const play = new Play(simplePlan());
  expect(play.give({ input: 'start', plan: simplePlan(), driver: 'r2', epoch: 2 })).toEqual([]);
});
