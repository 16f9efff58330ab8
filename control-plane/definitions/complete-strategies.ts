import { formatDuration } from '@fairlead/proto/model/duration.ts';
import { LIMITS } from '../engine/limits.ts';
import type { LongStrategy } from './long-form.ts';

const ROLLBACK: LongStrategy = { on: ['any'], do: 'rollback' };

/** Of a workflow: what no entry fits is rolled back. */
export const completeStrategies = (strategies: readonly LongStrategy[]): readonly LongStrategy[] =>
  strategies.some(isForAll) ? strategies : [...strategies, ROLLBACK];

const isForAll = ({ on, do: action, scope, steps }: LongStrategy): boolean =>
  on.includes('any') && action !== 'retry' && action !== 'rollback-phase' && scope !== 'phase' && steps === undefined;

/** Of a section: how long a person is waited for, and what is done then. */
export const completeStrategy = (strategy: LongStrategy): LongStrategy =>
  strategy.do === 'manual'
    ? { ...strategy, timeout: strategy.timeout ?? formatDuration(LIMITS.interventionMs), then: strategy.then ?? 'end' }
    : strategy;
