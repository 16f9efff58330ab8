/** Failure strategies from their words to the plan: where each may stand, what is filled in, and that nothing gets lost. */
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../engine/limits.ts';
import type { LongStrategy } from './long-form.ts';
import { planStrategies } from './plan-strategies.ts';
import { validateStrategies, type StrategyPlace } from './validate-strategies.ts';
import { completeStrategies, completeStrategy } from './complete-strategies.ts';
import { ACTION_WORDS } from './schema-strategy.ts';
import { stepPlan } from '../../test/support/plans.ts';

function problems(place: StrategyPlace, ...strategies: readonly LongStrategy[]): readonly string[] {
  const told: string[] = [];
  const steps = [
    { command: { command: 'Install' }, name: 'Install' },
    { approval: {}, name: 'Ask' },
    { 'approval-script': {}, name: 'Poll' },
  ];
  validateStrategies(strategies, ['onFailure'], place, steps, (path, reason, mend) => {
    expect(mend).not.toBe('');
    told.push(`${path.join('.')}: ${reason}`);
  });
  return told;
}
const any = (more: Partial<LongStrategy>): LongStrategy => ({ on: ['any'], do: 'abort', ...more });

describe('a failure strategy', () => {
  it.each<[StrategyPlace, readonly LongStrategy['do'][]]>([
    ['workflow', ['mark-success', 'manual']],
    ['phase', []],
    ['around', ['rollback-phase']],
    ['rollback', ['mark-success', 'rollback', 'rollback-phase', 'rollback-provisioners-last', 'end']],
  ])('of %s: these actions are refused, all others may be', (place, refused) => {
    const found = ACTION_WORDS.filter((word) => problems(place, any({ do: word })).length > 0);
    expect(found).toEqual(refused);
  });

  it('of a rollback step may not end in another rollback, nor leave hosts behind', () => {
    expect(problems('rollback', any({ do: 'manual', then: 'rollback' }), any({ do: 'ignore', tolerate: '2' }))).toEqual(
      ['onFailure.0.then: a rollback is never rolled back', 'onFailure.1.tolerate: a rollback leaves no host behind'],
    );
    expect(problems('rollback', any({ do: 'manual', then: 'end' }))).toEqual([]);
    expect(problems('around', any({ tolerate: '2' }))).toEqual(['onFailure.0.tolerate: there are no hosts here']);
  });

  it('names steps that there are, and asks nobody again about an approval', () => {
    expect(problems('phase', any({ steps: ['Instal'] }))).toEqual([
      "onFailure.0.steps: no step of the section is called 'Instal'",
    ]);
    expect(problems('phase', any({ do: 'manual', steps: ['Install', 'Ask'] }))).toEqual([
      "onFailure.0.steps: nobody is asked again about 'Ask'",
    ]);
    expect(problems('phase', any({ do: 'manual', steps: ['Poll'] }))).toEqual([
      "onFailure.0.steps: nobody is asked again about 'Poll'",
    ]);
    expect(problems('phase', any({ do: 'abort', steps: ['Ask'] }))).toEqual([]);
  });

  it('is completed by how long a person is waited for, and by the default of the workflow', () => {
    expect(completeStrategy(any({ do: 'manual' }))).toEqual({ on: ['any'], do: 'manual', timeout: '2w', then: 'end' });
    expect(completeStrategy(any({ do: 'manual', timeout: '1h', then: 'ignore' }))).toMatchObject({
      timeout: '1h',
      then: 'ignore',
    });
    expect(completeStrategy(any({}))).toEqual(any({}));
    const rollback = { on: ['any'], do: 'rollback' };
    expect(completeStrategies([any({})])).toEqual([any({})]);
    for (const each of [
      any({ do: 'retry' }),
      any({ scope: 'phase' }),
      any({ do: 'rollback-phase' }),
      any({ on: ['timeout'] }),
    ]) {
      expect(completeStrategies([each])).toEqual([each, rollback]);
    }
  });

  it('is planned', () => {
    const strategies: readonly LongStrategy[] = [
      { on: ['connectivity', 'agent'], do: 'retry', retry: 2, every: ['10s', '1m'], tolerate: '5%' },
      { on: ['any'], do: 'manual', timeout: '1m', then: 'rollback-provisioners-last', steps: ['Install'] },
      { on: ['any'], do: 'manual' },
      { on: ['any'], do: 'rollback-phase', tolerate: '3' },
      { on: ['any'], do: 'end', scope: 'phase' },
      { on: ['any'], do: 'abort', steps: ['gone'] },
    ];
    const usual = { types: [], steps: [], scope: 'WORKFLOW', retry: null, tolerate: null };
    expect(planStrategies(strategies, [stepPlan('t1', { name: 'Install' })])).toEqual([
      {
        ...usual,
        types: ['CONNECTIVITY', 'AGENT'],
        action: 'RETRY',
        retry: { count: 2, intervalsMs: [10_000, 60_000] },
        tolerate: { percent: 5 },
      },
      {
        ...usual,
        steps: ['t1'],
        action: 'MANUAL_INTERVENTION',
        manual: { timeoutMs: 60_000, afterTimeout: 'ROLLBACK_PROVISIONER_AFTER_PHASES' },
      },
      {
        ...usual,
        action: 'MANUAL_INTERVENTION',
        manual: { timeoutMs: LIMITS.interventionMs, afterTimeout: 'END_EXECUTION' },
      },
      { ...usual, scope: 'PHASE', action: 'ROLLBACK_PHASE', tolerate: { count: 3 } },
      { ...usual, scope: 'PHASE', action: 'END_EXECUTION' },
    ]);
  });
});
